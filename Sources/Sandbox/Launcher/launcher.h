// The launcher's files and what each gives the others.
#pragma once
#include "protocol.h"
#include "system.h"

enum { engine_socket = 3 };

// --- main.c: from the engine's posix_spawn to a supervisor that is ready ------------------------

struct setup {
    long parent;             // the engine
    bool user_namespace, pid_namespace, network_namespace;
    const char *cgroups[8];  // cgroup.procs files to join
    int cgroup_count;
    bool strict;
    long user, group;        // whom a strict step runs as
    bool drops_identity;     // whether that is somebody else than we are
};

_Noreturn void fail(enum stage stage, long error);

// --- namespaces.c --------------------------------------------------------------------------------

void enter_namespaces(const struct setup *setup);
void mount_proc(void);

// --- supervise.c: one step after another ---------------------------------------------------------

_Noreturn void supervise(const struct setup *setup);

// --- step.c: what happens in the step's own process before exec ----------------------------------

struct step {
    const struct setup *setup;
    const struct request *request;
    const struct limit *limits;
    const char *folder;
    char **arguments, **environment, **readable;
    const char *artifacts; // NULL for none
    int descriptors[4];
    int descriptor_count;
    enum stage failed_stage; // written by the step's process, which shares our memory
    long failed_error;
};

// Returns the pid once the program runs, or 0 with `failed_stage` set.
long start_step(struct step *step);

_Noreturn void give_up(enum stage stage, long error);

// --- root.c, confine.c: strict isolation -----------------------------------------------------------

void make_root(void);                           // once, by the supervisor
void enter_view(const struct step *step);       // in the step's process
long landlock_version(void);
void confine_paths(const struct step *step);
void prepare_filters(void);                     // once, by the supervisor
void confine_calls(const struct step *step);

// --- tree.c: stopped means stopped ---------------------------------------------------------------

struct usage {
    int64_t user, system, peak, minor_faults, major_faults;
};

// Waits for a child: its pid, 0 when none has ended (`block` false), -ECHILD when there is none.
long reap(bool block, int *status, struct usage *usage);

// Kills every process of the step and returns how many there were, when none is left.
uint32_t kill_tree(bool owns_pid_namespace, long main, int *main_status, struct usage *usage);

// Sends a signal to every process of the step.
void signal_tree(bool owns_pid_namespace, int signal);
