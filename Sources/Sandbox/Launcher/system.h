// The kernel without a libc: a start-up of 50 µs instead of 300.
// Calls return what the kernel does: a negative errno on failure.
#pragma once
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__)
#error "the launcher knows x86-64 only; for another machine write `call6`, `clone_onto` and `_start`"
#endif

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define CALL_(n, a, b, c, d, e, f, ...) \
    call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Runs `body` in a new process on a stack of its own but in our memory, and returns its pid when it has
// exec'd or exited (vfork). What `body` writes to memory, we see.
static inline long clone_onto(void *stack_top, void (*body)(void *), void *argument) {
    long result;
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %[argument], %%rdi\n\t"
                     "call *%[body]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(__NR_clone), "D"(CLONE_VM | CLONE_VFORK | SIGCHLD), "S"(stack_top), "d"(0L),
                       "r"(r10), "r"(r8), [body] "r"(body), [argument] "r"(argument)
                     : "rcx", "r11", "memory");
    return result;
}

void *memset(void *bytes, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);

_Noreturn static inline void leave(int status) {
    for (;;) CALL(__NR_exit_group, status);
}

static inline size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

// If `text` is `key=value`, its value.
static inline const char *value_of(const char *text, const char *key) {
    while (*key && *text == *key) text++, key++;
    return !*key && *text == '=' ? text + 1 : NULL;
}

static inline long number_in(const char *text) {
    long number = 0;
    while (*text >= '0' && *text <= '9') number = number * 10 + (*text++ - '0');
    return number;
}

// Writes the decimal digits of `number` to `end`, backwards, and returns where they begin.
static inline char *digits_before(char *end, unsigned long number) {
    do *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

static inline int64_t now(void) {
    struct __kernel_timespec time;
    CALL(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Writes a short text to a file; 0 or a negative errno.
static inline long write_file(const char *path, const char *text) {
    long fd = CALL(__NR_open, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long length = (long)length_of(text), written = CALL(__NR_write, fd, text, length);
    CALL(__NR_close, fd);
    if (written < 0) return written;
    return written == length ? 0 : -EIO;
}
