// The floor of a durable write: one small transaction after another on each connection.
//
// usage: commits CONNINFO IN_FLIGHT COUNT

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.h"

static const char *conninfo;
static long count;
static long *times;
static atomic_long next;

static void *run_commits(void *unused) {
    (void)unused;
    PGconn *connection = open_connection(conninfo);
    for (long i; (i = atomic_fetch_add(&next, 1)) < count;) {
        long start = now_us();
        commit_step(connection, i, 1, "{\"done\":true}");
        times[i] = now_us() - start;
    }
    close_connection(connection);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: commits CONNINFO IN_FLIGHT COUNT\n");
        return 64;
    }
    conninfo = argv[1];
    long in_flight = positive(argv[2], "IN_FLIGHT");
    count = positive(argv[3], "COUNT");
    times = calloc((size_t)count, sizeof *times);
    create_tables(conninfo);

    pthread_t threads[in_flight];
    long start = now_us();
    for (long i = 0; i < in_flight; i++) pthread_create(&threads[i], NULL, run_commits, NULL);
    for (long i = 0; i < in_flight; i++) pthread_join(threads[i], NULL);
    double seconds = (double)(now_us() - start) / 1e6;

    drop_tables(conninfo);
    sort_times(times, (size_t)count);
    printf("{\"commits_per_s\":%.1f,\"commit_p50_ms\":%.3f,\"commit_p99_ms\":%.3f,"
           "\"in_flight\":%ld,\"count\":%ld}\n",
           (double)count / seconds, percentile_ms(times, (size_t)count, 50),
           percentile_ms(times, (size_t)count, 99), in_flight, count);
    return 0;
}
