// The file system of a strict step: read `enter_root` from top to bottom.
//
// A new root is put together on a small tmpfs: the system's programs read-only, a few devices, the paths that the
// step was granted, and two folders to write to. Then it replaces the host's, which is let go.
#include "launcher.h"
#include <linux/mount.h>

static const struct strict *strict;

// What programs need of /etc. Nothing here is secret.
static const char *const etc[] = {
    "alternatives", "ca-certificates.conf", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "localtime", "mime.types", "nsswitch.conf", "passwd", "protocols", "resolv.conf", "services", "ssl/certs",
    "ssl/openssl.cnf", NULL,
};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", NULL};
static const char *const programs[] = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "opt", NULL};

static void check(long result) {
    if (result < 0) fail(stage_mounts, result);
}

// --- paths: all are relative to the new root, in which we stand --------------------------------------

static char *join(char *buffer, const char *folder, const char *name) {
    size_t length = length_of(folder), rest = length_of(name) + 1;
    if (length + rest > 4096) fail(stage_mounts, -ENAMETOOLONG);
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

// Shows a path of the host at the same place in the new root; a path that the host lacks is left out.
static void show(const char *path, uint64_t attributes) {
    const char *place = relative(path);
    int tree = (int)CALL(__NR_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | 0x8000 /* AT_RECURSIVE */);
    if (tree == -ENOENT) return;
    check(tree);
    struct mount_attr attribute = {.attr_set = attributes};
    check(CALL(__NR_mount_setattr, tree, "", 0x1000 | 0x8000, &attribute, sizeof attribute));
    make_folders(place, is_folder(tree));
    if (!is_folder(tree)) {
        long fd = CALL(__NR_open, place, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
        check(fd);
        CALL(__NR_close, fd);
    }
    check(CALL(__NR_move_mount, tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH));
    CALL(__NR_close, tree);
}

static void show_read_only(const char *path) {
    show(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

// A folder of the root that may be a link, as /bin is to usr/bin.
static void show_programs(const char *name) {
    char path[64], target[256];
    join(path, "/", name);
    long length = CALL(__NR_readlink, path, target, sizeof target - 1);
    if (length < 0) return show_read_only(path);
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
static void mount_private(const char *place) {
    char text[160], *end = text + sizeof text;
    *--end = 0;
    end = option(end, ",gid=", strict->group);
    end = option(end, ",uid=", strict->user);
    end = option(end, "mode=700,nr_inodes=16384,size=", strict->disk);
    make_folders(place, true);
    check(CALL(__NR_mount, "tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, end));
}

static void make_devices(void) {
    char path[64];
    CALL(__NR_mkdir, "dev", 0755);
    for (const char *const *name = devices; *name; name++)
        show(join(path, "/dev/", *name), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    CALL(__NR_symlink, "/proc/self/fd", "dev/fd");
    CALL(__NR_symlink, "/proc/self/fd/0", "dev/stdin");
    CALL(__NR_symlink, "/proc/self/fd/1", "dev/stdout");
    CALL(__NR_symlink, "/proc/self/fd/2", "dev/stderr");
}

static void begin_root(void) {
    check(CALL(__NR_mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0));
    check(CALL(__NR_mount, "tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m"));
    check(CALL(__NR_chdir, "/sys"));
}

static void swap_root(void) {
    check(CALL(__NR_pivot_root, ".", "."));
    check(CALL(__NR_umount2, ".", 2 /* MNT_DETACH */));
    check(CALL(__NR_chdir, "/"));
    check(CALL(__NR_mount, 0, "/", 0, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, 0));
}

void enter_root(const struct strict *of) {
    strict = of;
    begin_root();
    for (const char *const *name = programs; *name; name++) show_programs(*name);
    char path[64];
    for (const char *const *name = etc; *name; name++) show_read_only(join(path, "/etc/", *name));
    make_devices();
    CALL(__NR_mkdir, "proc", 0555);
    check(CALL(__NR_mount, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2"));
    mount_private("tmp");
    if (strict->keeps_work) show(strict->work, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    else mount_private(relative(strict->work));
    for (int i = 0; i < strict->readable_count; i++) show_read_only(strict->readable[i]);
    swap_root();
}
