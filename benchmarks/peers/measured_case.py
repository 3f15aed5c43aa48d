"""One case of the step benchmark: what is trained, on which rows, and the line that reports it.

A case is written as what is trained and its batch. "784-128-10@64" is dense layers of these widths with relu
between them and logits at the end; "cnn@64", "lstm@64" and "transformer@12" are the networks of
benchmarks/networks.h. Adam, sparse categorical cross-entropy of logits, f32.
"""

import argparse
import json
import os
import resource
import time

import numpy

DATA_BYTES = 64 << 20  # rows stay in memory, and an epoch is long enough to hide its own beginning
MAX_STEPS = 500


NETWORKS = {  # a row's shape, and how many classes
    "cnn": ((28, 28, 1), 10),
    "lstm": ((40, 64), 10),
    "transformer": ((64,), 65),
}


class MeasuredCase:
    def __init__(self, text):
        self.network, batch = text.split("@")
        self.name = text
        self.batch = int(batch)
        self.widths = None if self.network in NETWORKS else [int(width) for width in self.network.split("-")]
        self.shape, self.classes = NETWORKS.get(self.network) or ((self.widths[0],), self.widths[-1])
        step_bytes = 4 * self.batch * int(numpy.prod(self.shape))
        self.steps = max(20, min(MAX_STEPS, DATA_BYTES // step_bytes)) if self.widths else 20

    def rows(self):
        """Features f32 [steps * batch, ...] and labels i64 below `classes`: of rows, or of each token."""
        random = numpy.random.default_rng(42)
        count = self.steps * self.batch
        if self.network == "transformer":
            return tuple(random.integers(0, self.classes, (count, *self.shape)) for _ in range(2))
        features = random.standard_normal((count, *self.shape), dtype=numpy.float32)
        return features, random.integers(0, self.classes, count)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=MeasuredCase, required=True, help="network@batch")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long to measure after warming up")
    return parser


def seconds_since_start():
    """Seconds since this process was started, its imports included."""
    with open("/proc/self/stat") as stat:
        ticks = int(stat.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def report(case, peer, us_per_step, cpu_us_per_step, startup_s):
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"case": case.name, "peer": peer, "us_per_step": round(us_per_step, 2),
            "cpu_us_per_step": round(cpu_us_per_step, 2), "rss_mib": round(peak_mib, 1),
            "startup_s": round(startup_s, 3)}
    print(json.dumps(line), flush=True)
