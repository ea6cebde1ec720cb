// One durable commit a step: the result inserted, the chain moved on.

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.h"

static void check(PGconn *connection, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(stderr, "postgres: %s", PQerrorMessage(connection));
        exit(69);
    }
    PQclear(result);
}

static PGconn *connect_or_exit(const char *conninfo) {
    PGconn *connection = PQconnectdb(conninfo);
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(stderr, "postgres: %s", PQerrorMessage(connection));
        exit(69);
    }
    return connection;
}

static void execute(const char *conninfo, const char *sql) {
    PGconn *connection = connect_or_exit(conninfo);
    check(connection, PQexec(connection, sql));
    PQfinish(connection);
}

void create_tables(const char *conninfo) {
    execute(conninfo,
            "SET client_min_messages = warning;"
            "DROP TABLE IF EXISTS floor_chain, floor_result;"
            "CREATE TABLE floor_chain (id bigint PRIMARY KEY, steps int NOT NULL) WITH (fillfactor = 50);"
            "CREATE TABLE floor_result (chain bigint, step int, output text, PRIMARY KEY (chain, step))");
}

void drop_tables(const char *conninfo) {
    execute(conninfo, "DROP TABLE floor_chain, floor_result");
}

PGconn *open_connection(const char *conninfo) {
    PGconn *connection = connect_or_exit(conninfo);
    check(connection, PQprepare(connection, "step",
                                "WITH result AS (INSERT INTO floor_result VALUES ($1, $2, $3))"
                                "INSERT INTO floor_chain VALUES ($1, $2)"
                                "  ON CONFLICT (id) DO UPDATE SET steps = excluded.steps",
                                3, NULL));
    return connection;
}

void commit_step(PGconn *connection, long chain, int step, const char *output) {
    char chain_text[24], step_text[12];
    snprintf(chain_text, sizeof chain_text, "%ld", chain);
    snprintf(step_text, sizeof step_text, "%d", step);
    const char *values[] = {chain_text, step_text, output};
    check(connection, PQexecPrepared(connection, "step", 3, values, NULL, NULL, 0));
}

void close_connection(PGconn *connection) {
    PQfinish(connection);
}
