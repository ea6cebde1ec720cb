// pawl-launch: applies a step's limits, runs it, and sees to it that nothing of it remains.
//
// Theory of operation
// ===================
// The engine keeps a pool of these, one a step in flight, and starts a new one only when none is idle. A
// launcher started by the engine (main.c) ties its life to the engine's, joins its cgroups, and makes a pid
// namespace whose first process is the *supervisor*; where the host allows no namespace it becomes the
// supervisor itself, as a subreaper. The supervisor (supervise.c) is told a step on its socket, starts it
// (step.c) as a child that shares its memory until exec, and waits for three things: the end of the main
// process, a message, the deadline. Then it kills what is left of the tree (tree.c), and reports.
//
// Why one supervisor lives through many steps: a new pid namespace costs more than the rest of a spawn
// together, and a supervisor of 60 KB starts a child in half the time the engine needs. Between two steps
// the namespace is empty: `kill(-1)` from its first process reaches every process of it at once, no matter
// how it forked, and `wait4` answers ECHILD only when all are gone.
//
// When the engine dies, the kernel kills the supervisor (PR_SET_PDEATHSIG), and with it its namespace. When
// the engine is stopped, or its machine paused, the deadline is still the supervisor's own. All signals are
// blocked here: the SIGTERM that a step gets must not end its supervisor.
#include "launcher.h"

_Noreturn void fail(enum stage stage, long error) {
    struct report report = {.kind = report_failed, .stage = stage, .error = (int32_t)-error};
    CALL(__NR_sendto, engine_socket, &report, sizeof report, 0x4000 /* MSG_NOSIGNAL */, 0, 0);
    leave(1);
}

static void block_signals(void) {
    uint64_t all = ~0ULL;
    CALL(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
}

// glibc's posix_spawn leaves its two internal signals ignored, which exec would hand on to every step.
static void reset_signals(void) {
    struct {
        void *handler;
        uint64_t flags;
        void *restorer;
        uint64_t mask;
    } by_default = {0};
    CALL(__NR_rt_sigaction, 32, &by_default, 0, 8);
    CALL(__NR_rt_sigaction, 33, &by_default, 0, 8);
}

static struct setup read_arguments(char **arguments) {
    struct setup setup = {0};
    for (; *arguments; arguments++) {
        const char *value;
        if ((value = value_of(*arguments, "parent"))) setup.parent = number_in(value);
        else if ((value = value_of(*arguments, "user-namespace"))) setup.user_namespace = *value == '1';
        else if ((value = value_of(*arguments, "pid-namespace"))) setup.pid_namespace = *value == '1';
        else if ((value = value_of(*arguments, "network-namespace"))) setup.network_namespace = *value == '1';
        else if ((value = value_of(*arguments, "strict"))) setup.strict = *value == '1';
        else if ((value = value_of(*arguments, "user"))) setup.user = number_in(value);
        else if ((value = value_of(*arguments, "cgroup")) && setup.cgroup_count < 8)
            setup.cgroups[setup.cgroup_count++] = value;
        else fail(stage_arguments, -EINVAL);
    }
    if (setup.strict && (!setup.pid_namespace || !setup.user)) fail(stage_arguments, -EINVAL);
    setup.drops_identity = setup.strict && setup.user != CALL(__NR_geteuid);
    setup.group = setup.drops_identity ? setup.user : CALL(__NR_getegid);
    return setup;
}

static void die_with_parent(long parent) {
    long error = CALL(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL, 0, 0, 0);
    if (error < 0) fail(stage_parent, error);
    if (parent && CALL(__NR_getppid) != parent) leave(1); // it died before we could say so
}

static void join_cgroups(const struct setup *setup) {
    for (int i = 0; i < setup->cgroup_count; i++) {
        long error = write_file(setup->cgroups[i], "0");
        if (error < 0) fail(stage_cgroup, error);
    }
}

// A step should go before the engine when the machine runs out of memory. Not every host permits it.
static void be_first_out_of_memory(void) { write_file("/proc/self/oom_score_adj", "500"); }

static void send_ready(long process) {
    struct report report = {.kind = report_ready, .process = (int32_t)process};
    CALL(__NR_sendto, engine_socket, &report, sizeof report, 0x4000, 0, 0);
}

// The supervisor becomes a child of the engine (CLONE_PARENT), which so sees its end, and with it the
// end of every process in the namespace.
static void fork_supervisor(void) {
    long pid = CALL(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) fail(stage_fork, pid);
    if (pid > 0) {
        send_ready(pid);
        leave(0);
    }
    die_with_parent(0);
}

static void become_subreaper(void) {
    long error = CALL(__NR_prctl, 36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0);
    if (error < 0) fail(stage_parent, error);
    send_ready(0);
}

_Noreturn void launcher_main(long *stack) {
    char **arguments = (char **)(stack + 1);
    block_signals();
    reset_signals();
    struct setup setup = read_arguments(arguments + 1);
    die_with_parent(setup.parent);
    join_cgroups(&setup);
    be_first_out_of_memory();
    enter_namespaces(&setup);
    if (!setup.pid_namespace) become_subreaper();
    else fork_supervisor();
    if (setup.strict) make_root();
    else if (setup.pid_namespace) mount_proc();
    supervise(&setup);
}

__asm__(".globl _start\n"
        "_start:\n\t"
        "xor %ebp, %ebp\n\t"
        "mov %rsp, %rdi\n\t"
        "and $-16, %rsp\n\t"
        "call launcher_main\n\t"
        "ud2");

// The compiler calls these by itself.
void *memset(void *bytes, int value, size_t count) {
    unsigned char *to = bytes;
    while (count--) *to++ = (unsigned char)value;
    return bytes;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    unsigned char *target = to;
    const unsigned char *source = from;
    while (count--) *target++ = *source++;
    return to;
}
