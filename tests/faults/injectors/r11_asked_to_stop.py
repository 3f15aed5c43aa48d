"""R11: SIGTERM to the ranks, as schedulers send it, also a second one while the state is saved."""

import signal
import time

from injector import Injector
from recovery import hurt, tail
from training import Run
from world import World, send

STOPPED = 10  # exit code
SECONDS = 20


class AskedToStop(Injector):
    name, what = "R11", "SIGTERM, a third of them twice during the save"
    nightly, ci = 100, 2

    def variant(self, number):
        return (number % 3 == 0,)

    @staticmethod
    def inject_one(bench, chance, outcome, twice):
        with World() as world:
            run = Run(bench, world, ranks=chance.choice((1, 2, 4)))
            run.start()
            epoch = chance.randrange(max(1, bench.epochs // 2))
            if not run.wait_for(lambda: run.epochs_done() >= epoch and world.ranks() and run.path.exists()
                                and "training on" in run.output()):
                outcome.check(False, f"ended before it was asked: {tail(run)}")
                return
            run.pause(chance.uniform(0, bench.epoch_seconds))
            asked = [run.process.pid] if bench.launches else list(world.ranks().values())
            send(asked, signal.SIGTERM)
            recovery = hurt(run, outcome)
            if twice:
                time.sleep(chance.uniform(0, 0.3))
                send(asked, signal.SIGTERM)
            # A second signal may come before the state is saved: then the process ends by it, and the
            # checkpoint before serves. Where training was all but done it may end well.
            codes = None if twice else (STOPPED, 0)
            if not recovery.wait_for_end(codes):
                return
            took = time.monotonic() - recovery.at
            outcome.hold(world, "to stop", took, SECONDS)
            if not twice and run.process.returncode == STOPPED:
                outcome.check("--resume goes on from it" in run.output(), f"does not say what to do: {tail(run)}")
            recovery.resume(ranks=chance.choice((1, 2, 4)))
            recovery.went_on()
            outcome.recovered += recovery.finish()


INJECTORS = [AskedToStop()]
