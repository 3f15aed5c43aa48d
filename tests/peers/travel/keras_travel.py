"""Models that travel between Keras and Tutti, in `.keras` and `.h5`, there and back.

Run with the peers' Python: .venv/bin/python tests/peers/travel/keras_travel.py [--tutti PATH] [--only TEXT]
    [--applications]
Each model is made in Keras with drawn weights and saved; `tutti predict` must predict the same from the file,
and what `tutti convert` makes of it must open in Keras and predict the same: to 1e-5, keras.applications to 1e-4.
A case fails alone; at the end stands how many agreed, and the exit status is 1 if one did not.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import layer_cases  # noqa: E402
import model_cases  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]


def tutti(*arguments):
    started = time.time()
    done = subprocess.run([TUTTI, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise AssertionError((done.stderr or done.stdout).strip().splitlines()[-1][:300])
    return time.time() - started


def as_list(outputs):
    if isinstance(outputs, dict):
        return [np.asarray(outputs[key]) for key in sorted(outputs)]
    return [np.asarray(o) for o in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]


def compare(expected, got, tolerance, what):
    if len(expected) != len(got):
        raise AssertionError(f"{what}: {len(got)} outputs for {len(expected)}")
    for a, b in zip(expected, got):
        if a.shape != b.shape:
            raise AssertionError(f"{what}: shape {b.shape} for {a.shape}")
        a, b = a.astype("float64"), b.astype("float64")
        worst = np.max(np.abs(a - b) / (1 + np.abs(a))) if a.size else 0
        if not worst <= tolerance:
            raise AssertionError(f"{what}: differs by {worst:.2e}")


def outputs_at(folder, count):
    names = [folder / "y.npy"] if count == 1 else [folder / f"y_{i}.npy" for i in range(count)]
    return [np.load(name) for name in names]


def predictions(model, arrays):
    return as_list(model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0))


def travel(model, arrays, folder, endings, tolerance):
    """Returns the seconds that Tutti's prediction took from the first file."""
    expected = predictions(model, arrays)
    inputs = []
    for i, array in enumerate(arrays):
        np.save(folder / f"x_{i}.npy", array)
        inputs += ["--input", folder / f"x_{i}.npy"]
    seconds = 0
    for ending in endings:
        there, back = folder / f"there{ending}", folder / f"back{ending}"
        model.save(there)
        took = tutti("predict", there, *inputs, "--output", folder / "y.npy")
        seconds = seconds or took
        compare(expected, outputs_at(folder, len(expected)), tolerance, f"read {ending}")
        tutti("convert", there, back)
        compare(expected, predictions(keras.models.load_model(back), arrays), tolerance, f"written {ending}")
    return seconds


def layers(only):
    listed = subprocess.run([TUTTI, "list", "layer"], capture_output=True, text=True, check=True).stdout
    known = {line.split()[0] for line in listed.splitlines() if line.strip()}
    for one in layer_cases.layer_cases():
        if one["name"] not in known:
            print(f"not here: {one['name']}")
            continue
        text = f"{one['name']} {one['arguments']} {one['call'] or ''}"
        if only in text:
            yield text, lambda one=one: (layer_cases.model_of(one), layer_cases.arrays_of(one)), 1e-5, [".keras", ".h5"]


def models(only, applications):
    for name, make, tolerance, endings in model_cases.cases(applications):
        if only in name:
            yield name, make, tolerance, endings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tutti", default=str(ROOT / "build/release/bin/tutti"))
    parser.add_argument("--only", default="", help="cases whose text has this")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--applications", action="store_true")
    parser.add_argument("--keep", help="a folder in which the files of the last case stay")
    options = parser.parse_args()
    global TUTTI
    TUTTI = options.tutti
    failed = agreed = 0
    every = [*layers(options.only), *models(options.only, options.applications)]
    for text, make, tolerance, endings in every[options.first :]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(options.keep or scratch)
            try:
                seconds = travel(*make(), folder, endings, tolerance)
                agreed += 1
                if options.applications:
                    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
                    print(f"ok   {text[:60]:60} {seconds:6.1f} s, at most {peak:.0f} MiB so far", flush=True)
            except Exception as error:  # noqa: BLE001 - a case fails alone
                failed += 1
                print(f"FAIL {text[:110]}: {type(error).__name__} {str(error)[:400]}", flush=True)
    print(f"{agreed} agree, {failed} do not")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
