"""R4: SIGSTOP of a rank or of its supervisor: for 2 s nobody is evicted, for longer it is, and what wakes is fenced.

It wakes after 30 s, or when the others have gone on and trained a little: then it finds a world that is not its own."""

import math
import random
import signal
import time

from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail, time_of
from training import STEPS_OF_EPOCH, Run
from world import Process, World, send

SHORT, LONG = 2, 30  # seconds
EVICTED, DEAD, ON, FENCED = 7, 8, 15, 2


class StoppedRanks(Injector):
    name, what = "R4", "SIGSTOP of a rank or its supervisor, half for 2 s, half for 30 s or until others have gone on"
    nightly, ci, waits = 100, 2, True

    def missing(self, bench):
        return needs_launch(bench)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            chance = random.Random(number)
            if number % 2:
                stop_short(bench, chance, outcome)
            else:
                stop_long(bench, chance, outcome, wakes_early=number % 4 == 2, supervisor=number % 8 in (0, 6))
        return outcome


def stop_one(run, chance, supervisor):
    """The process that is stopped, or None if training ended before."""
    if not run.wait_for(lambda: run.epochs_done() >= 1 + chance.randrange(max(1, run.bench.epochs // 3))):
        return None
    is_victim = Process.is_supervisor if supervisor else Process.is_rank
    victim = chance.choice([process for process in run.world.processes() if is_victim(process)])
    send([victim.pid], signal.SIGSTOP)
    return victim


def stop_short(bench, chance, outcome):
    with World() as world:
        run = Run(bench, world)
        run.start()
        victim = stop_one(run, chance, supervisor=chance.random() < 0.5)
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


def stop_long(bench, chance, outcome, wakes_early, supervisor):
    # While a supervisor is stopped its rank trains on, until its lease is over.
    epochs = math.ceil(2 * EVICTED / bench.epoch_seconds) if supervisor else bench.epochs
    digest = bench.digest_after(epochs) if supervisor else bench.digest
    with World() as world:
        run = Run(bench, world, epochs=epochs)
        run.start()
        victim = stop_one(run, chance, supervisor)
        if not outcome.check(victim, f"ended before it was hit: {tail(run)}"):
            return
        recovery = hurt(run, outcome)

        def is_evicted():
            living = {process.pid for process in world.processes()}
            ranks_of_it = {victim.pid} if victim.is_rank() else {
                process.pid for process in world.processes() if process.is_rank() and process.rank() == victim.rank()}
            return not ranks_of_it & living

        recovery.was_noticed(EVICTED)
        outcome.hold(world, "its rank to die", time_of(is_evicted, 3 * EVICTED, since=recovery.at), DEAD)
        recovery.went_on(ON)
        if wakes_early:
            steps = run.steps_seen()
            run.wait_for(lambda: run.steps_seen() >= steps + 2 * STEPS_OF_EPOCH)
        else:
            time.sleep(max(0, LONG - (time.monotonic() - recovery.at)))
        send([victim.pid], signal.SIGCONT)
        took = time_of(lambda: victim.pid not in [process.pid for process in world.processes()], 3 * FENCED)
        outcome.hold(world, "what wakes to end", took, FENCED)
        outcome.recovered += recovery.finish(digest)


INJECTORS = [StoppedRanks()]
