"""Writes tests/scheduler/goldens/parzen.json: log densities of Optuna's Parzen estimator.

Usage: python tests/peers/scheduler/parzen.py   (optuna >= 5)
"""

import functools
import json
import pathlib

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.distributions import distribution_to_json
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "parzen.json"
np.argsort = functools.partial(np.argsort, kind="stable")  # equal values in the trials' order; NumPy's default varies
PARAMETERS = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)

REAL = {"x": FloatDistribution(-5, 10), "rate": FloatDistribution(1e-5, 1e-1, log=True)}
MIXED = REAL | {"units": IntDistribution(32, 512, step=32), "batch": IntDistribution(1, 256, log=True),
                "drop": FloatDistribution(0, 0.5, step=0.1), "act": CategoricalDistribution(["relu", "tanh", "elu"])}


def draw(random, distribution, count):
    if isinstance(distribution, CategoricalDistribution):
        return random.integers(len(distribution.choices), size=count).astype(float)
    share = random.random(count)
    if distribution.log and isinstance(distribution, FloatDistribution):
        return np.exp(np.log(distribution.low) + share * np.log(distribution.high / distribution.low))
    numbers = distribution.low + share * (distribution.high - distribution.low)
    if distribution.step is None:
        return numbers
    steps = np.round((numbers - distribution.low) / distribution.step)
    return np.clip(distribution.low + steps * distribution.step, distribution.low, distribution.high)


def case(random, space, observed, asked):
    observations = {name: draw(random, distribution, observed) for name, distribution in space.items()}
    points = {name: draw(random, distribution, asked) for name, distribution in space.items()}
    estimator = _ParzenEstimator(observations, space, PARAMETERS)
    return {"space": [json.loads(distribution_to_json(d)) for d in space.values()],
            "observations": [o.tolist() for o in observations.values()],
            "points": [p.tolist() for p in points.values()],
            "log_density": estimator.log_pdf(points).tolist()}


if __name__ == "__main__":
    random = np.random.default_rng(1)
    cases = [case(random, space, observed, 5) for space, observed in
             [(REAL, 0), (REAL, 1), (REAL, 2), (REAL, 24), (REAL, 26), (REAL, 150), (MIXED, 0), (MIXED, 1), (MIXED, 12),
              ({"units": IntDistribution(0, 100000)}, 60), ({"act": CategoricalDistribution(["a", "b"])}, 30)]]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
