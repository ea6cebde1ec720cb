#include "CCurl.h"

#include <curl/curl.h>
#include <stdio.h>

static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

void *pawl_curl_open(void)
{
    return curl_easy_init();
}

void pawl_curl_close(void *client)
{
    curl_easy_cleanup(client);
}

int pawl_curl_post(void *client, const struct pawl_post *post, long *status, char error[256])
{
    CURL *curl = client;
    struct curl_slist *lines = NULL;
    for (const char *const *line = post->headers; *line; line++)
        lines = curl_slist_append(lines, *line);

    char text[CURL_ERROR_SIZE] = "";
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_URL, post->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->length);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, post->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(lines);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    else
        snprintf(error, 256, "%s", text[0] ? text : curl_easy_strerror(code));
    return code;
}
