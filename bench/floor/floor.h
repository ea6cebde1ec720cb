// What the floor programs share: one child through pipes, one durable commit, and the clock.
#pragma once

#include <stddef.h>

/// Steps of a chain: the shape of the `seq` and `latency` workloads.
enum { CHAIN_STEPS = 5 };

typedef struct pg_conn PGconn;

/// Microseconds on the monotonic clock.
long now_us(void);

/// The value below which `percent` of the sorted `times` lie, in milliseconds.
double percentile_ms(const long *times, size_t count, int percent);

/// Sorts times in microseconds, smallest first.
void sort_times(long *times, size_t count);

/// A number of 1 or more from the command line, or exit 64.
long positive(const char *text, const char *name);

/// Starts `program` with `input` on its stdin, reads its stdout to the end into `output` and reaps it.
/// Exits the whole program if any of it fails: a floor with failures in it is no floor.
void run_child(const char *program, const char *input, char *output, size_t size);

/// Creates the floor's tables afresh.
void create_tables(const char *conninfo);

/// Drops them.
void drop_tables(const char *conninfo);

/// A connection with the commit statement prepared.
PGconn *open_connection(const char *conninfo);

/// Records one step's result and moves its chain on, in one durable transaction.
void commit_step(PGconn *connection, long chain, int step, const char *output);

void close_connection(PGconn *connection);
