"""W1: a sweep is killed, or who trains its trials, or a trial; each sweep ends with the trials of one left alone."""

import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from injector import Injector, Outcome

STUDY = """job:
  data: {{dataset: iris, columns: {{"*": standardize}}, split: {{validation: 0.2, seed: 1}}}}
  model:
    - Dense: {{units: $units, activation: relu}}
    - Dense: {{units: 3, activation: softmax}}
  loss: sparse_categorical_crossentropy
  optimizer: Adam
  metrics: [accuracy]
  fit: {{epochs: 54, batch_size: 10}}
  report: false
space:
  optimizer.Adam.learning_rate: {{float: [1e-4, 1e-1], log: true}}
  units: {{int: [4, 32], step: 4}}
objective: {{metric: val_loss}}
max_trials: {trials}
seed: {seed}
{more}
"""
HALVING = "tuner: TPE\npruner: {SuccessiveHalving: {min_resource: 2, reduction_factor: 3, promotion: true, max_resource: 54}}"
# Of one slot every decision is the same; of several, random search's.
KINDS = {
    "alone": (1, [], HALVING + "\nfuse: false"),
    "fused": (1, [], HALVING),
    "joined": (3, ["--join", "--interface", "127.0.0.1"], "tuner: Random\nfuse: false"),
}
LONGEST, GRACE = 120, 2  # seconds of a sweep, and until what it started is gone
CREATE, PARAMETER, STATE, INTERMEDIATE, USER = 4, 5, 6, 7, 8  # operations of an Optuna journal


def decisions(journal):
    """Of each trial its point, its course and its end, without when; and how often each ended."""
    trials, ends = [], []
    for line in map(json.loads, journal.read_text().splitlines()):
        kind = line["op_code"]
        if kind == CREATE:
            trials.append({"point": dict(line.get("params") or {}), "course": {}, "state": line.get("state", 0)})
        elif kind in (PARAMETER, STATE, INTERMEDIATE, USER):
            trial = trials[line["trial_id"]]
            if kind == PARAMETER:
                trial["point"][line["param_name"]] = line["param_value_internal"]
            elif kind == INTERMEDIATE:
                trial["course"][line["step"]] = line["intermediate_value"]
            elif kind == USER and "parameters" in line["user_attr"]:
                trial["digest"] = line["user_attr"]["parameters"]
            elif kind == STATE and line["state"] not in (0, 4):
                ends.append(line["trial_id"])
                trial["state"], trial["values"] = line["state"], line.get("values")
    return trials, ends


class Sweep:
    """Processes of one sweep in a folder of its own."""

    def __init__(self, bench, folder, kind, seed, trials, quiet=False):
        processes, self.options, more = KINDS[kind]
        if quiet:
            processes, self.options = 1, []
        self.tutti, self.folder = str(bench.bin / "tutti"), folder
        folder.mkdir()
        (folder / "study.yaml").write_text(STUDY.format(trials=trials, seed=seed, more=more))
        self.log = (folder / "log").open("a")
        self.ours = [self.begin() for _ in range(processes)]

    def begin(self):
        return subprocess.Popen([self.tutti, "sweep", str(self.folder / "study.yaml"), "--run", str(self.folder / "run"),
                                 *self.options], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def over(self):
        """Whether all have ended; who was killed is begun again."""
        for place, process in enumerate(self.ours):
            if process.poll() not in (None, 0):
                self.ours[place] = self.begin()
        return all(process.poll() is not None for process in self.ours)

    def alive(self):
        """Processes that name this folder, trials and workers too."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            except OSError:
                continue  # it has ended meanwhile
            if words and words[0] == self.tutti.encode() and any(str(self.folder).encode() in word for word in words):
                found.append(int(entry.name))
        return found

    def left(self):
        """Those that should have ended. A guard waits for who is reaped by the first process alone, at most its grace."""
        found = []
        for process in self.alive():
            try:
                name = pathlib.Path(f"/proc/{process}/comm").read_text().strip()
            except OSError:
                continue
            found += [process] if name != "tutti guard" else []
        return found

    @staticmethod
    def described(processes):
        texts = []
        for process in processes:
            path = pathlib.Path(f"/proc/{process}/cmdline")
            texts.append(path.read_text().replace("\0", " ")[-120:] if path.exists() else "one that ends now")
        return "; ".join(texts)

    def end(self):
        for process in self.alive():
            os.kill(process, signal.SIGKILL)
        for process in self.ours:
            process.wait()
        self.log.close()


class KilledSweeps(Injector):
    name = "W1"
    what = "SIGKILL of a sweep, of who trains its trials, or of a trial; with one slot, small trials in one process, three that join"
    nightly, ci, chunk = 200, 6, 10

    def inject(self, bench, seed, count):
        outcome, chance = Outcome(), random.Random(seed)
        kinds = list(KINDS)
        while outcome.faults < count and not outcome.wrong and not outcome.hangs:
            kind = kinds[(seed + outcome.faults) % len(kinds)] if count > 1 else kinds[seed % len(kinds)]
            with tempfile.TemporaryDirectory(prefix="tutti-faults-") as folder:
                self.break_one(bench, pathlib.Path(folder), kind, chance, outcome, min(4, count - outcome.faults))
        return outcome

    def break_one(self, bench, folder, kind, chance, outcome, most):
        trials, seed, kills = 12, chance.randrange(1000), 0
        sweep = Sweep(bench, folder / "killed", kind, seed, trials)
        begin = time.monotonic()
        try:
            while not sweep.over():
                if time.monotonic() - begin > LONGEST:
                    outcome.hangs += 1
                    outcome.wrong.append(f"a sweep ({kind}, seed {seed}) is not over after {LONGEST} s")
                    return
                time.sleep(chance.uniform(0.02, 0.3))
                alive = sweep.alive()
                if alive and kills < most:
                    os.kill(chance.choice(alive), signal.SIGKILL)
                    kills += 1
            gone = time.monotonic() + GRACE
            while sweep.left() and time.monotonic() < gone:
                time.sleep(0.05)
            left = sweep.left()
            outcome.orphans += len(left)
            outcome.check(not left, f"a sweep ({kind}, seed {seed}) leaves {sweep.described(left)}")
        finally:
            sweep.end()
        outcome.faults += kills
        outcome.recovered += kills
        self.compare(bench, folder, kind, seed, trials, outcome)

    @staticmethod
    def compare(bench, folder, kind, seed, trials, outcome):
        quiet = Sweep(bench, folder / "quiet", kind, seed, trials, quiet=True)
        try:
            while not quiet.over():
                time.sleep(0.02)
        finally:
            quiet.end()
        (ours, ends), (wanted, _) = (decisions(folder / name / "run/journal.log") for name in ("killed", "quiet"))
        outcome.check(len(ends) == len(set(ends)) == len(ours), f"{kind}, seed {seed}: {len(ends)} ends of {len(ours)} trials")
        outcome.digests += len(wanted)
        outcome.equal += sum(one == other for one, other in zip(ours, wanted))
        outcome.check(ours == wanted, f"{kind}, seed {seed}: other decisions than one left alone")


INJECTORS = [KilledSweeps()]
