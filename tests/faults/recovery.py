"""From a fault to the end of its training: what has to hold, whatever the fault was."""

import re
import subprocess
import time

from training import COMMIT, STEPS_OF_EPOCH
from world import POLL

GONE = 10  # seconds until everything that was started has ended
LOST = COMMIT + 1  # seconds of work: an interval, and what it takes to come to a step, commit and agree
LEDGER = re.compile(r"^ledger: (\d+) steps took the rows of an undisturbed run$", re.MULTILINE)


def hurt(run, outcome):
    """A fault is injected: from now on it counts how long it takes."""
    outcome.faults += 1
    return Recovery(run, outcome)


class Recovery:
    def __init__(self, run, outcome):
        self.run, self.outcome = run, outcome
        self.at = time.monotonic()
        self.known = self.begun = run.steps_seen()
        self.resumes, self.failures = len(run.resumes()), len(run.failures())

    def was_noticed(self, seconds):
        """The launcher names what happened within so many seconds."""
        took = time_of(lambda: self.is_failed() or self.run.process.poll() is not None, 3 * seconds + 5, since=self.at)
        took = took if self.is_failed() else None
        self.known = self.begun = max(self.known, self.run.steps_seen())  # who was hit may have gone on until now
        if self.outcome.hold(self.run.world, "to be noticed", took, seconds):
            self.outcome.noticed.append(took)

    def is_failed(self):
        return len(self.run.failures()) > self.failures

    def wait_for_end(self, codes=None):
        """The command ends by itself, and nothing that it started lives on. False if it hangs."""
        code = self.run.end()
        if not self.outcome.check(code is not None, f"hangs, {self.run.steps_seen()} steps seen"):
            self.outcome.hangs += 1
            self.run.world.end_all()
            return False
        if codes is not None:
            self.outcome.check(code in codes, f"ends with {code}, not {codes}: {tail(self.run)}")
        orphans = self.run.world.orphans(GONE)
        self.outcome.orphans += len(orphans)
        self.outcome.check(not orphans, f"{[' '.join(one.command)[:80] for one in orphans]} live {GONE} s on")
        return True

    def resume(self, **how):
        """One command goes on with it, where the launcher does not do that by itself."""
        self.begun = self.run.steps_seen()
        self.run.start(resume=True, **how)

    def went_on(self, seconds=None):
        """Waits until it goes on from a commit or a checkpoint, or some steps on from where it was: notes how long that
        took, at most so many seconds, and what is done again."""
        run = self.run
        went = run.wait_for(lambda: len(run.resumes()) > self.resumes or run.process.poll() == 0
                            or run.steps_seen() > self.begun + STEPS_OF_EPOCH)
        took = time.monotonic() - self.at if went else None
        if seconds:
            self.outcome.hold(run.world, "to go on", took, seconds)
        if went:
            self.outcome.seconds.append(took)
        if len(run.resumes()) > self.resumes:
            self.outcome.lost.append(max(0, self.known - run.resumes()[-1]))

    def lost_at_most_an_interval(self):
        """Of commits, in work that was done again, where the launcher goes on by itself."""
        run = self.run
        if len(run.resumes()) > self.resumes:
            lost = run.seconds_since(run.resumes()[-1], until=self.at)
            self.outcome.lost_seconds.append(lost)
            self.outcome.hold(run.world, "the work that is lost", lost, LOST)

    def finish(self, digest=None, codes=(0,)):
        """The training ends as if nothing had happened, and leaves nothing."""
        run, outcome = self.run, self.outcome
        if not self.wait_for_end(codes):
            return False
        outcome.digests += 1
        same = run.digest() == (digest or run.bench.digest)
        outcome.equal += same
        outcome.check(same, f"the digest is {run.digest() or 'not there'}, undisturbed {run.bench.digest}: {tail(run)}")
        left = run.world.leftovers()
        outcome.leftovers += len(left)
        outcome.check(not left, f"leaves {left[:4]}")
        self.check_commits()
        return self.took_each_row_once() and same

    def check_commits(self):
        """No world begins from an older commit than the one before it, nor from disk where there was one."""
        newest = None
        for number, _, step in self.run.worlds():
            newest = newest if number > 1 else None  # another launch
            lost = step is None and "is lost with its hosts" in self.run.output()
            self.outcome.check(newest is None or lost or (step is not None and step >= newest),
                               f"world {number} begins from step {step}, after the commit of step {newest}")
            newest = step if lost else max(newest or 0, step or 0) or None

    def took_each_row_once(self):
        """The ledger: each step took the rows of the undisturbed run."""
        run = self.run
        said = subprocess.run([run.bench.tutti, "inspect", run.path], env=run.world.environment, capture_output=True,
                              text=True, errors="replace", timeout=600)
        found, steps = LEDGER.search(said.stdout), run.epochs * STEPS_OF_EPOCH
        return self.outcome.check(found and int(found[1]) == steps and said.returncode == 0,
                                  f"the ledger is not that of {steps} steps: {said.stdout[:99]}{said.stderr[:300]}")


def tail(run, characters=300):
    return " / ".join(run.output().splitlines()[-4:])[-characters:]


def time_of(condition, seconds, since=None):
    """Seconds until it held, from `since` on; None if it did not within so many."""
    begin = since or time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            return None
        time.sleep(POLL)
    return time.monotonic() - begin
