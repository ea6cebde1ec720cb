// A step that says when it ran: {"at":MICROSECONDS}, of the wall clock, since 1970.
//
// Two members of its input change what it does: "sleep_ms" is how long it sleeps, "fail_percent" how often it
// exits with 1 instead.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char input[65536];

static long member(const char *name, long otherwise) {
    const char *place = strstr(input, name);
    return place ? strtol(place + strlen(name), NULL, 10) : otherwise;
}

int main(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    size_t length = 0;
    ssize_t count;
    while ((count = read(STDIN_FILENO, input + length, sizeof input - 1 - length)) > 0) {
        length += (size_t)count;
    }
    long sleep_ms = member("\"sleep_ms\":", 0);
    struct timespec pause = {sleep_ms / 1000, sleep_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
    // The last digits of the clock are as good as random here.
    if (now.tv_nsec / 1000 % 100 < member("\"fail_percent\":", 0)) return 1;
    char output[64];
    int size = snprintf(output, sizeof output, "{\"at\":%ld}\n", now.tv_sec * 1000000 + now.tv_nsec / 1000);
    return write(STDOUT_FILENO, output, (size_t)size) == size ? 0 : 74;
}
