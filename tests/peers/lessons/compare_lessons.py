"""Trains every job of launch/examples here and in Keras, five seeds each, and writes the table in README.md.

The program in Keras is made from the job itself: the same layers with the same arguments, the same rows, the
same optimizer. A lesson holds if its mean accuracy here is at least Keras's less one point."""

import argparse
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import yaml
from sklearn.model_selection import train_test_split

ROOT = pathlib.Path(__file__).resolve().parents[3]
SEEDS = range(5)


def read_rows(data):
    """Features and labels of a shipped set, treated and split as the job says."""
    with open(ROOT / "io/datasets" / f"{data['dataset']}.csv") as file:
        rows = list(csv.reader(file))
    x = np.array([[float(v) for v in row[:-1]] for row in rows[1:]], "float32")
    names = sorted({row[-1] for row in rows[1:]})
    y = np.array([names.index(row[-1]) for row in rows[1:]])
    split = data["split"]
    train, test = train_test_split(np.arange(len(x)), test_size=split["test"], random_state=split["seed"])
    if data.get("columns") == {"*": "standardize"}:
        x = (x - x[train].mean(0)) / x[train].std(0)
    x = x * data.get("scale", 1.0)
    return (x[train], y[train]), (x[test], y[test])


def named(item):
    """A kind as a job names it: its name and arguments."""
    return (item, {}) if isinstance(item, str) else next(iter(item.items()))


def keras_model(job, width):
    values = {"features": keras.Input((width,))}
    last = values["features"]
    for item in job["model"]:
        kind, arguments = named(item)
        arguments = dict(arguments or {})
        inputs = arguments.pop("inputs", None)
        layer = getattr(keras.layers, kind)(**arguments)
        if inputs is None:
            last = layer(last)
        elif isinstance(inputs, str):
            last = layer(values[inputs])
        else:
            taken = [values[name] for name in inputs]
            last = layer(*taken) if kind == "MultiHeadAttention" else layer(taken)
        values[arguments.get("name", layer.name)] = last
    return keras.Model(values["features"], last)


def keras_accuracy(job, seed):
    keras.utils.set_random_seed(seed)
    train, test = read_rows(job["data"])
    model = keras_model(job, train[0].shape[1])
    loss, loss_arguments = named(job["loss"])
    if not isinstance(job["loss"], str):
        loss = getattr(keras.losses, loss)(**loss_arguments)
    optimizer, arguments = named(job["optimizer"])
    model.compile(keras.optimizers.get(optimizer).__class__(**arguments), loss, metrics=["accuracy"])
    model.fit(*train, verbose=0, **job["fit"])
    return model.evaluate(*test, verbose=0)[1]


def our_accuracy(tutti, path, seed):
    with tempfile.TemporaryDirectory() as directory:
        run = pathlib.Path(directory) / "run"
        subprocess.run([tutti, "train", path, "--set", f"seed={seed}", "--run", run], check=True,
                       capture_output=True, text=True)
        out = subprocess.run([tutti, "evaluate", run], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"accuracy:? +([0-9.]+)", out).group(1))


def compare(tutti, path):
    job = yaml.safe_load(path.read_text())
    ours = [our_accuracy(tutti, path, seed) for seed in SEEDS]
    theirs = [keras_accuracy(job, seed) for seed in SEEDS]
    print(f"{job['name']}: {np.mean(ours):.4f} here, {np.mean(theirs):.4f} in Keras", flush=True)
    return job["name"], np.mean(ours), np.mean(theirs)


def write_table(rows):
    page = ROOT / "tests/peers/lessons/README.md"
    table = ["| lesson | here | Keras |", "|---|---|---|"]
    table += [f"| `{name}` | {ours:.3f} | {theirs:.3f} |" for name, ours, theirs in rows]
    text = page.read_text()
    page.write_text(re.sub(r"\| lesson \|.*\n(\|.*\n)*", "\n".join(table) + "\n", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tutti", default=str(ROOT / "build/release/bin/tutti"))
    parser.add_argument("--write", action="store_true", help="write the table")
    arguments = parser.parse_args()
    jobs = [path for path in sorted((ROOT / "launch/examples").glob("*.yaml"))
            if "accuracy" in (yaml.safe_load(path.read_text()).get("metrics") or [])
            and "dataset" in yaml.safe_load(path.read_text())["data"]]
    rows = [compare(arguments.tutti, path) for path in jobs]
    if arguments.write:
        write_table(rows)
    behind = [name for name, ours, theirs in rows if ours < theirs - 0.01]
    if behind:
        sys.exit(f"behind Keras by more than a point: {', '.join(behind)}")


if __name__ == "__main__":
    main()
