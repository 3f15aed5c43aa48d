"""Compares a tuner with Optuna's sampler of the same name, by best value after a number of trials.

Usage: python benchmarks/peers/tuners_optuna.py BENCH_TUNERS [--tuner TPE] [--trials 200] [--seeds 30] [--only NAME]
       python benchmarks/peers/tuners_optuna.py BENCH_TUNERS --speed
(optuna >= 5, scipy). Optuna's results are kept in benchmarks/peers/tuners_optuna.json, seed by seed, and a run goes
on where the last one stopped. The objectives are those of benchmarks/objectives.h. Worse: Mann-Whitney, one-sided, at
1 %, with Holm's correction over the objectives. Rank: the median, over objectives, of the place of one seed's best
value among all seeds of both.
"""

import argparse
import fcntl
import json
import pathlib
import statistics
import subprocess
import time
import warnings

import optuna
from scipy.stats import mannwhitneyu, rankdata

KEPT = pathlib.Path(__file__).with_suffix(".json")
SAMPLERS = {"TPE": lambda seed: optuna.samplers.TPESampler(seed=seed),
            "CMA-ES": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
            "GP": lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True)}


class Objective:
    """One that another program computes: `bench_tuners values NAME`."""

    def __init__(self, bench, name):
        self.program = subprocess.Popen([bench, "values", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.space = json.loads(self.program.stdout.readline())

    def __call__(self, trial):
        point = {}
        for one in self.space:
            name, distribution = one["name"], optuna.distributions.json_to_distribution(json.dumps(one["distribution"]))
            if all(point.get(parent) in numbers for parent, numbers in one["when"].items()):
                point[name] = distribution.to_internal_repr(self.suggested(trial, name, distribution))
        self.program.stdin.write(json.dumps(point) + "\n")
        self.program.stdin.flush()
        return float(self.program.stdout.readline())

    @staticmethod
    def suggested(trial, name, d):
        if isinstance(d, optuna.distributions.CategoricalDistribution):
            return trial.suggest_categorical(name, d.choices)
        suggest = trial.suggest_int if isinstance(d, optuna.distributions.IntDistribution) else trial.suggest_float
        return suggest(name, d.low, d.high, step=d.step, log=d.log)

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def kept(key, add=None):
    """The best values of the seeds 0, 1, ... that are kept under a key; `add` is the next one's."""
    with open(__file__) as lock:  # several runs may keep
        fcntl.flock(lock, fcntl.LOCK_EX)
        values = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        if add is not None:
            values.setdefault(key, []).append(add)
            lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(values.items()))
            KEPT.write_text("{\n" + lines + "\n}\n")
        return values.get(key, [])


def run_optuna(bench, names, tuner, trials, seeds):
    for seed in range(seeds):
        for name in names:
            key = f"{tuner} {name} {trials}"
            if len(kept(key)) > seed:
                continue
            objective = Objective(bench, name)
            study = optuna.create_study(sampler=SAMPLERS[tuner](seed))
            study.optimize(objective, n_trials=trials)
            objective.close()
            kept(key, add=float(f"{study.best_value:.9g}"))


def compare(options):
    names = subprocess.run([options.bench, "objectives"], check=True, capture_output=True, text=True).stdout.split()
    names = options.only or names
    run_optuna(options.bench, names, options.tuner, options.trials, options.seeds)
    table = []
    for name in names:
        lines = subprocess.run([options.bench, "quality", name, options.tuner, str(options.trials), "0",
                                str(options.seeds)], check=True, capture_output=True, text=True).stdout.split()
        ours = [float(line) for line in lines]
        theirs = kept(f"{options.tuner} {name} {options.trials}")[:options.seeds]
        table.append((mannwhitneyu(ours, theirs, alternative="greater").pvalue, name, ours, theirs))
    print(f"{options.tuner}, {options.trials} trials, {options.seeds} seeds\n"
          f"{'objective':10} {'ours (median)':>14} {'Optuna 5':>12} {'p (ours worse)':>15}")
    still_rejecting, ranks = True, []
    for place, (p, name, ours, theirs) in enumerate(sorted(table)):
        still_rejecting = still_rejecting and p < 0.01 / (len(table) - place)
        ranked = rankdata(ours + theirs)
        ranks.append((statistics.median(ranked[:len(ours)]), statistics.median(ranked[len(ours):])))
        print(f"{name:10} {statistics.median(ours):14.6g} {statistics.median(theirs):12.6g} {p:15.3f}"
              f"{'  worse' if still_rejecting else ''}")
    print("median rank: ours {:.1f}, Optuna {:.1f}".format(*map(statistics.median, zip(*ranks))))


def speed(options):
    study = optuna.create_study(sampler=SAMPLERS[options.tuner](1))
    space = {f"x{i}": optuna.distributions.FloatDistribution(-5, 5) for i in range(8)}

    def sphere(trial):
        return sum((trial.suggest_float(name, -5, 5) - 1) ** 2 for name in space)

    random = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    random.optimize(sphere, n_trials=1000)
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
    parser.add_argument("--only", nargs="+", metavar="OBJECTIVE")
    parser.add_argument("--speed", action="store_true")
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    speed(parser.parse_args()) if parser.parse_args().speed else compare(parser.parse_args())
