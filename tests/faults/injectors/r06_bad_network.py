"""R6: a network of 1 to 10 Mbit, and connections to the launcher that are reset: nobody is evicted for it."""

import random
import time

from hosts import Hosts, may_be_made
from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail
from training import Run
from world import POLL, World

# Its gradients fit a slow network, and its epochs a test.
SMALL = ["model.1.units=8", "model.2.units=8", "model.3.units=8", "fit.epochs=12"]


class BadNetwork(Injector):
    name, what = "R6", "1 to 10 Mbit, connections to the launcher reset every second"
    nightly, ci = 200, 1

    def missing(self, bench):
        return needs_launch(bench) or ("" if may_be_made() else "needs root, for network namespaces")

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            self.inject_one(bench, random.Random(number), outcome)
        return outcome

    @staticmethod
    def inject_one(bench, chance, outcome):
        with World() as world:
            alone = Run(bench, world, name="alone", ranks=1, settings=SMALL)
            alone.start(launch=False)
            if not outcome.check(alone.end() == 0, f"the undisturbed training fails: {tail(alone)}"):
                return
            hosts = Hosts(world, 2)
            run = Run(bench, world, ranks=2, settings=SMALL)
            run.options = hosts.options(1)
            for name in hosts.names:
                hosts.narrow(name, chance.uniform(1, 10))
            run.start()
            recovery = hurt(run, outcome)
            ranks = {}
            while run.process.poll() is None and not run.is_stuck():
                ranks = ranks or (world.ranks() if run.epochs_done() > 0 else {})
                next_reset = time.monotonic() + chance.uniform(0.5, 1.5)
                while time.monotonic() < next_reset and run.process.poll() is None:
                    time.sleep(POLL)
                hosts.reset(chance.choice(hosts.names), hosts.launcher_ports())
            outcome.check(not run.resumes(), f"somebody is evicted: {tail(run)}")
            outcome.recovered += recovery.finish(digest=alone.digest())


INJECTOR = BadNetwork()
