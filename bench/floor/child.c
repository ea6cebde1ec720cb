// One child process, its input and output through pipes.

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

static void must(int error, const char *call) {
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", call, strerror(error));
        exit(71);
    }
}

static pid_t spawn(const char *program, int standard_input, int standard_output) {
    posix_spawn_file_actions_t actions;
    must(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
    must(posix_spawn_file_actions_adddup2(&actions, standard_input, 0), "adddup2");
    must(posix_spawn_file_actions_adddup2(&actions, standard_output, 1), "adddup2");

    pid_t child;
    char *arguments[] = {(char *)program, NULL};
    char *environment[] = {NULL};
    must(posix_spawn(&child, program, &actions, NULL, arguments, environment), program);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static void read_all(int descriptor, char *output, size_t size) {
    size_t length = 0;
    ssize_t count;
    while ((count = read(descriptor, output + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    must(count < 0 ? errno : 0, "read");
    output[length] = '\0';
}

void run_child(const char *program, const char *input, char *output, size_t size) {
    int to_child[2], from_child[2];
    must(pipe2(to_child, O_CLOEXEC) ? errno : 0, "pipe2");
    must(pipe2(from_child, O_CLOEXEC) ? errno : 0, "pipe2");
    pid_t child = spawn(program, to_child[0], from_child[1]);
    close(to_child[0]);
    close(from_child[1]);

    must(write(to_child[1], input, strlen(input)) < 0 ? errno : 0, "write");
    close(to_child[1]);
    read_all(from_child[0], output, size);
    close(from_child[0]);

    int status;
    must(waitpid(child, &status, 0) < 0 ? errno : 0, "waitpid");
    if (status != 0) {
        fprintf(stderr, "%s ended with wait status %d\n", program, status);
        exit(70);
    }
}
