"""Writes tests/scheduler/goldens/distributions.json: distributions as Optuna keeps and writes them.

Usage: python tests/peers/scheduler/distributions.py   (optuna >= 5)
"""

import json
import pathlib
import random
import warnings

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.distributions import distribution_to_json

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "distributions.json"
KINDS = {"FloatDistribution": FloatDistribution, "IntDistribution": IntDistribution,
         "CategoricalDistribution": CategoricalDistribution}


def attempts():
    yield "CategoricalDistribution", {"choices": ["relu", 3, 0.5, True, None]}
    yield "CategoricalDistribution", {"choices": []}
    for low, high, step in [(0, 1, None), (0, 1, 0.3), (0.1, 0.8, 0.1), (-1, 1, 0.25), (2, 2, None), (0, 0.7, 0.1),
                            (3, 1, None), (0, 1, 0), (0, 1, -0.1), (1e-5, 1, 0.00001), (0, 0.05, 0.1)]:
        yield "FloatDistribution", {"low": low, "high": high, "log": False, "step": step}
    for low, high, step in [(1e-5, 1e-1, None), (0, 1, None), (-1, 1, None), (0.1, 1, 0.1)]:
        yield "FloatDistribution", {"low": low, "high": high, "log": True, "step": step}
    for low, high, step in [(32, 512, 32), (0, 10, 3), (-7, 8, 4), (5, 5, 1), (1, 0, 1), (0, 5, 0), (0, 5, -1)]:
        yield "IntDistribution", {"low": low, "high": high, "log": False, "step": step}
    for low, high, step in [(1, 1000, 1), (0, 9, 1), (1, 9, 2)]:
        yield "IntDistribution", {"low": low, "high": high, "log": True, "step": step}


def case(name, attributes, draw):
    asked = {"name": name, "attributes": attributes}
    try:
        made = KINDS[name](**attributes)
    except ValueError:
        return {"asked": asked, "kept": None}
    if name == "CategoricalDistribution":
        return {"asked": asked, "kept": json.loads(distribution_to_json(made)), "contains": []}
    numbers = [made.low, made.high, made.high + 1, made.low - 1]
    numbers += [made.low + k * (made.step or 0.1) for k in range(4)]
    numbers += [draw.uniform(made.low, made.high) for _ in range(2)]
    inside = [[number, bool(made._contains(number))] for number in numbers]
    return {"asked": asked, "kept": json.loads(distribution_to_json(made)), "contains": inside}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    draw = random.Random(1)
    cases = [case(name, attributes, draw) for name, attributes in attempts()]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
