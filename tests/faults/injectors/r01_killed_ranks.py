"""R1: SIGKILL of a random rank of four at a random instant, also while it starts; one in five again soon after."""

import random
import signal
import time

from injector import Injector, Outcome
from recovery import hurt
from training import Run
from world import World, send


class KilledRanks(Injector):
    name, what = "R1", "SIGKILL of a random rank of 4 at a random instant, 20 % a second one"
    nightly, ci = 300, 2

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            self.inject_one(bench, random.Random(number), outcome)
        return outcome

    @staticmethod
    def inject_one(bench, chance, outcome):
        before = outcome.faults
        with World() as world:
            run = Run(bench, world)
            again = chance.random() < 0.2
            run.start()
            if not run.wait_for_instant(chance) or not run.wait_for(world.ranks):
                outcome.check(False, f"ended before it was hit: {run.output()[-300:]}")
                return
            recovery = kill_one(run, chance, outcome)
            if again:
                if not bench.launches:
                    if not recovery.wait_for_end():
                        return
                    recovery.resume()
                time.sleep(chance.uniform(0.2, 2.0))
                if run.process.poll() is None and run.wait_for(world.ranks):
                    recovery = kill_one(run, chance, outcome)
            if not bench.launches:
                if not recovery.wait_for_end():
                    return
                recovery.resume()
            recovery.went_on()
            outcome.recovered += (outcome.faults - before) * recovery.finish()


def kill_one(run, chance, outcome):
    ranks = run.world.ranks()
    victim = chance.choice(sorted(ranks))
    send([ranks[victim]], signal.SIGKILL)
    return hurt(run, outcome)


INJECTOR = KilledRanks()
