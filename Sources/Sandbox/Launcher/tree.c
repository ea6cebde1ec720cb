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
