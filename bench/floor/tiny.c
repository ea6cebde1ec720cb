// The tiny step of the workloads and of their floor: reads JSON on stdin to its end and writes it to stdout.
//
// A static program with a C library, as a small plugin in C, Go or Rust is one: its start-up is part of the
// step, on both sides of a ratio alike.

#include <unistd.h>

static char document[65536];

static int write_all(size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = write(STDOUT_FILENO, document + done, length - done);
        if (count <= 0) return 74;
        done += (size_t)count;
    }
    return 0;
}

int main(void) {
    size_t length = 0;
    ssize_t count;
    while ((count = read(STDIN_FILENO, document + length, sizeof document - length)) > 0) {
        length += (size_t)count;
    }
    return count < 0 ? 74 : write_all(length);
}
