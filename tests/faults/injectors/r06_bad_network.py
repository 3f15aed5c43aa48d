"""R6: a network of 1 to 10 Mbit, or on which all is under way for long, and connections to the launcher that are reset:
nobody is evicted for it, and steps stay steady."""

import time

from hosts import Hosts, may_be_made
from injector import Injector, needs_launch
from recovery import hurt, tail
from training import Run
from world import POLL, World

# Its gradients fit a slow network.
SMALL = ["model.1.units=4", "model.2.units=4", "model.3.units=4"]
NARROW_EPOCHS, SLOW_EPOCHS = 8, 1
DELAY = 0.1  # seconds under way: 200 ms there and back
RESET = 1  # seconds between resets
STILL = 5  # seconds without a step, at most


class BadNetwork(Injector):
    name, what = "R6", "1 to 10 Mbit or 200 ms there and back, connections to the launcher reset all the time"
    nightly, ci, waits = 200, 2, True

    def missing(self, bench):
        return needs_launch(bench) or ("" if may_be_made() else "needs root, for network namespaces")

    def variant(self, number):
        return (number % 2 == 0,)

    @staticmethod
    def inject_one(bench, chance, outcome, slow):
        epochs = SLOW_EPOCHS if slow else NARROW_EPOCHS
        with World() as world:
            alone = Run(bench, world, name="alone", ranks=1, settings=SMALL, epochs=epochs)
            alone.start(launch=False)
            if not outcome.check(alone.end() == 0, f"the undisturbed training fails: {tail(alone)}"):
                return
            hosts = Hosts(world, 2, delay=DELAY if slow else 0)
            run = Run(bench, world, ranks=2, settings=SMALL, epochs=epochs)
            run.options = hosts.options(1)
            for name in hosts.names if not slow else ():
                hosts.narrow(name, chance.uniform(1, 10))
            run.start()
            recovery = hurt(run, outcome)
            while run.process.poll() is None and not run.is_stuck():
                next_reset = time.monotonic() + chance.uniform(0.5, 1.5) * RESET
                while time.monotonic() < next_reset and run.process.poll() is None and not run.is_stuck():
                    time.sleep(POLL)
                hosts.reset(chance.choice(hosts.names), hosts.launcher_ports())
            outcome.check(not run.resumes() and not run.failures(), f"somebody is evicted: {tail(run)}")
            outcome.hold(world, "a step", longest_pause(run), STILL)
            outcome.recovered += recovery.finish(digest=alone.digest())


def longest_pause(run):
    """Seconds between two of its steps, from the first on."""
    steps = [at for at, done in run.track if done > 0]
    return max((after - before for before, after in zip(steps, steps[1:])), default=0.0)


INJECTORS = [BadNetwork()]
