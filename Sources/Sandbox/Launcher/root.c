// The file system of strict steps: read `make_root` and `enter_view` from top to bottom.
//
// The supervisor puts a new root together on a small tmpfs, once: the system's programs read-only, a few
// devices, and the host's root in a folder that only it can enter. Each step takes a copy of that in a
// mount namespace of its own, adds two empty folders to write to and the paths that it was granted, and
// lets go of the host's root.
#include "launcher.h"
#include <linux/mount.h>

static const char host[] = ".host";

// What programs need of /etc. Nothing here is secret.
static const char *const etc[] = {
    "alternatives", "ca-certificates.conf", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "localtime", "mime.types", "nsswitch.conf", "passwd", "protocols", "resolv.conf", "services", "ssl/certs",
    "ssl/openssl.cnf", NULL,
};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", NULL};
static const char *const programs[] = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "opt", NULL};

static void (*report)(enum stage, long) = fail; // in a step's process: give_up

static void check(long result) {
    if (result < 0) report(stage_mounts, result);
}

// --- paths: all are relative to the new root, in which we stand --------------------------------------

static char *join(char *buffer, const char *folder, const char *name) {
    size_t length = length_of(folder), rest = length_of(name) + 1;
    if (length + rest > 4096) report(stage_mounts, -ENAMETOOLONG);
    memcpy(buffer, folder, length);
    memcpy(buffer + length, name, rest);
    return buffer;
}

static const char *relative(const char *path) {
    while (*path == '/') path++;
    return path;
}

// Makes the folders above `path`, and itself too if `whole`.
static void make_folders(const char *path, bool whole) {
    char folder[4096];
    join(folder, path, "");
    for (char *next = folder; *next; next++) {
        if (*next != '/' || next == folder) continue;
        *next = 0;
        CALL(__NR_mkdir, folder, 0755);
        *next = '/';
    }
    if (whole) CALL(__NR_mkdir, folder, 0755);
}

static bool is_folder(int fd) {
    struct {
        uint32_t words[8];
        uint16_t mode;
        char rest[256];
    } status = {0};
    CALL(__NR_statx, fd, "", 0x1000 /* AT_EMPTY_PATH */, 1 /* STATX_TYPE */, &status);
    return ((const uint16_t *)&status)[14] >> 12 == 4;
}

// --- mounts -------------------------------------------------------------------------------------------

// Shows what is at `path` at another place; what the host lacks is left out.
static void show(const char *path, const char *place, uint64_t attributes) {
    const int recursive = 0x8000, empty_path = 0x1000;
    int tree = (int)CALL(__NR_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
    if (tree == -ENOENT) return;
    check(tree);
    struct mount_attr attribute = {.attr_set = attributes};
    check(CALL(__NR_mount_setattr, tree, "", empty_path | recursive, &attribute, sizeof attribute));
    bool folder = is_folder(tree);
    make_folders(place, folder);
    if (!folder) {
        long fd = CALL(__NR_open, place, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
        check(fd);
        CALL(__NR_close, fd);
    }
    check(CALL(__NR_move_mount, tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH));
    CALL(__NR_close, tree);
}

static const uint64_t read_only = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

// A folder of the root that may be a link, as /bin is to usr/bin.
static void show_programs(const char *name) {
    char path[64], target[256];
    join(path, "/", name);
    long length = CALL(__NR_readlink, path, target, sizeof target - 1);
    if (length < 0) return show(path, name, read_only);
    target[length] = 0;
    check(CALL(__NR_symlink, target, name));
}

static char *option(char *end, const char *name, unsigned long value) {
    end = digits_before(end, value);
    size_t length = length_of(name);
    memcpy(end - length, name, length);
    return end - length;
}

// An empty folder in memory that the step may fill up to its limit.
static void mount_private(const char *place, const struct step *step) {
    char text[160], *end = text + sizeof text;
    *--end = 0;
    end = option(end, ",gid=", (unsigned long)step->setup->group);
    end = option(end, ",uid=", (unsigned long)step->setup->user);
    end = option(end, "mode=700,nr_inodes=16384,size=", (unsigned long)step->request->disk);
    make_folders(place, true);
    check(CALL(__NR_mount, "tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, end));
}

static void make_devices(void) {
    char path[64];
    CALL(__NR_mkdir, "dev", 0755);
    for (const char *const *name = devices; *name; name++) {
        join(path, "/dev/", *name);
        show(path, relative(path), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    }
    CALL(__NR_symlink, "/proc/self/fd", "dev/fd");
    CALL(__NR_symlink, "/proc/self/fd/0", "dev/stdin");
    CALL(__NR_symlink, "/proc/self/fd/1", "dev/stdout");
    CALL(__NR_symlink, "/proc/self/fd/2", "dev/stderr");
}

static void make_etc(void) {
    char path[64];
    for (const char *const *name = etc; *name; name++) {
        join(path, "/etc/", *name);
        show(path, relative(path), read_only);
    }
}

static void begin_root(void) {
    check(CALL(__NR_mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0));
    check(CALL(__NR_mount, "tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m"));
    check(CALL(__NR_chdir, "/sys"));
}

static void swap_root(void) {
    CALL(__NR_mkdir, host, 0700);
    check(CALL(__NR_pivot_root, ".", host));
    check(CALL(__NR_chdir, "/"));
}

void make_root(void) {
    begin_root();
    for (const char *const *name = programs; *name; name++) show_programs(*name);
    make_etc();
    make_devices();
    CALL(__NR_mkdir, "proc", 0555);
    check(CALL(__NR_mount, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2"));
    swap_root();
}

// Without the network a step may still make unix sockets; Landlock keeps it from the abstract ones of
// others from version 6 on, before that a network namespace must.
static int namespaces_of(const struct step *step) {
    bool network = step->request->flags & request_network;
    return CLONE_NEWNS | CLONE_NEWIPC | (network || landlock_version() >= 6 ? 0 : CLONE_NEWNET);
}

static void show_granted(const struct step *step) {
    char path[4096];
    for (char **granted = step->readable; *granted; granted++)
        show(join(path, host, *granted), relative(*granted), read_only);
}

// The engine reads what the step leaves in its folders by descriptors of them: they are in no namespace of
// its own, and gone with the step but for those.
static void send_folders(const struct step *step, const char *work) {
    struct report report = {.kind = report_folders};
    struct {
        void *base;
        size_t length;
    } vector = {&report, sizeof report};
    struct {
        uint64_t length;
        int32_t level, type, descriptors[2];
    } control = {16 + 4, 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, {0, 0}};
    control.descriptors[0] = (int32_t)CALL(__NR_open, work, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    check(control.descriptors[0]);
    if (step->artifacts) {
        control.length += 4;
        const char *path = relative(step->artifacts);
        control.descriptors[1] = (int32_t)CALL(__NR_open, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        check(control.descriptors[1]);
    }
    struct {
        void *name;
        uint32_t name_length;
        void *vectors;
        size_t vector_count;
        void *control;
        size_t control_length;
        uint32_t flags;
    } header = {0, 0, &vector, 1, &control, sizeof control, 0};
    check(CALL(__NR_sendmsg, engine_socket, &header, 0x4000 /* MSG_NOSIGNAL */));
}

void enter_view(const struct step *step) {
    report = give_up;
    long error = CALL(__NR_unshare, namespaces_of(step));
    if (error < 0) give_up(stage_namespaces, error);
    check(CALL(__NR_chdir, "/"));
    mount_private("tmp", step);
    const char *work = relative(step->folder);
    char path[4096];
    if (!(step->request->flags & request_keeps_work)) mount_private(work, step);
    else show(join(path, host, step->folder), work, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    show_granted(step);
    if (step->artifacts) mount_private(relative(step->artifacts), step);
    if (!(step->request->flags & request_keeps_work)) send_folders(step, work);
    check(CALL(__NR_umount2, host, 2 /* MNT_DETACH */));
    check(CALL(__NR_mount, 0, "/", 0, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, 0));
}
