"""From a fault to the end of its training: what has to hold, whatever the fault was."""

import time

from world import POLL

GONE = 10  # seconds until everything that was started has ended


def hurt(run, outcome):
    """A fault is injected: from now on it counts how long it takes."""
    outcome.faults += 1
    return Recovery(run, outcome)


class Recovery:
    def __init__(self, run, outcome):
        self.run, self.outcome = run, outcome
        self.at = time.monotonic()
        self.known = self.begun = run.steps_seen()
        self.resumes = len(run.resumes())

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

    def went_on(self):
        """Waits for the first step after the fault: notes how long that took, and how many steps are done again."""
        run = self.run
        if not run.wait_for(lambda: len(run.resumes()) > self.resumes or run.steps_seen() > self.begun):
            return
        self.outcome.seconds.append(time.monotonic() - self.at)
        if len(run.resumes()) > self.resumes:
            self.outcome.lost.append(max(0, self.known - run.resumes()[-1]))

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
        return same


def tail(run, characters=300):
    return " / ".join(run.output().splitlines()[-4:])[-characters:]


def time_of(condition, seconds):
    """Seconds until it held; None if it did not within so many."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            return None
        time.sleep(POLL)
    return time.monotonic() - begin
