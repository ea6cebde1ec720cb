// What a strict step may ask of the kernel: Landlock for paths, seccomp for system calls.
//
// Both come after a root that hides the host and an identity without privileges, so each has only to close
// what those leave open: other processes' limits, new namespaces, sockets, and the kernel's larger
// surfaces.
#include "launcher.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

// --- Landlock ------------------------------------------------------------------------------------------

struct ruleset {
    uint64_t fs, net, scope;
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed;
    int32_t folder;
};

enum {
    fs_execute = 1 << 0, fs_write_file = 1 << 1, fs_read_file = 1 << 2, fs_read_dir = 1 << 3,
    fs_ioctl = 1 << 15,
};

// The rights that each version of the kernel's interface knows, from 1 on.
static uint64_t known_rights(long version) {
    if (version >= 5) return 0xFFFF;
    if (version >= 3) return 0x7FFF;
    return version == 2 ? 0x3FFF : 0x1FFF;
}

static long allow(int ruleset, const char *path, uint64_t rights) {
    struct path_rule rule = {.allowed = rights};
    rule.folder = (int32_t)CALL(__NR_open, path, O_PATH | O_CLOEXEC, 0);
    if (rule.folder < 0) return rule.folder;
    long error = CALL(445 /* landlock_add_rule */, ruleset, 1 /* path beneath */, &rule, 0);
    CALL(__NR_close, rule.folder);
    return error;
}

long landlock_version(void) { return CALL(444 /* landlock_create_ruleset */, 0, 0, 1 /* version */); }

// Read and execute everywhere; write in the step's folders; no TCP without the network; signals and
// abstract sockets within the step. A kernel without Landlock is none of the step's fault.
void confine_paths(const struct step *step) {
    long version = landlock_version();
    if (version < 1) return;
    struct ruleset handled = {.fs = known_rights(version)};
    if (version >= 4 && !(step->request->flags & request_network)) handled.net = 3;
    if (version >= 6) handled.scope = 3;
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int ruleset = (int)CALL(444, &handled, size, 0);
    if (ruleset < 0) give_up(stage_landlock, ruleset);
    uint64_t read = fs_execute | fs_read_file | fs_read_dir;
    long error = allow(ruleset, "/", read);
    if (!error) error = allow(ruleset, "/dev", read | fs_write_file | (handled.fs & fs_ioctl));
    if (!error) error = allow(ruleset, "/tmp", handled.fs);
    if (!error) error = allow(ruleset, step->folder, handled.fs);
    if (!error && step->artifacts) error = allow(ruleset, step->artifacts, handled.fs);
    if (!error) error = CALL(446 /* landlock_restrict_self */, ruleset, 0);
    if (error < 0) give_up(stage_landlock, error);
}

// --- seccomp -------------------------------------------------------------------------------------------

// Denied with EPERM, whatever the arguments.
static const uint16_t denied[] = {
    __NR_acct, __NR_add_key, __NR_adjtimex, __NR_bpf, __NR_chroot, __NR_clock_adjtime, __NR_clock_settime,
    __NR_delete_module, __NR_fanotify_init, __NR_finit_module, __NR_fsconfig, __NR_fsmount, __NR_fsopen,
    __NR_fspick, __NR_init_module, __NR_io_uring_enter, __NR_io_uring_register, __NR_io_uring_setup,
    __NR_ioperm, __NR_iopl, __NR_kcmp, __NR_kexec_file_load, __NR_kexec_load, __NR_keyctl,
    __NR_lookup_dcookie,
    __NR_migrate_pages, __NR_mknod, __NR_mknodat, __NR_modify_ldt, __NR_mount, __NR_mount_setattr,
    __NR_move_mount, __NR_move_pages, __NR_name_to_handle_at, __NR_open_by_handle_at, __NR_open_tree,
    __NR_perf_event_open, __NR_pidfd_getfd, __NR_pivot_root, __NR_process_madvise, __NR_process_vm_readv,
    __NR_process_vm_writev, __NR_ptrace, __NR_quotactl, __NR_reboot, __NR_request_key,
    __NR_setdomainname, __NR_sethostname, __NR_setns, __NR_settimeofday, __NR_swapoff, __NR_swapon,
    __NR_syslog, __NR_umount2, __NR_unshare, __NR_userfaultfd, __NR_vhangup, __NR_vmsplice,
};

enum { denied_count = sizeof denied / sizeof *denied, new_namespaces = 0x7E020080 };

struct filter {
    struct sock_filter instructions[denied_count + 64];
    unsigned short length;
};

static struct filter filters[2], *filter; // without the network, with it

static void add(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    filter->instructions[filter->length++] = (struct sock_filter){code, if_true, if_false, value};
}

static void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void answer(uint32_t action) { add(BPF_RET | BPF_K, action, 0, 0); }
static void refuse(uint32_t error) { answer(SECCOMP_RET_ERRNO | error); }
static void skip_unless_equal(uint32_t it, uint8_t count) { add(BPF_JMP | BPF_JEQ | BPF_K, it, 0, count); }
static void skip_if_equal(uint32_t it, uint8_t count) { add(BPF_JMP | BPF_JEQ | BPF_K, it, count, 0); }

static void load_number(void) { load(offsetof(struct seccomp_data, nr)); }
static void load_argument(int i) { load(offsetof(struct seccomp_data, args) + 8 * (size_t)i); }

// Other ways into the kernel have other numbers: the 32-bit one kills, the x32 one does not exist.
static void filter_architecture(void) {
    load(offsetof(struct seccomp_data, arch));
    skip_if_equal(AUDIT_ARCH_X86_64, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
    load_number();
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    refuse(ENOSYS);
}

static void filter_clone(void) {
    skip_unless_equal(435 /* clone3, whose flags a filter cannot see */, 1);
    refuse(ENOSYS);
    skip_unless_equal(__NR_clone, 4);
    load_argument(0);
    add(BPF_JMP | BPF_JSET | BPF_K, new_namespaces, 0, 1);
    refuse(EPERM);
    answer(SECCOMP_RET_ALLOW);
}

static void filter_sockets(bool network) {
    skip_unless_equal(__NR_socket, network ? 6 : 4);
    load_argument(0);
    skip_if_equal(1 /* AF_UNIX */, network ? 3 : 1);
    if (network) {
        skip_if_equal(2 /* AF_INET */, 2);
        skip_if_equal(10 /* AF_INET6 */, 1);
    }
    refuse(EACCES);
    answer(SECCOMP_RET_ALLOW);
}

// Limits of other processes, and the terminal calls that type in another's name.
static void filter_arguments(void) {
    skip_unless_equal(__NR_prlimit64, 4);
    load_argument(0);
    skip_if_equal(0, 1);
    refuse(EPERM);
    answer(SECCOMP_RET_ALLOW);
    skip_unless_equal(__NR_ioctl, 5);
    load_argument(1);
    skip_if_equal(0x5412 /* TIOCSTI */, 1);
    skip_unless_equal(0x541C /* TIOCLINUX */, 1);
    refuse(EPERM);
    answer(SECCOMP_RET_ALLOW);
}

void prepare_filters(void) {
    for (int network = 0; network < 2; network++) {
        filter = &filters[network];
        filter_architecture();
        filter_clone();
        filter_sockets(network);
        filter_arguments();
        for (int i = 0; i < denied_count; i++) skip_if_equal(denied[i], (uint8_t)(denied_count - i));
        answer(SECCOMP_RET_ALLOW);
        refuse(EPERM);
    }
}

void confine_calls(const struct step *step) {
    const struct filter *chosen = &filters[step->request->flags & request_network ? 1 : 0];
    struct {
        unsigned short length;
        const struct sock_filter *instructions;
    } program = {chosen->length, chosen->instructions};
    long error = CALL(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    if (error < 0) give_up(stage_seccomp, error);
}
