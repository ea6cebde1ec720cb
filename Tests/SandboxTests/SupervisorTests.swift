import Linux
import Sandbox
import Testing

/// A program cannot turn on the process that watches it.
@Suite("The supervisor")
struct SupervisorTests {
    private static let attack = compile()

    private static func compile() -> String {
        do {
            return try Fixture.compile("attack-\(ThisProcess.id)", source)
        } catch {
            fatalError("the program cannot be compiled: \(error)")
        }
    }

    @Test(
        "it cannot be traced, read, written to, robbed of its descriptors, or stopped",
        arguments: ["attach", "seize", "memory", "write", "read", "descriptor", "folder", "stop"]
    )
    func untouched(_ way: String) async throws {
        guard way != "stop" || Self.isExact else { return }
        let ending = try await Fixture.run([Self.attack, way], timeout: .seconds(20))
        #expect(ending.outcome == .exited(0), "\(way)")
        #expect(ending.text == "refused\n", "\(way)")
    }

    @Test("a program may trace what it started itself")
    func ownChild() async throws {
        #expect(try await Fixture.run([Self.attack, "child"]).text == "traced\n")
    }

    @Test(
        "what a program does to the limits and the priority of its supervisor, the next one does not find",
        arguments: ["no descriptors", "no files", "nice", "idle"]
    )
    func inheritance(_ way: String) async throws {
        let sandbox = Fixture.makeSandbox(folder: "worn-\(Random.bytes(4).hexadecimal)")
        let ending = try await Fixture.run([Self.attack, way], in: sandbox)
        // Priorities of others are none of an ordinary user's business.
        #expect(ending.outcome == .exited(0) || ending.outcome == .exited(1))
        let next = try await Fixture.shell("echo x >f && cat f; nice; ulimit -n", in: sandbox)
        #expect(next.text.split(separator: "\n").prefix(2) == ["x", "0"], "\(way): \(next)")
        sandbox.close()
    }

    @Test("in Python: whatever it tries, it ends, and is counted")
    func python() async throws {
        let script = """
            import ctypes, os, resource, signal
            libc = ctypes.CDLL(None, use_errno=True)
            parent = os.getppid()
            tries = [lambda: open(f'/proc/{parent}/mem', 'r+b'), lambda: os.listdir(f'/proc/{parent}/fd')[0]]
            done = [str(libc.ptrace(16, parent, 0, 0))]
            for attempt in tries:
                try: attempt(); done.append('yes')
                except (OSError, IndexError): done.append('no')
            print(*done)
            """
        let ending = try await Fixture.python(script)
        #expect(ending.outcome == .exited(0))
        #expect(ending.text.hasPrefix("-1 no "))
    }

    /// Without a namespace the supervisor is a process like others of its user.
    private static let isExact = Fixture.mechanism("kill_tree") != "subreaper"

    private static let source = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <signal.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/ptrace.h>
        #include <sys/resource.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <sys/wait.h>
        #include <unistd.h>

        static int links(pid_t process) {
            char path[64], target[64];
            sprintf(path, "/proc/%d/fd/3", process);
            return (int)readlink(path, target, sizeof target);
        }

        static int stopped(pid_t process) {
            if (kill(process, SIGSTOP) || kill(process, SIGKILL)) return -1;
            usleep(100000);
            return getppid() == process ? -1 : 0;
        }

        static int traces_child(void) {
            pid_t child = fork();
            if (!child) for (;;) pause();
            long result = ptrace(PTRACE_ATTACH, child, 0, 0);
            if (!result) waitpid(child, 0, __WALL);
            kill(child, SIGKILL);
            return (int)result;
        }

        int main(int count, char **arguments) {
            const char *way = arguments[1];
            char path[64], word[8] = {0};
            pid_t parent = getppid();
            struct iovec here = {word, 8}, there = {(void *)0x400000, 8};
            struct rlimit none = {0, 0};
            struct sched_param priority = {0};
            long result = -1;
            sprintf(path, "/proc/%d/mem", parent);
            if (!strcmp(way, "child")) {
                puts(traces_child() ? "refused" : "traced");
                return 0;
            }
            if (!strcmp(way, "no descriptors")) return prlimit(parent, RLIMIT_NOFILE, &none, 0) ? 1 : 0;
            if (!strcmp(way, "no files")) return prlimit(parent, RLIMIT_FSIZE, &none, 0) ? 1 : 0;
            if (!strcmp(way, "nice")) return setpriority(PRIO_PROCESS, parent, 19) ? 1 : 0;
            if (!strcmp(way, "idle")) return sched_setscheduler(parent, SCHED_IDLE, &priority) ? 1 : 0;
            if (!strcmp(way, "attach")) result = ptrace(PTRACE_ATTACH, parent, 0, 0);
            if (!strcmp(way, "seize")) result = ptrace(PTRACE_SEIZE, parent, 0, PTRACE_O_EXITKILL);
            if (!strcmp(way, "memory")) result = open(path, O_RDWR);
            if (!strcmp(way, "write")) result = process_vm_writev(parent, &here, 1, &there, 1, 0);
            if (!strcmp(way, "read")) result = process_vm_readv(parent, &here, 1, &there, 1, 0);
            if (!strcmp(way, "folder")) result = links(parent);
            if (!strcmp(way, "stop")) result = stopped(parent);
            if (!strcmp(way, "descriptor"))
                result = syscall(438 /* pidfd_getfd */, syscall(434 /* pidfd_open */, parent, 0), 3, 0);
            puts(result < 0 ? "refused" : "done");
            return 0;
        }
        """
}
