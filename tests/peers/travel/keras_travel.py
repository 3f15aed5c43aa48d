"""Models that travel between Keras and Tutti, in `.keras` and `.h5`, there and back.

Run with the peers' Python: .venv/bin/python tests/peers/travel/keras_travel.py [--tutti PATH] [--only TEXT]
    [--applications]
Each model is made in Keras with drawn weights and saved; `tutti predict` must predict the same from the file,
and what `tutti convert` makes of it must open in Keras and predict the same: to 1e-5, keras.applications to 1e-4,
which ONNX Runtime must predict too. Text goes through Keras on TensorFlow, all else through Keras on JAX.
A case fails alone, and so does a layer of `tutti list layer` that no case has; at the end stands how many agreed, and
the exit status is 1 if one did not.
"""

import argparse
import csv
import json
import logging
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import warnings

BACKEND = os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")
logging.getLogger("absl").setLevel(logging.ERROR)

import keras  # noqa: E402
import numpy as np  # noqa: E402

import image_cases  # noqa: E402
import layer_cases  # noqa: E402
import model_cases  # noqa: E402
import text_cases  # noqa: E402

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
        if a.dtype.kind in "OSU":
            if (a.astype("str") != b.astype("str")).any():
                raise AssertionError(f"{what}: {b.ravel()[:5]} for {a.ravel()[:5]}")
            continue
        a, b = a.astype("float64"), b.astype("float64")
        worst = np.max(np.abs(a - b) / (1 + np.abs(a))) if a.size else 0
        if not worst <= tolerance:
            raise AssertionError(f"{what}: differs by {worst:.2e}")


def input_file(array, path):
    """Text as columns of a .csv file, all else as an .npy file; what `--input` takes for it."""
    if array.dtype.kind != "U":
        np.save(path.with_suffix(".npy"), array)
        return path.with_suffix(".npy")
    rows = array.reshape(len(array), -1)
    with open(path.with_suffix(".csv"), "w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    columns = [str(i) for i in range(rows.shape[1])]
    return f"{{csv: {path.with_suffix('.csv')}, header: no, text: {columns}}}"


def outputs_at(folder, expected):
    if expected[0].dtype.kind in "OSU":  # text has no .npy
        with open(folder / "y.csv", newline="") as file:
            return [np.array(list(csv.reader(file))[1:]).reshape(expected[0].shape)]
    count = len(expected)
    names = [folder / "y.npy"] if count == 1 else [folder / f"y_{i}.npy" for i in range(count)]
    return [np.load(name) for name in names]


def predictions(model, arrays):
    for layer in model.layers:  # whose states went on
        if getattr(layer, "stateful", False):
            layer.reset_state()
    return as_list(layer_cases.predict(model, arrays))


def decoded(outputs):
    """bytes as text, halves as numbers that .npy has."""
    return [np.vectorize(lambda b: b.decode())(o) if o.dtype.kind == "O" else
            o if o.dtype.kind in "fiub" else o.astype("float32") for o in outputs]


def travel(model, arrays, folder, endings, tolerance):
    """Returns the seconds that Tutti's prediction took from the first file."""
    expected = decoded(predictions(model, arrays))
    output = folder / ("y.csv" if expected[0].dtype.kind == "U" else "y.npy")
    inputs = []
    for i, array in enumerate(arrays):
        inputs += ["--input", input_file(array, folder / f"x_{i}")]
    seconds = 0
    for ending in endings:
        there, back = folder / f"there{ending}", folder / f"back{ending}"
        if ending == ".onnx":
            tutti("convert", folder / "there.keras", back)
            compare(expected, onnx_outputs(back, arrays), tolerance, "written .onnx")
            continue
        model.save(there)
        took = tutti("predict", there, *inputs, "--output", output)
        seconds = seconds or took
        compare(expected, outputs_at(folder, expected), tolerance, f"read {ending}")
        tutti("convert", there, back)
        again = decoded(predictions(keras.models.load_model(back), arrays))
        compare(expected, again, tolerance, f"written {ending}")
    return seconds


def onnx_outputs(path, arrays):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {given.name: array for given, array in zip(session.get_inputs(), arrays)})


def known_layers():
    listed = subprocess.run([TUTTI, "list", "layer", "--json"], capture_output=True, text=True, check=True).stdout
    return {kind["name"] for kind in json.loads(listed)}


def every_layer_case():
    for module in (layer_cases, image_cases, text_cases):
        yield from module.cases()


def layers_without_case():
    """Layers here that no case has, alone or inside another: Lambda is code, models are cases of their own."""
    found = {"Lambda", "Functional", "Sequential", "InputLayer"}
    for one in every_layer_case():
        found.add(one["name"])
        for value in one["arguments"].values():
            for layer in value if isinstance(value, list) else [value]:
                if isinstance(layer, keras.layers.Layer):
                    found.update(type(inner).__name__ for inner in layer._flatten_layers())
    return sorted(known_layers() - found)


def layers(only):
    for one in every_layer_case():
        text = f"{one['name']} {one['arguments']} {one['call'] or ''}"
        if only in text and one["backend"] == BACKEND:
            make = lambda one=one: (layer_cases.model_of(one), layer_cases.arrays_of(one))  # noqa: E731
            yield text, make, one["tolerance"], layer_cases.endings_of(one)


def models(only, applications):
    if BACKEND != "jax":
        return
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
    missing = layers_without_case() if BACKEND == "jax" and not options.only else []
    for name in missing:
        print(f"FAIL {name}: no case has it; add one to layer_cases.py, image_cases.py or text_cases.py")
    failed, agreed = len(missing), 0
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
    print(f"{agreed} agree, {failed} do not, with Keras on {BACKEND}", flush=True)
    if BACKEND == "jax" and not options.first:
        with_text = {**os.environ, "KERAS_BACKEND": "tensorflow"}
        failed += subprocess.run([sys.executable, *sys.argv], env=with_text, check=False).returncode
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
