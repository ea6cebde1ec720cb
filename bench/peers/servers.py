"""Private servers for one measurement, and what they and all else that it starts take of the processor."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

# As `pawl dev` starts its own: durable, and otherwise the defaults.
SETTINGS = {
    "listen_addresses": "127.0.0.1", "max_connections": "100", "shared_buffers": "64MB", "jit": "off",
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Private:
    """A Postgres and a Redis in a folder of their own."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="peers-"))
        self.folder.chmod(0o755)
        self.processes = []
        self.start_postgres()
        self.redis_port = free_port()
        self.start(["redis-server", "--port", str(self.redis_port), "--dir", str(self.folder),
                    "--appendonly", "yes", "--save", ""])
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(2)
            process.wait(timeout=30)
        shutil.rmtree(self.folder)

    def start(self, command, **options):
        with open(self.folder / f"{len(self.processes)}.log", "wb") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, **options))

    def start_postgres(self):
        releases = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
        self.programs = max(releases, key=lambda path: int(path.parent.name))
        # Postgres refuses root.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        data = self.folder / "postgres"
        data.mkdir()
        if user:
            shutil.chown(data, "postgres", "postgres")
        options = ["-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8"]
        command = [self.programs / "initdb", "-D", data, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)
        self.postgres_port = free_port()
        settings = SETTINGS | {"port": str(self.postgres_port), "unix_socket_directories": str(data)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.start([self.programs / "postgres", "-D", data, *options], cwd="/", **user)
        deadline = time.monotonic() + 60
        while self.psql("select 1").returncode:
            if time.monotonic() > deadline:
                raise SystemExit(f"the private Postgres does not answer: {self.folder}/0.log")
            time.sleep(0.05)

    def psql(self, *statements):
        commands = [word for statement in statements for word in ("-c", statement)]
        return subprocess.run([self.programs / "psql", "-Xq", self.url("postgres"), *commands],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.postgres_port}/{database}"

    def environment(self, name, slots, build):
        """For an adapter: an empty database and Redis, and the step."""
        anew = ("drop database if exists peer with (force)", "create database peer", "checkpoint")
        self.psql(*anew).check_returncode()
        redis = f"redis://127.0.0.1:{self.redis_port}"
        subprocess.run(["redis-cli", "-u", redis, "flushall"], check=True, stdout=subprocess.DEVNULL)
        scratch = self.folder / f"{name}-{time.monotonic_ns()}"
        scratch.mkdir()
        return os.environ | {
            "PEER_DATABASE": self.url("peer"), "PEER_REDIS": redis, "PEER_SLOTS": str(slots),
            "PEER_FOLDER": str(scratch), "PEER_STEP": str(build / "floor/tiny"), "PEER_BUILD": str(build),
        }


def cpu_seconds():
    """User and system time of this process and all that descend from it, those that have ended too."""
    processes = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        processes[int(folder.name)] = (int(fields[1]), sum(map(int, fields[11:15])))

    def descends(process):
        while process in processes:
            if process == os.getpid():
                return True
            process = processes[process][0]
        return False

    ticks = sum(ticks for process, (_, ticks) in processes.items() if descends(process))
    return ticks / os.sysconf("SC_CLK_TCK")
