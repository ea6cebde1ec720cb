// The step's own process, from clone to exec: read `become_step` from top to bottom.
#include "launcher.h"

static struct step *step; // the process that writes here shares the supervisor's memory
static char stack[32 * 1024] __attribute__((aligned(16)));

_Noreturn void give_up(enum stage stage, long error) {
    step->failed_stage = stage;
    step->failed_error = -error;
    leave(127);
}

static void lead_session(void) {
    long error = CALL(__NR_setsid);
    if (error < 0) give_up(stage_session, error);
}

// Without a namespace that ends with its supervisor.
static void end_with_supervisor(void) {
    if (step->setup->pid_namespace) return;
    long error = CALL(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL, 0, 0, 0);
    if (error < 0) give_up(stage_parent, error);
}

static void place_descriptors(void) {
    for (int i = 0; i < step->descriptor_count; i++) {
        long error = CALL(__NR_dup2, step->descriptors[i], i);
        if (error < 0) give_up(stage_descriptors, error);
    }
    long error = CALL(__NR_close_range, step->descriptor_count, ~0U, 0);
    if (error < 0) give_up(stage_descriptors, error);
}

static void limit_resources(void) {
    for (uint32_t i = 0; i < step->request->limits; i++) {
        const struct limit *limit = &step->limits[i];
        long error = CALL(__NR_prlimit64, 0, limit->resource, &limit->soft, 0);
        if (error < 0) give_up(stage_limits, error);
    }
}

static void enter_folder(void) {
    long error = CALL(__NR_chdir, step->folder);
    if (error < 0) give_up(stage_folder, error);
    CALL(__NR_umask, 022);
}

// Root would keep the right to trace its supervisor, and so to end or to speak as it; whoever has no such
// right has none to drop.
static void renounce_privileges(void) {
    CALL(__NR_prctl, 24 /* PR_CAPBSET_DROP */, 19 /* CAP_SYS_PTRACE */, 0, 0, 0);
    long error = CALL(__NR_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
    if (error < 0) give_up(stage_privileges, error);
}

// A strict step of a privileged engine runs as a user of its own, and so without any capability.
static void drop_identity(void) {
    const struct setup *setup = step->setup;
    if (!setup->drops_identity) return;
    long error = CALL(__NR_setgroups, 0, 0);
    if (!error) error = CALL(__NR_setresgid, setup->group, setup->group, setup->group);
    if (!error) error = CALL(__NR_setresuid, setup->user, setup->user, setup->user);
    if (error < 0) give_up(stage_identity, error);
}

static void unblock_signals(void) {
    uint64_t none = 0;
    CALL(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

static long execute(const char *path) {
    return CALL(__NR_execve, path, step->arguments, step->environment);
}

static bool has_slash(const char *name) {
    while (*name && *name != '/') name++;
    return *name == '/';
}

// As execvp: the folders of the step's own PATH in turn; "not here" and "not for you" try the next.
static long execute_by_search(const char *name) {
    const char *folders = "/usr/local/bin:/usr/bin:/bin";
    for (char **variable = step->environment; *variable; variable++) {
        const char *value = value_of(*variable, "PATH");
        if (value) folders = value;
    }
    long result = -ENOENT;
    size_t name_length = length_of(name) + 1;
    while (*folders) {
        char path[4096];
        size_t length = 0;
        while (folders[length] && folders[length] != ':') length++;
        if (length && length + 1 + name_length <= sizeof path) {
            memcpy(path, folders, length);
            path[length] = '/';
            memcpy(path + length + 1, name, name_length);
            long error = execute(path);
            if (error == -EACCES) result = error;
            else if (error != -ENOENT && error != -ENOTDIR) return error;
        }
        folders += length + (folders[length] == ':');
    }
    return result;
}

static void become_step(void *argument) {
    step = argument;
    bool strict = step->setup->strict;
    lead_session();
    end_with_supervisor();
    if (strict) enter_view(step);
    limit_resources();
    drop_identity();
    enter_folder();
    renounce_privileges();
    if (strict) confine_paths(step);
    place_descriptors();
    if (strict) confine_calls(step);
    unblock_signals();
    const char *program = step->arguments[0];
    give_up(stage_execute, has_slash(program) ? execute(program) : execute_by_search(program));
}

long start_step(struct step *step) {
    step->failed_stage = stage_none;
    long pid = clone_onto(stack + sizeof stack, become_step, step);
    if (pid < 0) {
        step->failed_stage = stage_fork;
        step->failed_error = -pid;
        return 0;
    }
    if (step->failed_stage == stage_none) return pid;
    int status;
    CALL(__NR_wait4, pid, &status, 0, 0);
    return 0;
}
