"""S4t: what a step takes while strangers are at the launcher, with idle sockets and wrong handshakes, and what alone: in
turns of one training, so that whatever else the machine does touches both. What strangers use of it counts, too."""

import math
import random
import socket
import statistics
import struct
import threading
import time

from injector import Injector, Outcome, needs_launch
from recovery import hurt, tail
from training import Run
from world import World

IDLE, HANDSHAKES = 500, 1000
ROUNDS, TURN = 8, 4.0  # seconds of each turn
RANKS = 2
BOUND = 1.05  # a job's step time: 5 % more at most


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
    name, what = "S4t", f"{ROUNDS} times {IDLE} idle sockets, and {HANDSHAKES:,} wrong handshakes: what a step takes"
    nightly, ci = 3, 0

    def missing(self, bench):
        return needs_launch(bench)

    def inject(self, bench, seed, count):
        outcome = Outcome()
        for number in range(seed, seed + count):
            self.inject_one(bench, random.Random(number), outcome)
        return outcome

    @staticmethod
    def inject_one(bench, chance, outcome):
        turns = 2 * ROUNDS + 2
        with World() as world:
            run = Run(bench, world, ranks=RANKS, epochs=int(3 * turns * TURN / bench.epoch_seconds))
            run.start()
            if not outcome.check(run.wait_for(lambda: run.epochs_done() > 2), f"does not train: {tail(run)}"):
                return
            hurt(run, outcome)
            port, made = port_of(run), 0
            for _ in range(ROUNDS):
                alone = pace(run)
                with Strangers(port, chance, IDLE, HANDSHAKES // ROUNDS, TURN) as strangers:
                    beside = pace(run)
                made += strangers.made
                if outcome.check(alone and beside, f"no step within {TURN} s: {tail(run)}"):
                    outcome.ratios.append(alone / beside)
            world.end_all()
            ratio = statistics.median(outcome.ratios or [math.inf])
            outcome.notes.append(f"{made:,} connections made")
            outcome.recovered += outcome.check(ratio <= BOUND, f"a step takes {ratio:.3f} times as long, at most {BOUND}")
            print("[faults] S4t: a step beside them to one alone:", *(f"{one:.3f}" for one in outcome.ratios), flush=True)


def pace(run):
    """Steps a second, in one turn."""
    steps, begin = run.steps_seen(), time.monotonic()
    time.sleep(TURN)
    return (run.steps_seen() - steps) / (time.monotonic() - begin)


INJECTORS = [StepTime()]
