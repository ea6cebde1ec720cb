// What Linux offers and Swift cannot say: variadic calls, GNU-only names, macros.
// Every function returns what the system call returns: -1 and errno, unless it says otherwise.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- processes ---------------------------------------------------------------------------------

// Where the child gets its descriptor `to` from.
struct pawl_descriptor {
    int from, to;
};

// Lists are NULL-terminated. `directory` may be NULL. The child has an empty signal mask, default
// dispositions, and no descriptor at or above `close_from`.
struct pawl_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    const struct pawl_descriptor *descriptors;
    size_t descriptor_count;
    int close_from;
    bool new_session;
};

// How a child ended, and what it used together with the descendants it waited for.
struct pawl_exit {
    int code;   // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status; // the exit status or the signal
    int64_t user_microseconds, system_microseconds, peak_bytes, minor_faults, major_faults;
};

int pawl_spawn_process(const struct pawl_spawn *spawn, pid_t *pid); // 0 or an errno
int pawl_pidfd_open(pid_t pid);
int pawl_pidfd_send_signal(int pidfd, int signal);
int pawl_wait(int pidfd, bool block, struct pawl_exit *exit); // 1 ended, 0 still running, -1
int pawl_become_subreaper(void);
void pawl_set_thread_name(const char *name);

uint64_t pawl_hard_limit(int resource);
const char *pawl_error_text(int error); // NULL if there is no such error

// --- descriptors -------------------------------------------------------------------------------

int pawl_open(const char *path, int flags, mode_t mode);
int pawl_openat(int folder, const char *path, int flags, mode_t mode);
int pawl_open_beneath(int folder, const char *path); // for reading; no link on the way, nor the way out
int64_t pawl_cpu_nanoseconds(pid_t pid);             // of all threads of a process; -1 if it is gone
int pawl_pipe(int ends[2]);
int pawl_memfd(const char *name);
int pawl_socketpair(int ends[2]); // SOCK_SEQPACKET
int pawl_accept(int socket);
ssize_t pawl_send(
    int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count);
ssize_t pawl_receive(int socket, void *bytes, size_t count); // never blocks
// The same with room for `*descriptor_count` descriptors, at most eight; says how many came.
ssize_t pawl_receive_descriptors(
    int socket, void *bytes, size_t count, int *descriptors, size_t *descriptor_count);
int pawl_wait_readable(int fd, int milliseconds); // 1 readable, 0 not in time, -1
int pawl_set_nonblocking(int fd, bool on);

// --- waiting -----------------------------------------------------------------------------------

struct pawl_event {
    uint64_t token;
    uint32_t events;
};

enum { PAWL_READABLE = 1, PAWL_WRITABLE = 4, PAWL_FAILED = 8, PAWL_HUNG_UP = 16 };

int pawl_epoll_create(void);
int pawl_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int pawl_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
int pawl_epoll_remove(int epoll, int fd);
int pawl_epoll_wait(int epoll, struct pawl_event *events, int capacity, int64_t nanoseconds); // -1: no limit
int pawl_eventfd(void);
int pawl_signalfd(const int *signals, size_t count);
int pawl_signalfd_read(int fd); // a signal, or -1
int pawl_block_signals(const int *signals, size_t count);
void pawl_ignore_broken_pipes(void);

// --- files and folders -------------------------------------------------------------------------

// 'd' a folder, 'f' a regular file, 'l' a symbolic link, '?' anything else, 0 if there is nothing.
char pawl_kind_at(int folder, const char *name);
int pawl_remove_at(int folder, const char *name, bool is_folder);
int pawl_rename(const char *from, const char *to);
ssize_t pawl_readlink(const char *path, uint8_t *bytes, size_t count);
void pawl_random(uint8_t *bytes, size_t count);
