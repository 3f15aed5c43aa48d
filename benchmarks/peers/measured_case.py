"""One case of the step benchmark: what is trained, on which rows, and the line that reports it.

A case is written as its widths and its batch, "784-128-10@64": dense layers with relu between them and
logits at the end, Adam, sparse categorical cross-entropy, f32.
"""

import argparse
import json
import os
import resource
import time

import numpy

DATA_BYTES = 64 << 20  # rows stay in memory, and an epoch is long enough to hide its own beginning
MAX_STEPS = 500


class MeasuredCase:
    def __init__(self, text):
        widths, batch = text.split("@")
        self.name = text
        self.widths = [int(width) for width in widths.split("-")]
        self.batch = int(batch)
        step_bytes = 4 * self.batch * self.widths[0]
        self.steps = max(20, min(MAX_STEPS, DATA_BYTES // step_bytes))

    def rows(self):
        """Features f32 [steps * batch, widths[0]] and labels i64 in [0, widths[-1])."""
        random = numpy.random.default_rng(42)
        count = self.steps * self.batch
        features = random.standard_normal((count, self.widths[0]), dtype=numpy.float32)
        return features, random.integers(0, self.widths[-1], count)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=MeasuredCase, required=True, help="widths@batch")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long to measure after warming up")
    return parser


def seconds_since_start():
    """Seconds since this process was started, its imports included."""
    with open("/proc/self/stat") as stat:
        ticks = int(stat.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def report(case, peer, us_per_step, startup_s):
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"case": case.name, "peer": peer, "us_per_step": round(us_per_step, 2),
            "rss_mib": round(peak_mib, 1), "startup_s": round(startup_s, 3)}
    print(json.dumps(line), flush=True)
