#pragma once
#include <sys/types.h>

int pawl_pidfd_open(pid_t pid);
