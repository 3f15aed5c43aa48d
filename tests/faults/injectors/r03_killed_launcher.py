"""R3: SIGKILL of tutti launch: nothing that it started outlives the lease, and one command goes on."""

import random
import signal

from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail
from training import Run
from world import World, send


class KilledLauncher(Injector):
    name, what = "R3", "SIGKILL of the launcher"
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
            recovery.resume()
            recovery.went_on()
            outcome.recovered += recovery.finish()


INJECTOR = KilledLauncher()
