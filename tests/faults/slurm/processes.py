"""The processes that this one has started, and theirs: found by descent, buried, and ended, whatever happens to it."""

import ctypes
import os
import pathlib
import signal
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end_with_parent(number=signal.SIGKILL):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def become_reaper():
    """Orphans of what is started come back to this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap():
    """Buries orphans: Slurm waits until nothing is left of a job."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def parents():
    """{process id: its parent's}, of all that this machine shows."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it has ended
            state, parent = stat.rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def descendants():
    """Of this process. Orphans among them come back to it, where it is their reaper."""
    tree, found = parents(), {os.getpid()}
    while True:
        more = {pid for pid, parent in tree.items() if parent in found} - found
        if not more:
            return found - {os.getpid()}
        found |= more


def end_descendants():
    """By SIGTERM, and after 10 s by SIGKILL."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        end = time.monotonic() + seconds
        while time.monotonic() < end and (left := descendants()):
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            time.sleep(0.3)
            reap()


def guarded(work):
    """The exit code of work(), which runs in a process of its own: what it leaves is ended, also when it is killed or
    interrupted twice. It outlives this one only to end what it started."""
    become_reaper()
    sys.stdout.flush()
    worker = os.fork()
    if worker == 0:
        os.setsid()
        end_with_parent(signal.SIGTERM)
        sys.exit(work())
    for number in ASKING:
        signal.signal(number, lambda number, _: os.kill(worker, number))
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    for number in ASKING:
        signal.signal(number, signal.SIG_IGN)
    end_descendants()
    return code if code >= 0 else 128 - code
