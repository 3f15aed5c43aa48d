"""R13: tutti resize up and down, and kills between: each sample once per epoch, and the bits of an undisturbed run."""

import random
import signal
import subprocess

from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail
from training import STEPS_OF_EPOCH, Run
from world import World, send

MOST = 4  # ranks


class Resizes(Injector):
    name, what = "R13", "two resizes between 1 and 4 ranks, and a kill"
    nightly, ci = 100, 1

    def missing(self, bench):
        return needs_launch(bench)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            self.inject_one(bench, random.Random(number), outcome)
        return outcome

    @staticmethod
    def inject_one(bench, chance, outcome):
        before = outcome.faults
        with World() as world:
            run = Run(bench, world, ranks=chance.randint(1, MOST))
            run.options = ["--max-ranks", MOST]
            run.settings.append("data.ledger=true")
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
                    recovery.went_on()
                elif what == "resize":
                    asked = subprocess.run([bench.tutti, "resize", run.path, "-n", str(chance.randint(1, MOST))],
                                           env=world.environment, capture_output=True, text=True, timeout=60)
                    outcome.check(asked.returncode == 0, f"tutti resize: {asked.stdout}{asked.stderr}")
            if not recovery.finish():
                return
            said = subprocess.run([bench.tutti, "inspect", run.path], env=world.environment, capture_output=True,
                                  text=True, timeout=60)
            ledger = f"ledger: {bench.epochs * STEPS_OF_EPOCH} steps"
            whole = outcome.check(ledger in said.stdout, f"tutti inspect: no '{ledger}': {said.stdout}{said.stderr}")
            outcome.recovered += (outcome.faults - before) * whole


INJECTOR = Resizes()
