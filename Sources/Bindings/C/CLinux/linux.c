#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// --- processes ---------------------------------------------------------------------------------

static int file_actions(const struct pawl_spawn *spawn, posix_spawn_file_actions_t *actions) {
    int error = 0;
    for (size_t i = 0; i < spawn->descriptor_count && !error; i++)
        error = posix_spawn_file_actions_adddup2(
            actions, spawn->descriptors[i].from, spawn->descriptors[i].to);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, spawn->close_from);
    if (!error && spawn->directory)
        error = posix_spawn_file_actions_addchdir_np(actions, spawn->directory);
    return error;
}

static int attributes(const struct pawl_spawn *spawn, posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (spawn->new_session) flags |= POSIX_SPAWN_SETSID;
    int error = posix_spawnattr_setflags(attributes, (short)flags);
    if (!error) error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    return error;
}

int pawl_spawn_process(const struct pawl_spawn *spawn, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attribute;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attribute);
    if (!error) error = file_actions(spawn, &actions);
    if (!error) error = attributes(spawn, &attribute);
    if (!error)
        error = posix_spawn(pid, spawn->path, &actions, &attribute, spawn->arguments, spawn->environment);
    posix_spawnattr_destroy(&attribute);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int pawl_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int pawl_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static int64_t microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int pawl_wait(int pidfd, bool block, struct pawl_exit *exit) {
    siginfo_t info = {0};
    struct rusage usage = {0};
    const int P_PIDFD_ = 3; // not in every libc's headers
    int result;
    do // the raw call, because libc's waitid hides the usage
        result = (int)syscall(SYS_waitid, P_PIDFD_, pidfd, &info, WEXITED | (block ? 0 : WNOHANG), &usage);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (info.si_pid == 0) return 0;
    *exit = (struct pawl_exit){
        .code = info.si_code,
        .status = info.si_status,
        .user_microseconds = microseconds(usage.ru_utime),
        .system_microseconds = microseconds(usage.ru_stime),
        .peak_bytes = usage.ru_maxrss * 1024,
        .minor_faults = usage.ru_minflt,
        .major_faults = usage.ru_majflt,
    };
    return 1;
}

int pawl_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

void pawl_set_thread_name(const char *name) {
    char short_name[16]; // the kernel's limit, NUL included
    strncpy(short_name, name, sizeof short_name - 1);
    short_name[sizeof short_name - 1] = 0;
    pthread_setname_np(pthread_self(), short_name);
}

uint64_t pawl_hard_limit(int resource) {
    struct rlimit limit = {0};
    getrlimit(resource, &limit);
    return limit.rlim_max;
}

const char *pawl_error_text(int error) { return strerrordesc_np(error); }

// --- descriptors -------------------------------------------------------------------------------

int pawl_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

int pawl_openat(int folder, const char *path, int flags, mode_t mode) {
    return openat(folder, path, flags | O_CLOEXEC, mode);
}

int pawl_open_beneath(int folder, const char *path) {
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

int64_t pawl_cpu_nanoseconds(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int pawl_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int pawl_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int pawl_socketpair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

int pawl_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

ssize_t pawl_send(
    int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * 8)];
    } control = {0};
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptor_count > 8) {
        errno = EINVAL;
        return -1;
    }
    if (descriptor_count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * descriptor_count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t pawl_receive(int socket, void *bytes, size_t count) {
    return recv(socket, bytes, count, MSG_DONTWAIT);
}

ssize_t pawl_receive_descriptors(
    int socket, void *bytes, size_t count, int *descriptors, size_t *descriptor_count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * 8)];
    } control = {0};
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control};
    message.msg_controllen = CMSG_SPACE(sizeof(int) * *descriptor_count);
    *descriptor_count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = received > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        *descriptor_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors, CMSG_DATA(header), *descriptor_count * sizeof(int));
    }
    return received;
}

int pawl_wait_readable(int fd, int milliseconds) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int result;
    do result = poll(&polled, 1, milliseconds);
    while (result < 0 && errno == EINTR);
    return result;
}

int pawl_set_nonblocking(int fd, bool on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

// --- waiting -----------------------------------------------------------------------------------

int pawl_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int pawl_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int pawl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

int pawl_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int pawl_epoll_wait(int epoll, struct pawl_event *events, int capacity, int64_t nanoseconds) {
    struct epoll_event ready[64];
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    if (capacity > 64) capacity = 64;
    int count = (int)syscall(
        SYS_epoll_pwait2, epoll, ready, capacity, nanoseconds < 0 ? NULL : &limit, NULL, 0);
    for (int i = 0; i < count; i++)
        events[i] = (struct pawl_event){.token = ready[i].data.u64, .events = ready[i].events};
    return count;
}

int pawl_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static sigset_t set_of(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) sigaddset(&set, signals[i]);
    return set;
}

int pawl_signalfd(const int *signals, size_t count) {
    sigset_t set = set_of(signals, count);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int pawl_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    ssize_t count;
    do count = read(fd, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    return count == sizeof info ? (int)info.ssi_signo : -1;
}

int pawl_block_signals(const int *signals, size_t count) {
    sigset_t set = set_of(signals, count);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    errno = error;
    return error ? -1 : 0;
}

void pawl_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

// --- files and folders -------------------------------------------------------------------------

char pawl_kind_at(int folder, const char *name) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return 0;
    if (S_ISDIR(status.st_mode)) return 'd';
    if (S_ISREG(status.st_mode)) return 'f';
    return S_ISLNK(status.st_mode) ? 'l' : '?';
}

int pawl_remove_at(int folder, const char *name, bool is_folder) {
    return unlinkat(folder, name, is_folder ? AT_REMOVEDIR : 0);
}

int pawl_rename(const char *from, const char *to) { return rename(from, to); }

ssize_t pawl_readlink(const char *path, uint8_t *bytes, size_t count) {
    return readlink(path, (char *)bytes, count);
}

void pawl_random(uint8_t *bytes, size_t count) {
    while (count) {
        ssize_t more = getrandom(bytes, count, 0);
        if (more < 0) continue; // interrupted by a signal
        bytes += more;
        count -= (size_t)more;
    }
}
