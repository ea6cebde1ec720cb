#pragma once
#include <microhttpd.h>
#include <stddef.h>
#include <sys/socket.h>

/* What libmicrohttpd takes in variadic calls, which Swift cannot make. */

struct pawl_http_options {
    int listen_fd; /* owned by the caller until MHD_stop_daemon has returned */
    unsigned int threads;
    unsigned int idle_seconds;
    unsigned int connections;
    size_t connection_memory; /* bytes for the request line and all headers */
    size_t stack_bytes;       /* of each thread */
    void *context;            /* first argument of all three callbacks */
    void *(*started)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback handler;
    MHD_RequestCompletedCallback completed;
};

struct MHD_Daemon *pawl_http_start(const struct pawl_http_options *options);

/* The other end's address; NULL if it is not known. */
const struct sockaddr *pawl_http_client(struct MHD_Connection *connection);
