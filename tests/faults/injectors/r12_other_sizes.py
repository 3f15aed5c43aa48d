"""R12: death at a random step, on 1, 2 or 4 ranks, and going on on 1, 2 or 4: parameters, optimizer and place."""

from injector import Injector
from recovery import hurt, tail
from training import Run
from world import World

SIZES = (1, 2, 4)


class OtherSizes(Injector):
    name, what = "R12", "death at a random step, resumed on W = 1, 2, 4: parameters, optimizer, position"
    nightly, ci = 150, 2

    def variant(self, number):
        return (SIZES[number % len(SIZES)],)

    @staticmethod
    def inject_one(bench, chance, outcome, size):
        with World() as world:
            run = Run(bench, world, ranks=chance.choice(SIZES))
            mark = world.folder / "reached"
            run.start(launch=False, environment={"TUTTI_FAULT_AT": f"train/step_run:{chance.randint(1, bench.steps)}",
                                                 "TUTTI_FAULT_ONCE": str(mark)})
            run.wait_for(mark.exists)
            recovery = hurt(run, outcome)
            if not outcome.check(mark.exists(), f"the step is not reached: {tail(run)}"):
                return
            if not recovery.wait_for_end():
                return
            recovery.resume(ranks=size, launch=False)
            recovery.went_on()
            if not recovery.finish():
                return
            expected, found = bench.state(size), run.state()
            others = [name for name in {*expected, *found} if expected.get(name) != found.get(name)]
            outcome.recovered += outcome.check(not others, f"the last checkpoint differs from an undisturbed run's on "
                                                           f"{size} ranks in {others}")


INJECTORS = [OtherSizes()]
