// The floor of a durable step: a process spawned with JSON through pipes, its result committed.
//
// usage: spawn_commits PROGRAM CONNINFO IN_FLIGHT COUNT
//
// IN_FLIGHT chains of five steps run at a time, COUNT steps in all; a step starts when the one
// before it is committed. Prints one JSON object; the percentiles are those of a whole chain.

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.h"

static const char *program, *conninfo;
static long chain_count;
static long *chain_times;
static atomic_long next_chain;

static void *run_chains(void *unused) {
    (void)unused;
    PGconn *connection = open_connection(conninfo);
    for (long chain; (chain = atomic_fetch_add(&next_chain, 1)) < chain_count;) {
        long start = now_us();
        for (int step = 1; step <= CHAIN_STEPS; step++) {
            char output[4096];
            run_child(program, "{\"n\":1}", output, sizeof output);
            commit_step(connection, chain, step, output);
        }
        chain_times[chain] = now_us() - start;
    }
    close_connection(connection);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: spawn_commits PROGRAM CONNINFO IN_FLIGHT COUNT\n");
        return 64;
    }
    program = argv[1];
    conninfo = argv[2];
    long in_flight = positive(argv[3], "IN_FLIGHT");
    chain_count = (positive(argv[4], "COUNT") + CHAIN_STEPS - 1) / CHAIN_STEPS;
    chain_times = calloc((size_t)chain_count, sizeof *chain_times);
    create_tables(conninfo);

    pthread_t threads[in_flight];
    long start = now_us();
    for (long i = 0; i < in_flight; i++) pthread_create(&threads[i], NULL, run_chains, NULL);
    for (long i = 0; i < in_flight; i++) pthread_join(threads[i], NULL);
    double seconds = (double)(now_us() - start) / 1e6;

    drop_tables(conninfo);
    sort_times(chain_times, (size_t)chain_count);
    printf("{\"spawn_commits_per_s\":%.1f,\"spawn_commit_p50_ms\":%.3f,\"spawn_commit_p99_ms\":%.3f,"
           "\"in_flight\":%ld,\"count\":%ld}\n",
           (double)(chain_count * CHAIN_STEPS) / seconds,
           percentile_ms(chain_times, (size_t)chain_count, 50),
           percentile_ms(chain_times, (size_t)chain_count, 99), in_flight, chain_count * CHAIN_STEPS);
    return 0;
}
