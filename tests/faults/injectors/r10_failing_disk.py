"""R10: the disk refuses the k-th operation, once or from then on, every k in the test program; and a disk that is full."""

import os
import random
import signal
import subprocess

from injector import ProgramInjector
from recovery import hurt, tail
from training import Run
from world import World, send

MEBIBYTE = 1 << 20


class FailingDisk(ProgramInjector):
    name, what = "R10", "every k-th write, fsync, rename of a checkpoint fails, once and forever; a full disk"
    nightly, ci, chunk = 1000, 1, 50
    program, tests = "test_io_checkpoint", "CheckpointCrash.AnyFailingOperationKeepsTheLastGoodOne"

    def inject(self, bench, seed, count):
        outcome = super().inject(bench, seed, count)
        if os.geteuid() == 0:
            fill_the_disk(bench, random.Random(seed), outcome)
        return outcome


def fill_the_disk(bench, chance, outcome):
    """Room for one checkpoint, or two, and not for what else the run writes; then there is more, and it goes on."""
    with World() as world:
        disk = world.folder / "disk"
        disk.mkdir()
        size = chance.randrange(12, 24)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            return
        world.cleaners.append(lambda: subprocess.run(["umount", "-l", disk], check=False))
        run = Run(bench, world, name="disk/run", ranks=chance.choice((1, 2, 4)))
        run.log = world.folder / "full.log"
        run.start(launch=False)
        run.wait_for(lambda: "no space left" in run.output().lower())
        recovery = hurt(run, outcome)
        outcome.check("no space left" in run.output().lower(), f"a disk of {size} MiB is not full: {tail(run)}")
        if chance.random() < 0.5:
            send(world.ranks().values(), signal.SIGKILL)
        if not recovery.wait_for_end():
            return
        outcome.check(run.checkpoints(), f"no checkpoint is left: {tail(run)}")
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        recovery.resume(launch=False)
        recovery.went_on()
        outcome.recovered += recovery.finish()


INJECTORS = [FailingDisk()]
