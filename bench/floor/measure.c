// Clock, percentiles and arguments.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "floor.h"

long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static int compare(const void *left, const void *right) {
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

void sort_times(long *times, size_t count) {
    qsort(times, count, sizeof *times, compare);
}

double percentile_ms(const long *times, size_t count, int percent) {
    size_t index = count * (size_t)percent / 100;
    return (double)times[index < count ? index : count - 1] / 1000.0;
}

long positive(const char *text, const char *name) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 1) {
        fprintf(stderr, "%s must be a number of 1 or more, not '%s'\n", name, text);
        exit(64);
    }
    return value;
}
