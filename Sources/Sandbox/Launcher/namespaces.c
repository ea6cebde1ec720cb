// The world a supervisor makes for its steps.
#include "launcher.h"

// `id id 1`: inside a user namespace the step stays who it is.
static void map_identity(const char *path, long id) {
    char text[64], *end = text + sizeof text;
    *--end = 0;
    *--end = '1';
    *--end = ' ';
    end = digits_before(end, (unsigned long)id);
    *--end = ' ';
    end = digits_before(end, (unsigned long)id);
    long error = write_file(path, end);
    if (error < 0) fail(stage_identity, error);
}

void enter_namespaces(const struct setup *setup) {
    if (!setup->pid_namespace) return;
    long user = CALL(__NR_geteuid), group = CALL(__NR_getegid);
    int flags = CLONE_NEWPID | CLONE_NEWNS;
    if (setup->user_namespace) flags |= CLONE_NEWUSER;
    if (setup->strict) flags |= CLONE_NEWUTS;
    if (setup->network_namespace) flags |= CLONE_NEWNET; // with nothing in it, not even a loopback that is up
    long error = CALL(__NR_unshare, flags);
    if (error < 0) fail(stage_namespaces, error);
    if (!setup->user_namespace) return;
    error = write_file("/proc/self/setgroups", "deny"); // or the kernel takes no gid_map
    if (error < 0) fail(stage_identity, error);
    map_identity("/proc/self/uid_map", user);
    map_identity("/proc/self/gid_map", group);
}

// A /proc that matches the namespace, so that a step's pid is the one it finds there, and sees no other step.
// Mounts of the host still arrive (slave). Where /proc is masked, as in a container, the kernel refuses
// and steps keep the host's.
void mount_proc(void) {
    const int recursive_slave = 0x4000 | 0x80000, nosuid_nodev_noexec = 2 | 4 | 8;
    long error = CALL(__NR_mount, 0, "/", 0, recursive_slave, 0);
    if (error < 0) fail(stage_mounts, error);
    CALL(__NR_mount, "proc", "/proc", "proc", nosuid_nodev_noexec, 0);
}
