"""R5: the link of a host goes down, half of the time for 2 s only: who is cut off dies, the others go on, one side commits."""

import time

from hosts import Hosts, may_be_made
from injector import Injector, needs_launch
from recovery import hurt, tail, time_of
from training import Run
from world import World

HEALED, NOTICED, DEAD, ON = 2, 7, 15, 20  # seconds


class CutLinks(Injector):
    name, what = "R5", "the link of one of three hosts down, half of them up again after 2 s"
    nightly, ci, waits = 100, 1, True

    def missing(self, bench):
        return needs_launch(bench) or ("" if may_be_made() else "needs root, for network namespaces")

    def variant(self, number):
        return (number,)

    @staticmethod
    def inject_one(bench, chance, outcome, number):
        heals = number % 2 == 0
        with World() as world:
            hosts = Hosts(world, 3)
            run = Run(bench, world, ranks=3)
            run.options = hosts.options(1)
            run.start()
            # One in ten while it starts.
            epoch = 0 if number % 10 == 9 else 1 + chance.randrange(bench.epochs // 2)
            if not run.wait_for(lambda: run.epochs_done() >= epoch) or not run.pause(chance.uniform(0, bench.epoch_seconds)):
                outcome.check(False, f"ended before it was hit: {tail(run)}")
                return
            victim = chance.choice(hosts.names)
            hosts.cut(victim)
            recovery = hurt(run, outcome)
            if heals:
                time.sleep(HEALED)
                hosts.heal(victim)
            else:
                recovery.was_noticed(NOTICED)
                took = time_of(lambda: not hosts.processes(victim), 3 * DEAD, since=recovery.at)
                outcome.hold(world, "what is cut off to die", took, DEAD)
            recovery.went_on(ON)
            # Who is dead commits nothing any more.
            two = not heals and [process for process in hosts.processes(victim) if process.is_rank()]
            outcome.check(not two, f"the others go on while ranks that are cut off live: {tail(run)}")
            outcome.recovered += recovery.finish()


INJECTORS = [CutLinks()]
