#pragma once
#include <stddef.h>

/// A file that is part of the program.
typedef struct {
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    size_t size;
} pawl_asset;

/// The file with a number from 0 on; behind the last, one with an empty name.
pawl_asset pawl_dashboard_asset(size_t index);
