"""A real training that can be hit: the net 784-600-500-250-10 on drawn digits, and what of it can be seen."""

import hashlib
import re
import time

from world import POLL

STEPS_OF_EPOCH = 10
INTERVAL = 5  # steps between checkpoints
COMMIT = 0.3  # seconds between commits
HANG = 60  # seconds without a step
JOB = f"""\
name: faults
data: {{made_digits: {128 * STEPS_OF_EPOCH}, scale: 0.00392156862745098, ledger: true}}
model:
  - Flatten
  - Dense: {{units: 600, activation: relu}}
  - Dense: {{units: 500, activation: relu}}
  - Dense: {{units: 250, activation: relu}}
  - Dense: {{units: 10}}
loss: {{SparseCategoricalCrossentropy: {{from_logits: true}}}}
optimizer: {{Adam: {{learning_rate: 0.001}}}}
metrics: [accuracy]
fit: {{batch_size: 128, verbose: 2}}
checkpoint: {{every: {INTERVAL} steps}}
commit: {COMMIT}
seed: 7
report: false
"""
WORLD = re.compile(r"^\[world (\d+)\] (\d+) ranks, from (?:the commit of step (\d+)|disk or the beginning)$", re.MULTILINE)
FAILURE = re.compile(r"^\[world \d+\] ((?:rank \d+ |the world |all ranks ).+)$", re.MULTILINE)
MANIFEST_HEAD, MANIFEST_STATE = 16, 5  # bytes before the message; its field TrainingState (io/checkpoint/manifest.proto)
DIGEST = re.compile(r"^parameters ([0-9a-f]{16}) ", re.MULTILINE)
GOING_ON = re.compile(r"going on from step (\d+)")
CHECKPOINT = re.compile(r"step-(\d{12})(\.\d+)?$")


class Run:
    """One run directory, and everything that is started for it."""

    def __init__(self, bench, world, name="run", ranks=4, settings=(), epochs=None):
        self.bench, self.world, self.ranks = bench, world, ranks
        self.path = world.folder / name
        self.log = world.folder / f"{name}.log"
        self.job = world.folder / "job.yaml"
        self.job.write_text(JOB)
        self.epochs = epochs or bench.epochs
        self.settings = [f"fit.epochs={self.epochs}", *settings]
        self.options = []  # of tutti launch
        self.process = None
        self.seen, self.seen_at = None, 0.0
        self.track = []  # (time, steps done), as they were seen

    def start(self, resume=False, ranks=None, environment=None, prefix=(), launch=None):
        """Starts the command that a user would; `launch`: by tutti launch or by mpirun alone."""
        ranks = ranks or self.ranks
        launch = self.bench.launches if launch is None else launch
        arguments = [self.job, "--run", self.path, *(["--resume"] if resume else [])]
        for setting in self.settings:
            arguments += ["--set", setting]
        if launch:
            command = [self.bench.tutti, "launch", "-n", ranks, *self.options, *arguments]
        elif ranks == 1:
            command = [self.bench.tutti, "train", *arguments]
        else:
            command = ["mpirun", "-n", ranks, *prefix, self.bench.tutti, "train", *arguments]
        self.process = self.world.start(command, self.log, environment)
        self.seen, self.seen_at = None, time.monotonic()
        return self.process

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def digest(self):
        """Of the parameters, as the last line says; "" if it does not."""
        found = DIGEST.findall(self.output())
        return found[-1] if found else ""

    def resumes(self):
        """The steps that it went on from, so far."""
        return [int(step) for step in GOING_ON.findall(self.output())]

    def worlds(self):
        """(number, ranks, step of the commit that it begins from or None) of each that tutti launch began."""
        return [(int(number), int(ranks), int(step) if step else None)
                for number, ranks, step in WORLD.findall(self.output())]

    def failures(self):
        """What tutti launch said of ranks that were lost."""
        return FAILURE.findall(self.output())

    def epochs_done(self):
        history = self.path / "history.csv"
        return max(history.read_bytes().count(b"\n") - 1, 0) if history.exists() else 0

    def checkpoints(self):
        """Those that have their final name, the oldest first."""
        folder = self.path / "checkpoints"
        return sorted(path for path in folder.glob("step-*") if CHECKPOINT.fullmatch(path.name))

    def steps_seen(self):
        """Steps that were done, as its ledger says or, before there is one, its epochs and checkpoints."""
        last = last_line(self.path / "ledger/rows-00000.ledger")
        if last:
            return int(last.split()[0]) + 1
        saved = [int(CHECKPOINT.fullmatch(path.name)[1]) for path in self.checkpoints()]
        return max([self.epochs_done() * STEPS_OF_EPOCH, *saved])

    def seconds_since(self, step, until):
        """How long before `until` this step was done for the last time."""
        return until - max((at for at, done in self.track if at <= until and done <= step), default=until)

    def is_stuck(self):
        """Whether nothing was seen of it for as long as is called a hang."""
        steps = self.steps_seen()
        if not self.track or self.track[-1][1] != steps:
            self.track.append((time.monotonic(), steps))
        now = (steps, self.log.stat().st_size, [path.name for path in self.checkpoints()])
        if now != self.seen:
            self.seen, self.seen_at = now, time.monotonic()
        still = time.monotonic() - self.seen_at
        return still > HANG and still > HANG * self.world.machine.slowness()

    def wait_for(self, true):
        """Waits until it is so; False if the process ended or hangs before."""
        while not true():
            if self.process.poll() is not None or self.is_stuck():
                return bool(true())
            time.sleep(POLL)
        return True

    def end(self):
        """Waits for the end: its exit status, None if it hangs."""
        while self.process.poll() is None:
            if self.is_stuck():
                return None
            time.sleep(POLL)
        return self.process.returncode

    def wait_for_instant(self, random, latest=0.8):
        """Returns at a random instant of the training, also while it starts; False if it ended before."""
        if random.random() < 0.15:
            time.sleep(random.uniform(0, 1.0))
            return self.process.poll() is None
        epoch = random.randrange(max(1, int(latest * self.epochs)))
        if not self.wait_for(lambda: self.epochs_done() >= epoch):
            return False
        return self.pause(random.uniform(0, self.bench.epoch_seconds))

    def pause(self, seconds):
        """So long, but not into the last epoch; False if it ended before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.epochs_done() < self.epochs - 1 and self.process.poll() is None:
            self.is_stuck()
            time.sleep(POLL)
        return self.process.poll() is None

    def state(self):
        """What the newest checkpoint holds, as hashes: shards by name, and of the manifest what training goes on from."""
        newest = self.checkpoints()[-1]
        manifest = (newest / "manifest.pb").read_bytes()[MANIFEST_HEAD:]
        held = {path.name: path.read_bytes() for path in newest.glob("shard-*")}
        state = next(value for number, value in fields(manifest) if number == MANIFEST_STATE)
        for entry in (value for _, map_of in fields(state) for _, value in fields(map_of)):
            key, value = (part for _, part in fields(entry))
            held[key.decode()] = value
        return {name: hashlib.sha256(value).hexdigest() for name, value in held.items()}


def fields(message):
    """(number, value) of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        yield number, message[at:at + size]
        at += size


def last_line(path):
    """The last that is whole; "" if there is none."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - 8192))
            return file.read().rpartition(b"\n")[0].rpartition(b"\n")[2].decode()
    except OSError:
        return ""
