"""R2: death at each named point of the sources (core/base/fault_point.h), at a count drawn by the seed."""

import random
import re
import signal

from hosts import Hosts
from injector import Injector, Outcome
from recovery import hurt
from training import INTERVAL, Run
from world import World, send

IN_PLACE = ("world/revoked", "world/shrunk")  # where only ranks of an MPI with fault tolerance come
LAUNCHED = ("commit", "world")  # where only ranks of tutti launch come
ON = 10  # seconds
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
    name, what, in_place = "R2", "death at each named point", False

    def __init__(self, root):
        self.points = [point for point in kill_points(root) if (point in IN_PLACE) == self.in_place]
        self.nightly, self.ci, self.tenth = 3 * len(self.points), min(6, len(self.points)), len(self.points)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            # Successive seeds go through all points.
            point = self.points[number % len(self.points)]
            inject = self.inject_launched if point.split("/")[0] in LAUNCHED else self.inject_one
            inject(bench, point, random.Random(number), outcome)
        return outcome

    def inject_launched(self, bench, point, chance, outcome):
        """The launcher recovers by itself. Shares are fetched where a rank was lost before."""
        fetched = point == "commit/fetched" or self.in_place
        count = chance.randint(1, 3) if point.startswith("commit/") and not fetched else 1
        with World() as world:
            mark = world.folder / "reached"
            run = Run(bench, world, ranks=3 if self.in_place else 2)
            if point in ("commit/sent", "commit/fetched"):
                run.options = Hosts(world, 2).options(1)
            run.options = [*run.options, "--env", f"TUTTI_FAULT_AT={point}:{count}", "--env", f"TUTTI_FAULT_ONCE={mark}"]
            run.start(launch=True, environment=bench.tolerant if self.in_place else {})
            if fetched and run.wait_for(lambda: run.epochs_done() > bench.epochs // 2):
                send([chance.choice(sorted(world.ranks().values()))], signal.SIGKILL)
            run.wait_for(mark.exists)
            recovery = hurt(run, outcome)
            if outcome.check(mark.exists(), f"{point}:{count} is not reached: {run.output()[-300:]}"):
                outcome.reached.append(point)
                recovery.went_on(ON)
                outcome.recovered += recovery.finish()

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
            outcome.reached.append(point)
            if recovery.wait_for_end():
                recovery.resume(launch=False)
                recovery.went_on()
                outcome.recovered += recovery.finish()


class KillPointsInPlace(KillPoints):
    name, what, in_place = "R2f", "the same, of recovery in place", True

    def missing(self, bench):
        return "" if bench.tolerant else "needs --tolerant-mpi"


def make_injectors(root):
    return [KillPoints(root), KillPointsInPlace(root)]
