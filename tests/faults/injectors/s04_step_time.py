"""S4t: what a step takes while strangers are at the launcher, with idle sockets and wrong handshakes: in turns with
what it takes while they are at a port that takes no notice of them: what they use themselves counts on both sides."""

import math
import socket
import struct
import threading
import time

from injector import Injector, needs_launch
from machine import living
from recovery import hurt, tail
from training import Run
from world import World

IDLE, HANDSHAKES = 3000, 1000
NO_DISK = ["checkpoint.every=never", "commit=off"]  # whose pace is another matter
ROUNDS, TURN = 30, 1.0  # seconds of each turn
RANKS = 1  # two that wait for each other suffer from whatever else the machine does
BOUND = 1.05  # a job's step time: 5 % more at most; it fails where it is certain not to hold


def port_of(run):
    """Of its launcher, as ranks find it."""
    words = (run.path / ".launch/judge").read_text().split()
    return int(words[words.index("port") + 1])


class Strangers:
    """Some connect and say nothing, others greet and prove nothing, so many a second."""

    def __init__(self, port, chance, idle, handshakes, seconds):
        self.port, self.chance, self.idle, self.handshakes, self.seconds = port, chance, idle, handshakes, seconds
        self.made = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def work(self):
        sockets = []
        kinds = [True] * self.idle + [False] * self.handshakes
        self.chance.shuffle(kinds)
        for idle in kinds:
            if self.over.wait(self.seconds / len(kinds) / 2):
                break
            try:
                one = socket.create_connection(("127.0.0.1", self.port), timeout=2)
            except OSError:
                continue
            self.made += 1
            if idle:
                sockets.append(one)
                continue
            one.sendall(struct.pack(">I", 64) + self.chance.randbytes(64))
            one.close()
        for one in sockets:
            one.close()


class StepTime(Injector):
    name, what = "S4t", f"{IDLE:,} idle sockets, and {HANDSHAKES:,} wrong handshakes: what a step takes"
    nightly, ci = 3, 0

    def missing(self, bench):
        return needs_launch(bench)

    @staticmethod
    def inject_one(bench, chance, outcome):
        turns = 2 * ROUNDS
        with World() as world:
            run = Run(bench, world, ranks=RANKS, settings=NO_DISK, epochs=int(6 * turns * TURN / bench.epoch_seconds))
            run.start()
            if not outcome.check(run.wait_for(lambda: run.epochs_done() > 2), f"does not train: {tail(run)}"):
                return
            hurt(run, outcome)
            made, used = 0, [0.0, 0.0]
            for _ in range(ROUNDS):
                with socket.create_server(("127.0.0.1", 0), backlog=IDLE + HANDSHAKES) as nobody:
                    elsewhere, _, seconds = beside_strangers(run, nobody.getsockname()[1], chance)
                used[0] += seconds
                here, connections, seconds = beside_strangers(run, port_of(run), chance)
                used[1] += seconds
                made += connections
                if outcome.check(elsewhere and here, f"no step within {TURN} s: {tail(run)}"):
                    outcome.ratios.append(elsewhere / here)
            world.end_all()
            low, high = range_of_median(outcome.ratios or [math.inf])
            shares = [f"{100 * seconds / (ROUNDS * TURN):.1f} %" for seconds in used]
            outcome.notes.append(f"{made:,} connections in {ROUNDS * TURN:.0f} s take {shares[1]} of a processor from "
                                 f"the launcher; the median of {ROUNDS} ratios is within {low:.3f} and {high:.3f}")
            outcome.recovered += outcome.check(low <= BOUND, f"a step takes {low:.3f} to {high:.3f} times as long")
            print("[faults] S4t: a step beside them:", *(f"{one:.3f}" for one in outcome.ratios), flush=True)


def range_of_median(values):
    """Between which two of them the median of all that could be measured lies, in 19 of 20 cases."""
    cut = max(0, math.floor((len(values) - 1.96 * math.sqrt(len(values))) / 2))
    return sorted(values)[cut], sorted(values)[-1 - cut]


def beside_strangers(run, port, chance):
    """Steps a second in one turn, the connections that were made, and what the launcher uses of processors."""
    steps, used, begin = run.steps_seen(), living(run.process.pid), time.monotonic()
    with Strangers(port, chance, IDLE // ROUNDS, HANDSHAKES // ROUNDS, TURN) as strangers:
        time.sleep(TURN)
    pace = (run.steps_seen() - steps) / (time.monotonic() - begin)
    return pace, strangers.made, living(run.process.pid) - used


INJECTORS = [StepTime()]
