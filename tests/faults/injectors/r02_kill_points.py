"""R2: death at each named point of the sources (core/base/fault_point.h), at a count drawn by the seed."""

import random
import re
import signal

from injector import Injector, Outcome
from recovery import hurt
from training import INTERVAL, Run
from world import World, send

LAUNCHED = ("commit", "world")  # where only ranks of tutti launch come
POINT = re.compile(r'^\s+fault_point\("([a-z_]+/[a-z_]+)"\);', re.MULTILINE)


def kill_points(root):
    """Their names, in order."""
    found = []
    for folder in ("core", "distributed", "io", "launch"):
        for path in sorted((root / folder).rglob("*.cpp")):
            found += POINT.findall(path.read_text())
    twice = {name for name in found if found.count(name) > 1}
    assert not twice, f"two points of one name: {twice}"
    return found


class KillPoints(Injector):
    name, what = "R2", "death at each named point"


    def __init__(self, root):
        self.points = [point for point in kill_points(root) if point.split("/")[0] not in LAUNCHED]
        self.nightly, self.ci, self.tenth = 3 * len(self.points), 6, len(self.points)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            # Successive seeds go through all points.
            self.inject_one(bench, self.points[number % len(self.points)], random.Random(number), outcome)
        return outcome

    def inject_one(self, bench, point, chance, outcome):
        kind, _ = point.split("/")
        steps = bench.steps
        count = {"train": chance.randint(1, bench.epochs), "checkpoint": chance.randint(1, max(1, steps // INTERVAL // 4)),
                 "collective": chance.randint(1, steps)}.get(kind, 1)
        if point in ("train/step_run", "train/rows_read"):
            count = chance.randint(1, steps)
        with World() as world:
            run = Run(bench, world, ranks=chance.choice((1, 2, 3)) if kind != "collective" else 3)
            mark = world.folder / "reached"
            fault = {"TUTTI_FAULT_AT": f"{point}:{count}", "TUTTI_FAULT_ONCE": str(mark)}
            resumed = kind == "resume"
            run.start(environment={} if resumed else fault, launch=False)
            if kind in ("resume", "stop"):
                if not run.wait_for(lambda: len(run.checkpoints()) > 0):
                    outcome.check(False, f"{point}: no checkpoint: {run.output()[-300:]}")
                    return
                send(world.ranks().values(), signal.SIGKILL if resumed else signal.SIGTERM)
                if resumed:
                    if run.end() is None:
                        outcome.check(False, f"{point}: hangs after a kill")
                        return
                    run.start(resume=True, environment=fault, launch=False)
            run.wait_for(mark.exists)
            recovery = hurt(run, outcome)
            if not outcome.check(mark.exists(), f"{point}:{count} is not reached: {run.output()[-300:]}"):
                return
            if recovery.wait_for_end():
                recovery.resume(launch=False)
                recovery.went_on()
                outcome.recovered += recovery.finish()


def make_injector(root):
    return KillPoints(root)
