"""R3: SIGKILL of tutti launch: nothing that it started outlives the lease, and one command goes on.

What was committed to memory has a lease of its own, in which a world could be started again: in one of three it is
waited for."""

import signal

from injector import Injector, needs_launch
from recovery import hurt, tail, time_of
from training import Run
from world import World, send


COMMITS_GONE = 35  # seconds


class KilledLauncher(Injector):
    name, what = "R3", "SIGKILL of the launcher"
    nightly, ci, waits = 100, 1, True

    def missing(self, bench):
        return needs_launch(bench)

    def variant(self, number):
        return (number,)

    @staticmethod
    def inject_one(bench, chance, outcome, number):
        with World() as world:
            run = Run(bench, world)
            run.start()
            if not run.wait_for_instant(chance):
                outcome.check(False, f"ended before it was hit: {tail(run)}")
                return
            send([run.process.pid], signal.SIGKILL)
            recovery = hurt(run, outcome)
            if not recovery.wait_for_end():
                return
            if number % 3 == 0:
                took = time_of(lambda: not world.new_shared_memory(), 2 * COMMITS_GONE, since=recovery.at)
                outcome.hold(world, "what was committed to go", took, COMMITS_GONE)
            recovery.resume()
            recovery.went_on()
            outcome.recovered += recovery.finish()


INJECTORS = [KilledLauncher()]
