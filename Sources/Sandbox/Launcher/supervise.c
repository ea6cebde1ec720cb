// The supervisor: waits for a step, runs it, ends it, reports; until its socket closes.
#include "launcher.h"
#include <linux/poll.h>

static char message[launch_max_message];
static char *strings[launch_max_strings + 3];

// A step that runs, and how it is being ended.
struct running {
    long main; // 0 when it has ended
    int64_t deadline, grace;
    enum verdict verdict;
    bool terminated, forced;
    int status;
    struct usage usage;
    bool owns_pid_namespace;
    int64_t frozen_since, frozen; // 0 while it is not; the time that it was
};

static void send_report(const struct report *report) {
    CALL(__NR_sendto, engine_socket, report, sizeof *report, 0x4000 /* MSG_NOSIGNAL */, 0, 0);
}

// --- messages ------------------------------------------------------------------------------------

struct control {
    uint64_t length;
    int32_t level, type;
    int32_t descriptors[4];
};

// Receives one message; returns its length, and leaves when the engine is gone.
static long receive(int flags, int *descriptors, int *descriptor_count) {
    struct {
        void *base;
        size_t length;
    } vector = {message, sizeof message - 1};
    struct control control;
    struct {
        void *name;
        uint32_t name_length;
        void *vectors;
        size_t vector_count;
        void *control;
        size_t control_length;
        uint32_t flags;
    } header = {0, 0, &vector, 1, &control, sizeof control, 0};
    long length;
    do length = CALL(__NR_recvmsg, engine_socket, &header, flags | 0x40000000 /* MSG_CMSG_CLOEXEC */);
    while (length == -EINTR);
    if (length == -EAGAIN) return length;
    if (length <= 0) leave(0); // and the kernel kills the namespace
    *descriptor_count = 0;
    if (header.control_length < 20) return length;
    *descriptor_count = (int)((control.length - 16) / 4);
    for (int i = 0; i < *descriptor_count; i++) descriptors[i] = control.descriptors[i];
    return length;
}

// Cuts `count` strings off the front of the rest; false if there are fewer.
static bool take_strings(uint32_t count, char ***slot, char **rest, const char *end) {
    for (uint32_t i = 0; i < count; i++) {
        if (*rest >= end) return false;
        *(*slot)++ = *rest;
        *rest += length_of(*rest) + 1;
    }
    *(*slot)++ = NULL;
    return true;
}

// Cuts the message into the step's parts; false if it does not hold what it says.
static bool parse(struct step *step, long length) {
    const struct request *request = (const struct request *)message;
    if (length < (long)sizeof *request || request->limits > launch_max_limits) return false;
    if (request->arguments < 1 || step->descriptor_count < 3) return false;
    uint64_t count = (uint64_t)request->arguments + request->variables + request->readable;
    if (count > launch_max_strings) return false;
    char *rest = message + sizeof *request + request->limits * sizeof(struct limit), *end = message + length;
    if (rest >= end) return false;
    *end = 0;
    char **slot = strings;
    step->request = request;
    step->limits = (const struct limit *)(message + sizeof *request);
    step->folder = rest;
    rest += length_of(rest) + 1;
    step->arguments = slot;
    if (!take_strings(request->arguments, &slot, &rest, end)) return false;
    step->environment = slot;
    if (!take_strings(request->variables, &slot, &rest, end)) return false;
    step->readable = slot;
    if (!take_strings(request->readable, &slot, &rest, end)) return false;
    step->artifacts = NULL;
    if (!(request->flags & request_artifacts)) return true;
    step->artifacts = rest;
    return rest < end;
}

// --- the end of a step -----------------------------------------------------------------------------

static void force(struct running *running, enum verdict verdict) {
    if (!running->terminated) running->verdict = verdict;
    running->forced = true;
    kill_tree(running->owns_pid_namespace, running->main, &running->status, &running->usage);
    running->main = 0;
}

// What is frozen hears no SIGTERM, and is not to run again for it.
static void terminate(struct running *running, enum verdict verdict) {
    if (running->terminated) return;
    if (running->frozen_since) return force(running, verdict);
    running->terminated = true;
    running->verdict = verdict;
    running->deadline = now() + running->grace;
    CALL(__NR_kill, -running->main, SIGTERM);
    CALL(__NR_kill, -running->main, SIGCONT); // a stopped process takes its SIGTERM only then
}

static void freeze(struct running *running) {
    if (running->terminated || running->frozen_since) return;
    signal_tree(running->owns_pid_namespace, SIGSTOP);
    running->frozen_since = now();
}

static void thaw(struct running *running) {
    if (!running->frozen_since) return;
    int64_t passed = now() - running->frozen_since;
    running->frozen_since = 0;
    running->frozen += passed;
    running->deadline += passed;
    signal_tree(running->owns_pid_namespace, SIGCONT);
}

static void obey(struct running *running) {
    int descriptors[4], count;
    if (receive(0x40 /* MSG_DONTWAIT */, descriptors, &count) < (long)sizeof(struct request)) return;
    const struct request *request = (const struct request *)message;
    if (request->kind == request_terminate) {
        if (!running->terminated) running->grace = request->grace;
        terminate(running, verdict_terminated);
    } else if (request->kind == request_kill) {
        force(running, verdict_killed);
    } else if (request->kind == request_deadline && !running->terminated) {
        running->deadline = request->deadline;
    } else if (request->kind == request_freeze) {
        freeze(running);
    } else if (request->kind == request_thaw) {
        thaw(running);
    }
}

static void reap_ended(struct running *running) {
    int status;
    long pid;
    while (running->main && (pid = reap(false, &status, &running->usage)) > 0) {
        if (pid != running->main) continue;
        running->status = status;
        running->main = 0;
    }
}

// --- running ---------------------------------------------------------------------------------------

static void wait_for_end(struct running *running, int child_signals) {
    while (running->main) {
        struct pollfd polled[] = {{child_signals, POLLIN, 0}, {engine_socket, POLLIN, 0}};
        int64_t left = running->deadline - now();
        if (left < 0) left = 0;
        struct __kernel_timespec limit = {left / 1000000000, left % 1000000000};
        // A step that took our descriptors' limit away makes us ask again and again, but not miss its end.
        if (CALL(__NR_ppoll, polled, 2, running->frozen_since ? 0 : &limit, 0, 8) < 0)
            polled[0].revents = polled[1].revents = POLLIN;
        if (polled[0].revents) {
            char signal[128];
            CALL(__NR_read, child_signals, signal, sizeof signal);
            reap_ended(running);
        }
        if (running->main && polled[1].revents) obey(running);
        if (running->main && !running->frozen_since && now() >= running->deadline) {
            if (running->terminated) force(running, verdict_timeout);
            else terminate(running, verdict_timeout);
        }
    }
}

// The list of our mounts; a step that may mount would leave its mounts to the next one.
static int mounts = -1;

static void watch_mounts(void) {
    mounts = (int)CALL(__NR_open, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
}

static bool mounts_changed(void) {
    struct pollfd polled = {mounts, POLLPRI, 0};
    struct __kernel_timespec at_once = {0};
    return mounts >= 0 && CALL(__NR_ppoll, &polled, 1, &at_once, 0, 8) > 0;
}

// What every process hands on to its children, and a step may change of us: limits, nice value, policy and
// the processors to run on.
struct inheritance {
    struct rlimit64 limits[RLIM_NLIMITS];
    long nice, policy;
    uint64_t processors[16];
};

static struct inheritance ours;

static void read_inheritance(struct inheritance *found) {
    for (int i = 0; i < RLIM_NLIMITS; i++) CALL(__NR_prlimit64, 0, i, 0, &found->limits[i]);
    found->nice = CALL(__NR_getpriority, 0, 0);
    found->policy = CALL(__NR_sched_getscheduler, 0);
    CALL(__NR_sched_getaffinity, 0, sizeof found->processors, found->processors);
}

static bool inheritance_changed(void) {
    struct inheritance found = {0};
    read_inheritance(&found);
    const uint64_t *mine = (const uint64_t *)&ours, *theirs = (const uint64_t *)&found;
    for (size_t i = 0; i < sizeof found / sizeof *mine; i++)
        if (mine[i] != theirs[i]) return true;
    return false;
}

static void close_all(const int *descriptors, int count) {
    for (int i = 0; i < count; i++) CALL(__NR_close, descriptors[i]);
}

static void run(struct step *step, int child_signals) {
    bool owns_pid_namespace = step->setup->pid_namespace;
    struct running running = {
        .deadline = step->request->deadline,
        .grace = step->request->grace,
        .owns_pid_namespace = owns_pid_namespace,
    };
    running.main = start_step(step);
    close_all(step->descriptors, step->descriptor_count);
    if (!running.main) {
        struct report report = {.kind = report_failed, .stage = step->failed_stage};
        report.error = (int32_t)step->failed_error;
        send_report(&report);
        return;
    }
    struct report report = {.kind = report_ended, .started = now()};
    wait_for_end(&running, child_signals);
    report.exited = now();
    report.stragglers = kill_tree(owns_pid_namespace, 0, &running.status, &running.usage);
    report.emptied = now();
    report.frozen = running.frozen + (running.frozen_since ? report.exited - running.frozen_since : 0);
    report.worn = mounts_changed() || inheritance_changed();
    report.status = running.status;
    report.verdict = running.verdict;
    report.forced = running.forced;
    report.user = running.usage.user;
    report.system = running.usage.system;
    report.peak = running.usage.peak;
    report.minor_faults = running.usage.minor_faults;
    report.major_faults = running.usage.major_faults;
    send_report(&report);
}

_Noreturn void supervise(const struct setup *setup) {
    if (setup->strict) prepare_filters();
    else if (setup->pid_namespace) watch_mounts();
    read_inheritance(&ours);
    CALL(__NR_prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0); // nobody without CAP_SYS_PTRACE may look into us
    uint64_t child_signal = 1ULL << (SIGCHLD - 1);
    const int flags = O_NONBLOCK | O_CLOEXEC;
    int child_signals = (int)CALL(__NR_signalfd4, -1, &child_signal, sizeof child_signal, flags);
    if (child_signals < 0) fail(stage_descriptors, child_signals);
    for (;;) {
        struct step step = {.setup = setup};
        long length = receive(0, step.descriptors, &step.descriptor_count);
        if (((const struct request *)message)->kind != request_run) continue; // it came too late
        if (parse(&step, length)) run(&step, child_signals);
        else {
            close_all(step.descriptors, step.descriptor_count);
            struct report report = {.kind = report_failed, .stage = stage_message, .error = E2BIG};
            send_report(&report);
        }
    }
}
