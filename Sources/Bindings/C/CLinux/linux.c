#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/syscall.h>
#include <unistd.h>

int pawl_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
