// Stopped means stopped: every descendant dies, whatever session, group or parent it gave itself.
#include "launcher.h"

long reap(bool block, int *status, struct usage *usage) {
    struct rusage used;
    long pid;
    do pid = CALL(__NR_wait4, -1, status, (block ? 0 : 1 /* WNOHANG */) | 0x40000000 /* __WALL */, &used);
    while (pid == -EINTR);
    if (pid <= 0) return pid;
    usage->user += used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec;
    usage->system += used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec;
    usage->minor_faults += used.ru_minflt;
    usage->major_faults += used.ru_majflt;
    if (used.ru_maxrss * 1024 > usage->peak) usage->peak = used.ru_maxrss * 1024;
    return pid;
}

// Without a pid namespace: our children are all we can name, but every orphan becomes one (subreaper).
static void kill_children(void) {
    char text[4096];
    long fd = CALL(__NR_open, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return;
    long length = CALL(__NR_read, fd, text, sizeof text - 1);
    CALL(__NR_close, fd);
    if (length <= 0) return;
    text[length] = 0;
    for (char *next = text; *next;) {
        long pid = number_in(next);
        while (*next >= '0' && *next <= '9') next++;
        bool whole = *next == ' '; // a number cut off by the buffer's end is another process
        if (whole && pid > 1) CALL(__NR_kill, pid, SIGKILL);
        while (*next && (*next < '0' || *next > '9')) next++;
    }
}

uint32_t kill_tree(bool owns_pid_namespace, long main, int *main_status, struct usage *usage) {
    uint32_t stragglers = 0;
    for (bool block = false;; block = true) {
        int status;
        long pid = reap(block, &status, usage);
        if (pid == -ECHILD) return stragglers;
        if (pid == main && pid > 0) *main_status = status;
        else if (pid > 0) stragglers++;
        if (owns_pid_namespace) CALL(__NR_kill, -1, SIGKILL);
        else kill_children();
    }
}

// --- stopped, to go on later ----------------------------------------------------------------------------

struct entry { // of a folder, as getdents64 gives it
    uint64_t number, offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

// The parent of a process: the second number after the name, which is in brackets and may hold any.
static long parent_of(const char *process) {
    char path[32] = "/proc/", text[512];
    size_t length = length_of(process);
    if (length > 12) return 0;
    memcpy(path + 6, process, length);
    memcpy(path + 6 + length, "/stat", 6);
    long fd = CALL(__NR_open, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    long size = CALL(__NR_read, fd, text, sizeof text - 1);
    CALL(__NR_close, fd);
    while (size > 0 && text[size - 1] != ')') size--;
    if (size <= 0 || size + 3 >= (long)sizeof text) return 0;
    return number_in(text + size + 3); // ") S 12"
}

static bool holds(const long *numbers, int count, long number) {
    while (count > 0 && numbers[count - 1] != number) count--;
    return count > 0;
}

enum { most_found = 4096 };

// Signals those who are new among us and the children of whom it has found; returns how many it knows now.
static int signal_new(long folder, long *found, int count, int signal) {
    static char buffer[8192] __attribute__((aligned(8)));
    long size;
    CALL(__NR_lseek, folder, 0, 0);
    while ((size = CALL(__NR_getdents64, folder, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            at += entry->length;
            long pid = number_in(entry->name);
            if (!pid || count == most_found || holds(found, count, pid)) continue;
            if (!holds(found, count, parent_of(entry->name))) continue;
            CALL(__NR_kill, pid, signal);
            found[count++] = pid;
        }
    }
    return count;
}

// Without a pid namespace: all whose line of parents leads to us. Who is stopped begets no more, so a look
// that finds nobody new has found all.
static void signal_descendants(int signal) {
    static long found[most_found];
    long folder = CALL(__NR_open, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (folder < 0) return;
    found[0] = CALL(__NR_getpid);
    for (int before = 0, count = 1; count > before;) {
        before = count;
        count = signal_new(folder, found, count, signal);
    }
    CALL(__NR_close, folder);
}

void signal_tree(bool owns_pid_namespace, int signal) {
    if (owns_pid_namespace) CALL(__NR_kill, -1, signal); // from its first process: all but that one
    else signal_descendants(signal);
}
