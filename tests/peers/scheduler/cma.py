"""Writes tests/scheduler/goldens/cma.json: what generations make of the cmaes package's distributions.

Usage: python tests/peers/scheduler/cma.py   (cmaes, numpy)
"""

import json
import pathlib

import numpy as np
from cmaes import CMA, CMAwM

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "cma.json"


def state_of(optimizer):
    cma = getattr(optimizer, "_cma", optimizer)
    return {"mean": cma._mean.tolist(), "sigma": cma._sigma, "covariance": cma._C.ravel().tolist(),
            "scale": getattr(optimizer, "_A", np.ones(cma.dim)).tolist()}


def case(cells, population, generations, seed):
    """`cells` of each coordinate of the unit cube, 0 for a continuous one: places lie in the middle of a cell."""
    count = np.array(cells)
    half = np.where(count > 0, 0.5 / np.maximum(count, 1), 0)
    arguments = {"mean": np.full(len(cells), 0.5), "sigma": 1 / 6, "seed": seed, "population_size": population,
                 "n_max_resampling": 10 * len(cells), "bounds": np.stack([half, 1 - half], axis=1)}
    optimizer = CMAwM(steps=2 * half, **arguments) if any(cells) else CMA(**arguments)
    target = np.linspace(0.05, 0.85, len(cells))
    told = []
    for _ in range(generations):
        drawn = []
        for _ in range(optimizer.population_size):
            asked = optimizer.ask()
            place, raw = asked if any(cells) else (asked, asked)
            drawn.append((raw, float(np.sum(np.arange(1, len(cells) + 1) * (place - target) ** 2))))
        drawn.sort(key=lambda solution: solution[1])
        optimizer.tell(list(drawn))
        told.append({"raw": [raw.tolist() for raw, _ in drawn], **state_of(optimizer)})
    return {"cells": cells, "population": optimizer.population_size, "generations": told}


if __name__ == "__main__":
    cases = [case([0, 0, 0], None, 5, 1), case([0], None, 3, 2), case([0, 0], 10, 3, 3),
             case([2, 0, 5, 31], None, 7, 4), case([9, 3], None, 12, 5)]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
