"""R13: tutti resize up and down, and kills between: the ledger shows each row once per epoch, in the order of an
undisturbed run, and the digest is that run's."""

import signal
import subprocess
import time

from injector import Injector, needs_launch
from recovery import hurt, tail
from training import Run
from world import World, send

MOST = 4  # ranks
NOTICED, ON, RESIZED = 1, 10, 10  # seconds


class Resizes(Injector):
    name, what = "R13", "two resizes between 1 and 4 ranks, and a kill"
    nightly, ci = 100, 1

    def missing(self, bench):
        return needs_launch(bench)

    @staticmethod
    def inject_one(bench, chance, outcome):
        before = outcome.faults
        with World() as world:
            run = Run(bench, world, ranks=chance.randint(1, MOST))
            run.options = ["--max-ranks", MOST]
            run.start()
            recovery = None
            for part, what in enumerate(chance.sample(("resize", "resize", "kill"), 3)):
                epoch = 1 + part * bench.epochs // 4
                if not run.wait_for(lambda: run.epochs_done() >= epoch):
                    outcome.check(False, f"ended before it was hit: {tail(run)}")
                    return
                if run.epochs_done() > 3 * bench.epochs // 4:
                    break  # too late to ask: it may end before the answer
                recovery = hurt(run, outcome)
                if what == "kill" and run.wait_for(world.ranks):
                    send([chance.choice(sorted(world.ranks().values()))], signal.SIGKILL)
                    recovery.was_noticed(NOTICED)
                    recovery.went_on(ON)
                elif what == "resize":
                    resize(run, chance.randint(1, MOST), outcome)
            outcome.recovered += (outcome.faults - before) * recovery.finish()


def resize(run, ranks, outcome):
    """Asks for so many ranks, and waits until they train."""
    begin = time.monotonic()
    asked = subprocess.run([run.bench.tutti, "resize", run.path, "-n", str(ranks)], env=run.world.environment,
                           capture_output=True, text=True, timeout=60)
    outcome.check(asked.returncode == 0, f"tutti resize: {asked.stdout}{asked.stderr}")
    run.wait_for(lambda: run.worlds()[-1][1] == ranks and len(run.world.ranks()) == ranks)
    if run.process.poll() is None:  # it may have ended before the next commit
        outcome.hold(run.world, f"to be {ranks} ranks", time.monotonic() - begin, RESIZED)


INJECTORS = [Resizes()]
