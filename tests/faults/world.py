"""The processes of one trial: started with a mark in their environment, found by it, ended by their ids."""

import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from machine import Machine

MARK = "TUTTI_FAULTS_WORLD"
PRIVATE = "TUTTI_FAULTS_PRIVATE"  # set where processes and /dev/shm are shared with nobody
SHARED_MEMORY = pathlib.Path("/dev/shm")
OPEN_MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1"}
POLL = 0.02
NOTED = 0.2  # seconds between two looks at what processes make
SHARED = re.compile(r" /dev/shm/([^/\n]+)")


class Process:
    """One that lives, as /proc tells of it."""

    def __init__(self, pid):
        entry = pathlib.Path("/proc") / str(pid)
        self.pid = pid
        self.name = (entry / "comm").read_text().strip()
        pairs = (one.partition(b"=") for one in (entry / "environ").read_bytes().split(b"\0"))
        self.environment = {name.decode(errors="replace"): value.decode(errors="replace") for name, _, value in pairs}
        self.command = [word.decode(errors="replace") for word in (entry / "cmdline").read_bytes().split(b"\0")[:-1]]

    def is_tutti(self):
        """A launcher, a supervisor, a rank; not what watches over memory and processes that they leave."""
        return pathlib.Path(self.command[0]).name == "tutti" and self.name == "tutti"

    def is_rank(self):
        return self.is_tutti() and self.command[1:2] == ["train"]

    def is_supervisor(self):
        return self.is_tutti() and self.command[1:2] == ["supervise"]

    def rank(self):
        return int(self.environment.get("PMIX_RANK", 0))

    def shared_memory(self):
        """Names of what it has mapped there, and where its job commits to."""
        try:
            names = set(SHARED.findall(pathlib.Path("/proc", str(self.pid), "maps").read_text()))
        except OSError:
            names = set()
        if self.is_supervisor():
            names.add(f"tutti-{self.command[self.command.index('--job') + 1]}")
        return names


def wait_until(true, seconds):
    """Whether it became so within the time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def bury():
    """Who was orphaned is the first process's of its namespace to bury, which this may be."""
    if os.getpid() == 1:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


class World:
    """A temporary folder and all that was started in it; nothing of both is left at the end."""

    kept_logs = None  # a folder where what was said is kept

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tutti-faults-"))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.mark = secrets.token_hex(8)
        self.shared_before, self.made, self.noted_at = set(os.listdir(SHARED_MEMORY)), set(), 0.0
        self.environment = {**os.environ, **OPEN_MPI, MARK: self.mark, "TMPDIR": str(self.temporary)}
        self.started = []
        self.cleaners = []  # called at the end
        self.cleaned_by = None  # called before it is looked at what is left
        self.machine = Machine(lambda: [process.pid for process in self.processes()])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_all()
        for clean in reversed(self.cleaners):
            clean()
        for name in self.new_shared_memory():
            path = SHARED_MEMORY / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if self.kept_logs:
            self.kept_logs.mkdir(parents=True, exist_ok=True)
            for log in self.folder.glob("*.log"):
                shutil.copy(log, self.kept_logs)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command, log, environment=None):
        with open(log, "ab") as out:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True,
                                       env={**self.environment, **(environment or {})})
        self.started.append(process)
        return process

    def processes(self):
        """Those with the mark; who is dead and not yet buried has no environment any more."""
        needle = f"{MARK}={self.mark}".encode()
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                if needle in pathlib.Path("/proc", entry, "environ").read_bytes().split(b"\0"):
                    found.append(Process(int(entry)))
            except OSError:
                continue
        found = [process for process in found if process.command]
        if not os.environ.get(PRIVATE) and time.monotonic() > self.noted_at + NOTED:
            self.noted_at = time.monotonic()
            self.made.update(*(process.shared_memory() for process in found))
        return found

    def ranks(self):
        """{rank: pid} of the ranks that live."""
        return {process.rank(): process.pid for process in self.processes() if process.is_rank()}

    def orphans(self, seconds):
        """What still lives so many seconds after all should have ended; it is ended here."""
        wait_until(lambda: not self.processes(), seconds)
        left = self.processes()
        self.end_all()
        return left

    def end_all(self):
        for _ in range(100):
            living = [process.pid for process in self.processes()]
            if not living:
                break
            send(living, signal.SIGKILL)
            time.sleep(POLL)
        for process in self.started:
            process.wait()
        bury()

    def new_shared_memory(self):
        """What came since its beginning: where others make names too, those that its processes are known to have."""
        new = set(os.listdir(SHARED_MEMORY)) - self.shared_before
        return new if os.environ.get(PRIVATE) else new & self.made

    def leftovers(self):
        """Names that are left in shared memory and in the folder for temporary files."""
        if self.cleaned_by:
            self.cleaned_by()
        return [f"/dev/shm/{name}" for name in sorted(self.new_shared_memory())] + sorted(
            str(path.relative_to(self.folder)) for path in self.temporary.iterdir())
