"""R1: SIGKILL of a random rank of four at a random instant, also while it starts; one in five again soon after.

R1f: the same under an MPI with fault tolerance, where those that are left go on in place and the world grows back."""

import signal
import time

from injector import Injector, needs_launch
from recovery import hurt, tail
from training import Run
from world import World, send

NOTICED, ON = 1, 10  # seconds


class KilledRanks(Injector):
    name, what = "R1", "SIGKILL of a random rank of 4 at a random instant, 20 % a second one"
    nightly, ci = 300, 2

    def missing(self, bench):
        return needs_launch(bench)

    def inject_one(self, bench, chance, outcome):
        before = outcome.faults
        with World() as world:
            run = Run(bench, world)
            again = chance.random() < 0.2
            run.start(environment=self.environment_of(bench))
            if not run.wait_for_instant(chance) or not run.wait_for(world.ranks):
                outcome.check(False, f"ended before it was hit: {tail(run)}")
                return
            worlds = len(run.worlds())
            recovery = kill_one(run, chance, outcome)
            recovery.was_noticed(NOTICED)
            if again and run.wait_for(lambda: len(run.worlds()) > worlds):  # while it recovers, or just has
                time.sleep(chance.uniform(0, 1))
                if run.wait_for(world.ranks):
                    recovery = kill_one(run, chance, outcome)
                    recovery.was_noticed(NOTICED)
            recovery.went_on(ON)
            if not again:
                recovery.lost_at_most_an_interval()
            outcome.recovered += (outcome.faults - before) * recovery.finish()

    def environment_of(self, bench):
        return {}


def kill_one(run, chance, outcome):
    ranks = run.world.ranks()
    victim = chance.choice(sorted(ranks))
    recovery = hurt(run, outcome)
    send([ranks[victim]], signal.SIGKILL)
    return recovery


class KilledInPlace(KilledRanks):
    name, what = "R1f", "the same, under an MPI with fault tolerance"
    nightly, ci = 300, 1

    def missing(self, bench):
        return super().missing(bench) or ("" if bench.tolerant else "needs --tolerant-mpi")

    def environment_of(self, bench):
        return bench.tolerant


INJECTORS = [KilledRanks(), KilledInPlace()]
