// The floor of a process: spawned with JSON through pipes, and reaped. Nothing is kept.
//
// usage: spawns PROGRAM IN_FLIGHT COUNT

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "floor.h"

static const char *program;
static atomic_long left;

static void *run_children(void *unused) {
    (void)unused;
    while (atomic_fetch_sub(&left, 1) > 0) {
        char output[4096];
        run_child(program, "{\"n\":1}", output, sizeof output);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: spawns PROGRAM IN_FLIGHT COUNT\n");
        return 64;
    }
    program = argv[1];
    long in_flight = positive(argv[2], "IN_FLIGHT");
    long count = positive(argv[3], "COUNT");
    left = count;

    pthread_t threads[in_flight];
    long start = now_us();
    for (long i = 0; i < in_flight; i++) pthread_create(&threads[i], NULL, run_children, NULL);
    for (long i = 0; i < in_flight; i++) pthread_join(threads[i], NULL);
    double seconds = (double)(now_us() - start) / 1e6;

    printf("{\"spawns_per_s\":%.1f,\"in_flight\":%ld,\"count\":%ld}\n", (double)count / seconds, in_flight,
           count);
    return 0;
}
