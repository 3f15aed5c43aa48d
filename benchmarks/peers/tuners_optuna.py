"""Compares a tuner with Optuna's sampler of the same name, by best value after a number of trials.

Usage: python benchmarks/peers/tuners_optuna.py BENCH_TUNERS [--tuner TPE] [--trials 200] [--seeds 30]
       python benchmarks/peers/tuners_optuna.py BENCH_TUNERS --speed
(optuna >= 5, scipy). Optuna's results are kept in benchmarks/peers/tuners_optuna.json, seed by seed, and a run goes
on where the last one stopped. The functions are those of benchmarks/tuners.cpp. Worse: Mann-Whitney, one-sided, at
1 %, with Holm's correction over the functions.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import time
import warnings

import optuna
from scipy.stats import mannwhitneyu

KEPT = pathlib.Path(__file__).with_suffix(".json")


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    return ((y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
            + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def models(trial):
    model = trial.suggest_categorical("model", ["svm", "forest", "net"])
    if model == "svm":
        c, gamma = trial.suggest_float("C", 1e-3, 1e3, log=True), trial.suggest_float("gamma", 1e-4, 1e1, log=True)
        return 0.1 + ((math.log10(c) - 1) / 3) ** 2 + ((math.log10(gamma) + 2) / 2.5) ** 2
    if model == "forest":
        depth, trees = trial.suggest_int("depth", 2, 32), trial.suggest_int("trees", 10, 200, step=10)
        return 0.05 + ((depth - 12) / 15) ** 2 + ((trees - 120) / 95) ** 2
    value = ((math.log10(trial.suggest_float("rate", 1e-5, 1e-1, log=True)) + 3) / 2) ** 2
    layers = trial.suggest_int("layers", 1, 3)
    for i in range(layers):
        value += ((trial.suggest_int(f"units_{i}", 32, 512, step=32) - 256) / 240) ** 2 / 3
    return value + 0.05 * (3 - layers) ** 2


def sphere8(trial):
    return sum((trial.suggest_float(f"x{i}", -5, 5) - 1) ** 2 for i in range(8))


FUNCTIONS = {"branin": branin, "models": models, "sphere8": sphere8}
SAMPLERS = {"TPE": lambda seed: optuna.samplers.TPESampler(seed=seed),
            "CMA-ES": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
            "GP": lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True)}


def optunas_best(name, tuner, trials, seeds):
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    results = kept.setdefault(f"{tuner} {name} {trials}", {})
    for seed in map(str, range(seeds)):
        if seed not in results:
            study = optuna.create_study(sampler=SAMPLERS[tuner](int(seed)))
            study.optimize(FUNCTIONS[name], n_trials=trials)
            results[seed] = study.best_value
            KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    return [results[str(seed)] for seed in range(seeds)]


def compare(options):
    table = []
    for name in FUNCTIONS:
        lines = subprocess.run([options.bench, "quality", name, options.tuner, str(options.trials), "0",
                                str(options.seeds)], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = [json.loads(line)["best"] for line in lines]
        theirs = optunas_best(name, options.tuner, options.trials, options.seeds)
        table.append((mannwhitneyu(ours, theirs, alternative="greater").pvalue, name, ours, theirs))
    print(f"{options.tuner}, {options.trials} trials, {options.seeds} seeds\n"
          f"{'function':10} {'ours (median)':>14} {'Optuna 5':>12} {'p (ours worse)':>15}")
    still_rejecting = True
    for rank, (p, name, ours, theirs) in enumerate(sorted(table)):
        still_rejecting = still_rejecting and p < 0.01 / (len(table) - rank)
        print(f"{name:10} {statistics.median(ours):14.6g} {statistics.median(theirs):12.6g} {p:15.3f}"
              f"{'  worse' if still_rejecting else ''}")


def speed(options):
    study = optuna.create_study(sampler=SAMPLERS[options.tuner](1))
    space = {f"x{i}": optuna.distributions.FloatDistribution(-5, 5) for i in range(8)}
    random = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    random.optimize(sphere8, n_trials=1000)
    study.add_trials(random.trials)
    study.ask(space)  # what is done once
    start = time.process_time()
    for _ in range(20):
        trial = study.ask(space)
        study.tell(trial, sum((x - 1) ** 2 for x in trial.params.values()))
    theirs = (time.process_time() - start) / 20 * 1e6
    ours = float(subprocess.run([options.bench, "speed", options.tuner], check=True, capture_output=True,
                                text=True).stdout)
    print(f"{options.tuner}, 8 parameters, 1,000 past trials: {ours:.0f} us of processor time a suggestion, "
          f"Optuna {optuna.__version__} {theirs:.0f} us, {theirs / ours:.0f} times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--tuner", choices=SAMPLERS, default="TPE")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--speed", action="store_true")
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    speed(parser.parse_args()) if parser.parse_args().speed else compare(parser.parse_args())
