"""What a lesson is to compare_lessons.py: a program here, the same in Keras, and one number of each.

A file `cases_*.py` beside this one has a list LESSONS; a list of such files is kept nowhere. A case is a few lines:

    Lesson("perceptron", here=program("perceptron", "right "), keras=keras_perceptron)
    Lesson("digits_cnn", here=job("digits_cnn"), keras=job_in_keras("digits_cnn"))

`here(bench, seed)` and `keras(bench, seed)` each train with that seed, on the same rows, and return the number, a
fraction: 0.97. Rows that are made, not shipped: `prepare(bench)` writes them into bench.folder, once, for both."""

import dataclasses
import json
import pathlib
import re
import subprocess
import tempfile
from typing import Callable

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "launch/examples"


@dataclasses.dataclass
class Bench:
    """Where lessons are trained: the programs of a build, and a folder for what a lesson's two sides share."""

    programs: pathlib.Path
    folder: pathlib.Path

    def run(self, program, *arguments):
        """What the program prints; it works in the lesson's folder, on one thread."""
        command = [self.programs / program, *map(str, arguments), "--threads", "1"]
        finished = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if finished.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {finished.stderr.strip()}")
        return finished.stdout


@dataclasses.dataclass
class Lesson:
    name: str
    here: Callable[[Bench, int], float]
    keras: Callable[[Bench, int], float]
    measure: str = "accuracy"
    margin: float = 0.01  # by so much the mean here may be behind; a negative one where less is better
    seeds: range = range(5)
    prepare: Callable[[Bench], None] = lambda bench: None

    def behind(self, here, keras):
        return here < keras - self.margin if self.margin >= 0 else here > keras - self.margin


def program(name, words, *arguments):
    """The number that example_<name> prints behind the words, the last time."""

    def here(bench, seed):
        printed = bench.run(f"example_{name}", *arguments, "--seed", seed)
        return float(re.findall(r"(?<!\w)" + re.escape(words) + r"\s*([-+.e\d]+)", printed)[-1])

    return here


def read_job(name):
    return yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())


def job(name, measure="accuracy", *settings):
    """What `tutti evaluate` says of the job's test rows. A job with files takes them from the lesson's folder."""

    def here(bench, seed):
        changed = [f"seed={seed}", f"folder={bench.folder}", "report=false", *settings]
        with tempfile.TemporaryDirectory() as directory:
            run = pathlib.Path(directory) / "run"
            words = [word for setting in changed for word in ("--set", setting)]
            bench.run("tutti", "train", EXAMPLES / f"{name}.yaml", *words, "--run", run)
            return json.loads(bench.run("tutti", "evaluate", run, "--json"))[measure]

    return here
