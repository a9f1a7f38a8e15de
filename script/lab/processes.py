"""A folder for a run and the processes in it, which never outlive it. Each is ended by its own pid."""

import atexit
import contextlib
import functools
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# Who runs what refuses to run as root; anybody else runs it as themselves.
SERVICE_USER = "postgres" if os.geteuid() == 0 else None

# How nice a session is that has the cores almost to itself, and one that has little of them (autogroup, in sched(7)).
FIRST, LAST = -15, 19
# Where cgroups for the processor are, old and new.
CGROUPS = (pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup"))

# What a run says that was ended from outside.
TOLD_TO_STOP = "told to stop"

given_ports = set()


class Lab(contextlib.ExitStack):
    """What a run starts, ended in reverse order when it ends; its folder stays, and is named, if that was badly."""

    def __init__(self, name):
        super().__init__()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ferrodesk-{name}-"))
        # The service user has a folder of its own below.
        self.folder.chmod(0o711)
        # So that children are ended too when this is told to stop.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TOLD_TO_STOP))

    def start(self, service):
        """Starts what has start() and stop(), and stops it in the end."""
        self.callback(service.stop)
        service.start()
        return service

    def __exit__(self, kind, problem, trace):
        try:
            super().__exit__(kind, problem, trace)
        finally:
            if kind is None or (kind is SystemExit and problem.code in (None, 0)):
                shutil.rmtree(self.folder)
            else:
                print(f"data and logs are in {self.folder}", file=sys.stderr)


class Child:
    """A process, its output in a log. One on its `own_machine` is what is tested, or who measures it: it is given the
    cores before databases and clients, which elsewhere would have machines of their own."""

    def __init__(self, command, log, user=None, env=None, death="KILL", own_machine=False):
        self.log = pathlib.Path(log)
        # The parent's end is the child's end, even if the parent was killed. setpriv becomes the command, with the same
        # pid; and it sets the signal after the user, because changing the user would unset it.
        wrapper = ["setpriv", "--pdeathsig", death]
        if user:
            wrapper += ["--reuid", user, "--regid", user, "--init-groups"]
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [*wrapper, "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                # A Ctrl-C is for the parent, which ends its children in order.
                start_new_session=True,
            )
        self.pid = self.process.pid
        if own_machine:
            share_cores(self.pid, FIRST)

    def running(self):
        return self.process.poll() is None

    def end(self, with_signal=signal.SIGTERM, patience=30):
        """Ends it, by force if it does not want to, and waits until it is gone."""
        if self.running():
            self.process.send_signal(with_signal)
            # A stopped process would not hear it.
            self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        if self.running():
            self.process.kill()
        self.process.wait()

    def until(self, ready, what, patience=60, pause=0.01):
        """Waits until `ready()`; a process that ends before, or takes too long, ends the run."""
        deadline = time.monotonic() + patience
        while not ready():
            if not self.running() or time.monotonic() > deadline:
                self.kill()
                sys.exit(f"{what} does not start; the end of {self.log}:\n{tail(self.log)}")
            time.sleep(pause)


def share_cores(pid, nice):
    """Makes a session `nice`, whose first process is `pid`: the kernel shares the cores out by session, of which each process
    of PostgreSQL is one. Only root may."""
    session = pathlib.Path(f"/proc/{pid}/autogroup")
    if os.geteuid() == 0 and session.exists():
        session.write_text(str(nice))


def leave_cores(pid):
    """Lets a process, and what it starts, have of the cores what others leave. A nice session is not enough: it keeps a core for
    milliseconds once it has it, and whoever is measured waits for that."""
    group = idle_group()
    if group:
        (group / "cgroup.procs").write_text(str(pid))
    else:
        share_cores(pid, LAST)


@functools.cache
def idle_group():
    """A cgroup whose processes give way at once, as long as this program runs; nothing where none can be made."""
    for root in CGROUPS:
        group = root / f"ferrodesk-{os.getpid()}"
        # Anybody may make folders where no cgroups are.
        if not (root / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
            atexit.register(group.rmdir)
            (group / "cpu.idle").write_text("1")
            return group
        except OSError:
            continue
    return None


def tail(log, lines=15):
    return "\n".join(pathlib.Path(log).read_text(errors="replace").splitlines()[-lines:])


def free_port():
    """A port that nobody listens on, outside the range that outgoing connections are given theirs from: one of them
    could take it while its server is away, and a client that keeps trying could even be connected to itself."""
    lowest_outgoing = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, lowest_outgoing)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in given_ports:
                given_ports.add(port)
                return port


def accepts(port):
    """Whether anybody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def own_folder(folder, user=SERVICE_USER):
    """Makes a folder that is a user's own."""
    folder = pathlib.Path(folder)
    folder.mkdir(mode=0o700, parents=True)
    if user:
        shutil.chown(folder, user, user)
    return folder


def run(command, user=None, env=None):
    """The output of a command that must succeed."""
    command = list(map(str, command))
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        # Root's own folder may be closed to the user.
        cwd="/",
        **({"user": user, "group": user, "extra_groups": []} if user else {}),
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
    return done.stdout
