"""R4: SIGSTOP of a rank or of its supervisor: for 2 s nobody is evicted, for 30 s it is, and what wakes is fenced."""

import random
import signal
import time

from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail, time_of
from training import Run
from world import World, send

SHORT, LONG = 2, 30
EVICTED = 7  # seconds


class StoppedRanks(Injector):
    name, what = "R4", "SIGSTOP of a rank or its supervisor, half for 2 s, half for 30 s"
    nightly, ci = 100, 2

    def missing(self, bench):
        return needs_launch(bench)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            chance = random.Random(number)
            (stop_short if number % 2 else stop_long)(bench, chance, outcome)
        return outcome


def stop_one(run, chance):
    """The process that is stopped, or None if training ended before."""
    if not run.wait_for(lambda: run.epochs_done() >= 1 + chance.randrange(max(1, run.bench.epochs // 3))):
        return None
    ranks = [process for process in run.world.processes() if process.is_rank()]
    supervisors = [process for process in run.world.processes() if process.command[1:2] == ["supervise"]]
    victim = chance.choice(chance.choice([ranks, supervisors or ranks]))
    send([victim.pid], signal.SIGSTOP)
    return victim


def stop_short(bench, chance, outcome):
    with World() as world:
        run = Run(bench, world)
        run.start()
        victim = stop_one(run, chance)
        if not outcome.check(victim, f"ended before it was hit: {tail(run)}"):
            return
        before = set(world.ranks().values())
        recovery = hurt(run, outcome)
        time.sleep(SHORT)
        send([victim.pid], signal.SIGCONT)
        recovery.went_on()
        outcome.check(before == set(world.ranks().values()) or run.process.poll() is not None,
                      f"a stop of {SHORT} s costs a rank: {tail(run)}")
        outcome.recovered += recovery.finish()


def stop_long(bench, chance, outcome):
    with World() as world:
        run = Run(bench, world)
        run.start()
        victim = stop_one(run, chance)
        if not outcome.check(victim, f"ended before it was hit: {tail(run)}"):
            return
        recovery = hurt(run, outcome)

        def is_evicted():
            living = {process.pid for process in world.processes()}
            ranks_of_it = {victim.pid} if victim.is_rank() else {
                process.pid for process in world.processes() if process.is_rank() and process.rank() == victim.rank()}
            return not ranks_of_it & living

        took = time_of(is_evicted, EVICTED * bench.slowness + 2)
        outcome.check(took is not None and took <= EVICTED * bench.slowness, f"is not evicted within {EVICTED} s: {took}")
        recovery.went_on()
        time.sleep(max(0, LONG - (time.monotonic() - recovery.at)))
        send([victim.pid], signal.SIGCONT)
        outcome.recovered += recovery.finish()


INJECTOR = StoppedRanks()
