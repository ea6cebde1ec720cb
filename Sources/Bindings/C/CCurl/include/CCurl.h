#pragma once

#include <stddef.h>

/* curl_easy_setopt is variadic, which Swift cannot call. */

struct pawl_post {
    const char *url;
    /* Whole lines, `Name: value`, ended by NULL. */
    const char *const *headers;
    const void *body;
    size_t length;
    long timeout_ms;
};

/* A client that keeps its connections; used by one thread at a time. NULL without memory. */
void *pawl_curl_open(void);
void pawl_curl_close(void *client);

/* Sends and drops the answer's body. Returns 0 with the status, else a curl code with its text in `error`. */
int pawl_curl_post(void *client, const struct pawl_post *post, long *status, char error[256]);
