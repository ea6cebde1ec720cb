// What the engine and the launcher say to each other, one message a packet, on a SOCK_SEQPACKET socket. The
// engine's side is LauncherMessages.swift. Numbers are in the machine's byte order, which must be little-
// endian.
#pragma once
#include <stdint.h>

enum { launch_max_message = 128 * 1024, launch_max_strings = 2048, launch_max_limits = 16 };

// --- engine to launcher ------------------------------------------------------------------------

enum request_kind {
    request_run = 1,       // run this step; its descriptors come along: stdin, stdout, stderr, [control]
    request_terminate = 2, // SIGTERM to the step's group, SIGKILL to its tree after the grace
    request_kill = 3,      // SIGKILL to its tree
    request_deadline = 4,  // another deadline
    request_freeze = 5,    // stop every process of the step, and its clock
    request_thaw = 6,      // let them go on; the deadline moves by the time between
};

struct limit {
    uint64_t resource, soft, hard; // RLIMIT_*
};

enum request_flag {
    request_network = 1,    // a strict step may use the internet
    request_keeps_work = 2, // a strict step's folder is the host's, not one in memory
    request_artifacts = 4,  // a strict step may write to a further folder, which is empty
};

// Followed by `limits` limits and then, each with its NUL, the folder, the arguments, the environment, the
// paths that a strict step may read, and that of the further folder, if it has one.
struct request {
    uint32_t kind, limits, arguments, variables, readable, flags;
    int64_t deadline; // CLOCK_MONOTONIC, nanoseconds
    int64_t grace;    // nanoseconds
    int64_t disk;     // bytes in each folder of a strict step
};

// --- launcher to engine ------------------------------------------------------------------------

enum report_kind {
    report_ready = 1,  // the launcher waits for a step
    report_ended = 2,  // the step is over and its tree is empty
    report_failed = 3, // nothing was run: stage and error say why
    report_folders = 4, // the folders in memory of a strict step: two descriptors come along, or one
};

// Where a failure happened. `stage_execute` is about the step's program, everything else is the host's fault.
enum stage {
    stage_none,
    stage_arguments,
    stage_parent,
    stage_cgroup,
    stage_identity,
    stage_namespaces,
    stage_fork,
    stage_mounts,
    stage_message,
    stage_descriptors,
    stage_session,
    stage_limits,
    stage_folder,
    stage_privileges,
    stage_landlock,
    stage_seccomp,
    stage_execute,
};

// Why the launcher ended the step, if it did.
enum verdict { verdict_none, verdict_timeout, verdict_terminated, verdict_killed };

struct report {
    uint32_t kind, stage;
    int32_t error;
    int32_t process;   // report_ready: the supervisor, as its parent knows it
    int32_t status;    // of the main process, as wait4 gives it
    uint32_t verdict;
    uint32_t forced;   // whether the main process had to be killed with SIGKILL
    uint32_t stragglers; // processes that outlived the main one
    uint32_t worn;       // whether the step changed the world, so that this supervisor should serve no other
    uint32_t unused;
    int64_t started, exited, emptied; // CLOCK_MONOTONIC, nanoseconds
    int64_t user, system;             // microseconds, of all processes of the tree
    int64_t peak;                     // bytes resident, the largest process
    int64_t minor_faults, major_faults;
    int64_t frozen;                   // nanoseconds between freeze and thaw
};
