"""Writes tests/scheduler/goldens/pruners.json: what Optuna's pruners say to random courses of trials.

Usage: python tests/peers/scheduler/pruners.py   (optuna >= 5)

Hyperband's brackets are filled in turn, as in its paper; Optuna draws a trial's by a hash of its number.

A case has the pruner as a job file names it, the study's name and direction, and events in their order:
[trial] begins, [trial, step, value or null (NaN), stopped] reports, [trial, "complete" or "failed"] ends.
"""

import json
import math
import pathlib
import types

import numpy as np
import optuna
import optuna.pruners._hyperband
from optuna.pruners import (HyperbandPruner, MedianPruner, PatientPruner, PercentilePruner, SuccessiveHalvingPruner,
                            ThresholdPruner)
from optuna.trial import TrialState

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "pruners.json"
KINDS = {"Median": MedianPruner, "Percentile": PercentilePruner, "SuccessiveHalving": SuccessiveHalvingPruner,
         "Hyperband": HyperbandPruner, "Threshold": ThresholdPruner, "Patient": PatientPruner}


def pruner_of(kind, arguments):
    if kind == "Patient":
        wrapped = arguments.get("wrapped_pruner")
        arguments = arguments | {"wrapped_pruner": wrapped and pruner_of(*next(iter(wrapped.items())))}
    return KINDS[kind](**arguments)


class Course:
    """One trial: its quality, where its reports lie, how it ends."""

    def __init__(self, random, trial, strides, reports, nan):
        self.trial, self.step, self.random, self.nan = trial, 0, random, nan
        self.quality, self.strides = random.random(), strides
        self.left = int(random.integers(reports // 2, reports + 1))
        self.fails = random.random() < 0.1

    def report(self):
        self.step += int(self.random.integers(self.strides[0], self.strides[1] + 1))
        self.left -= 1
        value = round(self.quality + 0.6 * self.random.random() / math.sqrt(self.step), 2)  # two digits: some are equal
        return float("nan") if self.random.random() < self.nan else value


def case(seed, kind, arguments, direction="minimize", slots=3, trials=30, strides=(1, 1), reports=12, nan=0.0):
    random = np.random.default_rng(seed)
    name = f"pruners {seed}"
    study = optuna.create_study(study_name=name, direction=direction, pruner=pruner_of(kind, arguments))
    running, events = [], []
    while trials or running:
        while trials and len(running) < slots:
            running.append(Course(random, study.ask(), strides, reports, nan))
            events.append([running[-1].trial.number])
            trials -= 1
        course = running[int(random.integers(len(running)))]
        number = course.trial.number
        if course.left == 0:
            state = TrialState.FAIL if course.fails else TrialState.COMPLETE
            study.tell(course.trial, None if course.fails else value_of(study, number), state=state)
            events.append([number, "failed" if course.fails else "complete"])
            running.remove(course)
            continue
        value = course.report()
        course.trial.report(value, course.step)
        stopped = bool(course.trial.should_prune())
        events.append([number, course.step, None if math.isnan(value) else value, stopped])
        if stopped:
            study.tell(course.trial, state=TrialState.PRUNED)
            running.remove(course)
    return {"pruner": {kind: arguments}, "study": name, "direction": direction, "events": events}


def value_of(study, number):
    values = [v for v in study.trials[number].intermediate_values.values() if not math.isnan(v)]
    return values[-1] if values else 0.0


CASES = [
    ("Median", {"n_startup_trials": 3}),
    ("Median", {"n_startup_trials": 2, "n_warmup_steps": 3, "interval_steps": 4, "n_min_trials": 2},
     {"direction": "maximize", "strides": (1, 3), "nan": 0.1}),
    ("Percentile", {"percentile": 30.0, "n_startup_trials": 1}, {"nan": 0.2}),
    ("Percentile", {"percentile": 75.0, "n_startup_trials": 0, "interval_steps": 2},
     {"direction": "maximize", "strides": (1, 2)}),
    ("Percentile", {"percentile": 0.0}, {}),
    ("SuccessiveHalving", {"min_resource": 1, "reduction_factor": 2}, {"reports": 18}),
    ("SuccessiveHalving", {"min_resource": 1}, {"direction": "maximize", "reports": 18, "trials": 60, "nan": 0.05}),
    ("SuccessiveHalving", {"min_resource": 3, "reduction_factor": 3}, {"strides": (1, 3), "reports": 20}),
    ("SuccessiveHalving", {"min_resource": 1, "reduction_factor": 3, "min_early_stopping_rate": 1,
                           "bootstrap_count": 2}, {"reports": 12, "slots": 5}),
    ("SuccessiveHalving", {}, {"slots": 1, "strides": (5, 11), "reports": 80, "trials": 25}),
    ("SuccessiveHalving", {"reduction_factor": 2}, {"slots": 1, "direction": "maximize", "reports": 40}),
    ("Hyperband", {"max_resource": 27}, {"reports": 27, "trials": 50}),
    ("Hyperband", {"min_resource": 2, "max_resource": 40, "reduction_factor": 4},
     {"direction": "maximize", "strides": (1, 2), "reports": 24, "nan": 0.02}),
    ("Hyperband", {}, {"slots": 1, "reports": 20, "trials": 40}),
    ("Threshold", {"lower": 0.1, "upper": 0.8, "n_warmup_steps": 2, "interval_steps": 3},
     {"strides": (1, 2), "nan": 0.05}),
    ("Patient", {"wrapped_pruner": None, "patience": 1}, {"nan": 0.1}),
    ("Patient", {"wrapped_pruner": {"Median": {"n_startup_trials": 1}}, "patience": 0, "min_delta": 0.05},
     {"direction": "maximize"}),
]

if __name__ == "__main__":
    optuna.pruners._hyperband.binascii = types.SimpleNamespace(crc32=lambda name: int(name.rpartition(b"_")[2]))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cases = [case(seed, kind, arguments, **(rest[0] if rest else {}))
             for seed, (kind, arguments, *rest) in enumerate(CASES)]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
