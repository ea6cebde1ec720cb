// The smallest step there can be, without a C library: reads its input, answers {"done":true}, exits.
//
// Freestanding, because a C library's start-up would cost more than everything done here.

#define OUTPUT "{\"done\":true}\n"

enum { STDIN = 0, STDOUT = 1 };

#if defined(__x86_64__)
enum { SYS_READ = 0, SYS_WRITE = 1, SYS_EXIT = 60 };

static long system_call(long number, long a, const void *b, unsigned long c) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
enum { SYS_READ = 63, SYS_WRITE = 64, SYS_EXIT = 93 };

static long system_call(long number, long a, const void *b, unsigned long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register const void *x1 __asm__("x1") = b;
    register unsigned long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#else
#error "bare.c knows the system calls of x86-64 and arm64 only"
#endif

__attribute__((noreturn)) void _start(void);

void _start(void) {
    char input[4096];
    while (system_call(SYS_READ, STDIN, input, sizeof input) > 0) {
    }
    long written = system_call(SYS_WRITE, STDOUT, OUTPUT, sizeof OUTPUT - 1);
    for (;;) {
        system_call(SYS_EXIT, written == sizeof OUTPUT - 1 ? 0 : 74, 0, 0);
    }
}
