"""Writes tests/scheduler/goldens/importance.json: the importances that Optuna's PED-ANOVA finds in random studies.

Usage: python tests/peers/scheduler/importance.py   (optuna >= 5)

A case has the ranges, the directions, of each trial its hyperparameters as [name, range, number] and its values
(null: infinite), and of each objective the shares by name.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution, distribution_to_json
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "importance.json"

REAL = {"x": FloatDistribution(-5, 10), "rate": FloatDistribution(1e-5, 1e-1, log=True)}
MIXED = REAL | {"units": IntDistribution(32, 512, step=32), "batch": IntDistribution(1, 256, log=True),
                "drop": FloatDistribution(0, 0.5, step=0.1), "act": CategoricalDistribution(["relu", "tanh", "elu"]),
                "only": CategoricalDistribution(["this"]), "fixed": IntDistribution(3, 3)}


def draw(random, distribution):
    if isinstance(distribution, CategoricalDistribution):
        return int(random.integers(len(distribution.choices)))
    share = random.random()
    if distribution.log:
        number = distribution.low * (distribution.high / distribution.low) ** share
    else:
        number = distribution.low + share * (distribution.high - distribution.low)
    if isinstance(distribution, IntDistribution) and distribution.log:
        return round(number)
    if distribution.step is not None:
        steps = round((number - distribution.low) / distribution.step)
        return min(distribution.low + steps * distribution.step, distribution.high)
    return float(f"{number:.6g}")


def point_of(random, space, conditional):
    """Where `conditional`, "depth" decides whether there is "second", and which range "width" has."""
    point = {name: (distribution, draw(random, distribution)) for name, distribution in space.items()}
    if conditional:
        depth = draw(random, IntDistribution(1, 3))
        width = IntDistribution(8, 64, log=True) if depth < 3 else IntDistribution(8, 16)
        point["depth"] = (IntDistribution(1, 3), depth)
        point["width"] = (width, draw(random, width))
        if depth > 1:
            point["second"] = (FloatDistribution(0, 1), round(random.random(), 4))
    return point


def value_of(random, point, sign):
    numbers = {name: number for name, (_, number) in point.items()}
    value = sign * (math.log10(numbers["rate"]) + 3) ** 2 + 0.1 * numbers["x"] + 0.3 * random.random()
    return value + numbers.get("act", 0) + 2 * numbers.get("second", 0.2) + 0.05 * numbers.get("width", 0)


def case(seed, space, trials, directions=("minimize",), conditional=False, infinite=0.0, digits=4):
    random = np.random.default_rng(seed)
    study = optuna.create_study(directions=list(directions))
    ranges, written = [], []
    for _ in range(trials):
        point = point_of(random, space, conditional)
        values = [round(value_of(random, point, 1 - 2 * k), digits) for k in range(len(directions))]
        if random.random() < infinite:
            values[0] = math.inf
        named = []
        for name, (distribution, number) in point.items():
            if distribution not in ranges:
                ranges.append(distribution)
            named.append([name, ranges.index(distribution), number])
        study.add_trial(optuna.trial.create_trial(
            params={name: distribution.to_external_repr(number) for name, (distribution, number) in point.items()},
            distributions={name: distribution for name, (distribution, _) in point.items()}, values=values))
        written.append([named, [None if math.isinf(value) else value for value in values]])
    shares = [get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(),
                                    target=target_of(k, direction) if len(directions) > 1 else None)
              for k, direction in enumerate(directions)]
    return {"ranges": [json.loads(distribution_to_json(each)) for each in ranges], "directions": list(directions),
            "trials": written, "shares": shares}


def target_of(objective, direction):
    return lambda trial: trial.values[objective] * (1 if direction == "minimize" else -1)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cases = [case(1, REAL, 2), case(2, REAL, 7), case(3, REAL, 40, ["maximize"]), case(4, MIXED, 60),
             case(5, MIXED, 45, ["minimize", "maximize"]), case(6, REAL, 60, conditional=True),
             case(7, MIXED, 30, infinite=0.2), case(8, REAL, 50, digits=0), case(9, MIXED, 12, conditional=True)]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")
