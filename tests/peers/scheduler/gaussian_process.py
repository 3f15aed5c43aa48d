"""Writes tests/scheduler/goldens/gaussian_process.json: fits, beliefs and expected improvements of Optuna's GP.

Usage: python tests/peers/scheduler/gaussian_process.py   (optuna >= 5, torch)
"""

import json
import pathlib

import numpy as np
import torch
from optuna._gp import acqf, gp, prior

GOLDEN = pathlib.Path(__file__).parents[2] / "scheduler" / "goldens" / "gaussian_process.json"


def loss_of(model):
    return -(model.marginal_log_likelihood() + prior.default_log_prior(model)).item()


def case(is_choice, trials, deterministic, seed):
    random = np.random.default_rng(seed)
    points = random.random((trials + 4, len(is_choice)))
    points[:, is_choice] = np.floor(3 * points[:, is_choice])
    points = points.round(3)
    values = np.sin(4 * points[:trials, 0]) + (points[:trials] ** 2).sum(axis=1) + 0.05 * random.normal(size=trials)
    values = (values - values.mean()) / values.std()
    model = gp.fit_kernel_params(points[:trials], values, np.array(is_choice), prior.default_log_prior,
                                 prior.DEFAULT_MINIMUM_NOISE_VAR, deterministic)
    asked = torch.from_numpy(points[trials:])
    mean, variance = model.posterior(asked)
    return {"is_choice": is_choice, "deterministic": deterministic, "points": points[:trials].tolist(),
            "values": values.tolist(), "precision": model.inverse_squared_lengthscales.tolist(),
            "scale": model.kernel_scale.item(), "noise": model.noise_var.item(), "loss": loss_of(model),
            "asked": points[trials:].tolist(), "mean": mean.tolist(), "variance": variance.tolist(),
            "improvement": acqf.logei(mean, variance + 1e-12, values.max()).tolist()}


if __name__ == "__main__":
    z = [-1e4, -60, -30, -26, -10, -5, -4.1, -3.9, -1, 0, 0.5, 3, 8, 40]
    cases = [case([False], 6, True, 1), case([False, False, False], 25, False, 2),
             case([False, True, False], 20, False, 3), case([True, False], 12, True, 4)]
    GOLDEN.write_text(
        '{"z": ' + json.dumps(z) + ',\n "log_improvement": '
        + json.dumps(acqf.standard_logei(torch.tensor(z, dtype=torch.float64)).tolist()) + ',\n "cases": [\n'
        + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
