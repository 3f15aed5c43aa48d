"""R14: a spike in a row of one rank, by which loss and gradients are not finite: all decide alike in that step, and no
file holds what is not finite. (NaN itself is refused where rows are read.)"""

import array
import json
import math
import random
import re
import struct
import zipfile

from injector import Injector, Outcome
from recovery import hurt, tail
from training import Run
from world import World

ROWS, COLUMNS, BATCH = 640, 12, 32
JOB = """\
name: not_finite
data: {{npz: rows.npz, label: y}}
model:
  - Dense: {{units: 32, activation: tanh}}
  - Dense: {{units: 1}}
loss: MeanSquaredError
optimizer: {{Adam: {{learning_rate: 0.001}}}}
fit: {{batch_size: {batch}, verbose: 2, on_nan: {on_nan}}}
checkpoint: {{every: 3 steps}}
seed: 3
report: false
"""
NUMERICS = 5  # exit code
DECISION = re.compile(r"\[fit\] (step \d+) ")


class NotFinite(Injector):
    name, what = "R14", "a spike in one row makes loss and gradients not finite; on_nan stop, skip, rollback"
    nightly, ci = 100, 3

    def missing(self, bench):
        said = (bench.root / "launch/job.proto").read_text()
        return "" if "on_nan" in said else "needs fit.on_nan"

    def variant(self, number):
        return (("skip", "stop", "rollback")[number % 3],)

    @staticmethod
    def inject_one(bench, chance, outcome, on_nan):
        bad = chance.choice((3e38, -3e38, 1e30))
        row = chance.randrange(ROWS)
        ends, before = [], len(outcome.wrong)
        outcome.faults += 1
        with World() as world:
            write_rows(world.folder / "rows.npz", row, bad)
            for ranks in (1, chance.choice((2, 3, 4))):
                run = Run(bench, world, name=f"run{ranks}", ranks=ranks)
                run.job.write_text(JOB.format(batch=BATCH, on_nan=on_nan))
                run.settings = ["fit.epochs=3"]
                run.start(launch=False)
                recovery = hurt(run, Outcome())
                recovery.outcome = outcome
                if not recovery.wait_for_end((NUMERICS,) if on_nan == "stop" else (0, NUMERICS)):
                    return
                # Which steps were saved is not compared: a checkpoint that is due while one is written waits.
                ends.append((run.process.returncode, run.digest(), DECISION.findall(run.output())))
                found = [str(path) for path in run.path.rglob("*.safetensors") if not is_finite(path)]
                outcome.check(not found, f"{on_nan}: {found} hold what is not finite")
                outcome.check(on_nan != "stop" or "step" in run.output(), f"does not name the step: {tail(run)}")
        outcome.digests += 1
        outcome.equal += ends[0] == ends[1]
        outcome.check(ends[0] == ends[1], f"{on_nan}: ranks decide otherwise: {ends}, {tail(run)}")
        outcome.recovered += len(outcome.wrong) == before


def npy(values, kind, shape):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values.tobytes()


def write_rows(path, bad_row, bad):
    chance = random.Random(5)
    x = array.array("f", (chance.gauss(0, 1) for _ in range(ROWS * COLUMNS)))
    y = array.array("f", (chance.gauss(0, 1) for _ in range(ROWS)))
    y[bad_row] = bad
    if bad_row % 2:
        x[bad_row * COLUMNS + bad_row % COLUMNS] = bad
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("x.npy", npy(x, "<f4", (ROWS, COLUMNS)))
        archive.writestr("y.npy", npy(y, "<f4", (ROWS,)))


def is_finite(path):
    """Whether all numbers of a safetensors file are."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    for name, tensor in header.items():
        if name == "__metadata__" or tensor["dtype"] not in ("F32", "F64"):
            continue
        begin, end = tensor["data_offsets"]
        numbers = array.array("f" if tensor["dtype"] == "F32" else "d", data[8 + size + begin:8 + size + end])
        if not all(map(math.isfinite, numbers)):
            return False
    return True


INJECTORS = [NotFinite()]
