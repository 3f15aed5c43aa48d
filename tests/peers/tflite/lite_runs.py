"""Runs our .tflite files in LiteRT and compares its outputs with ours.

Run with the peers' Python: .venv/bin/python tests/peers/tflite/lite_runs.py [--tutti PATH] [--only TEXT]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from ai_edge_litert.interpreter import Interpreter  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
L = keras.layers
ACTIVATIONS = ["relu", "sigmoid", "tanh", "softmax", "elu", "silu", "relu6", "exponential", "hard_silu", "leaky_relu",
               "linear"]


def rows(*shapes):
    return [np.random.normal(size=(5, *shape)).astype("float32") for shape in shapes]


def digits():
    """The net of the digits."""
    return keras.Sequential([keras.Input((784,)), L.Dense(600, "relu"), L.Dropout(0.2), L.Dense(500, "relu"),
                             L.Dense(250, "relu"), L.Dense(10, "softmax")]), rows((784,))


def activations():
    x = keras.Input((7,))
    layers = [L.ReLU(6), L.ReLU(negative_slope=0.1), L.ReLU(max_value=1.5), L.LeakyReLU(0.3), L.ELU(), L.Softmax(),
              L.PReLU(), L.Activation("tanh")]
    outs = [L.Dense(4, name)(x) for name in ACTIVATIONS] + [layer(L.Dense(4)(x)) for layer in layers]
    return keras.Model(x, L.Concatenate()(outs)), rows((7,))


def over_axes():
    return keras.Sequential([keras.Input((3, 5, 6)), L.Dense(4, "relu", use_bias=False), L.Reshape((15, 4)),
                             L.Dense(2)]), rows((3, 5, 6))


def cnn():
    return keras.Sequential([
        keras.Input((14, 15, 3)), L.Rescaling(0.5, 0.1), L.ZeroPadding2D(((1, 2), (0, 1))),
        L.Conv2D(6, 3, strides=2, padding="same"), L.BatchNormalization(), L.Activation("relu"), L.MaxPooling2D(2),
        L.Conv2D(5, (2, 3), dilation_rate=(1, 2), padding="same", activation="relu"),
        L.AveragePooling2D((3, 2), strides=1, padding="same"),
        L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="relu6"),
        L.SeparableConv2D(4, 2, use_bias=False), L.Flatten(), L.Dense(3, "softmax")]), rows((14, 15, 3))


def cnn_of_one_axis():
    return keras.Sequential([
        keras.Input((20, 3)), L.ZeroPadding1D(2), L.Conv1D(6, 3, strides=2, activation="relu"), L.MaxPooling1D(2),
        L.SeparableConv1D(4, 3, padding="same"), L.DepthwiseConv1D(3), L.BatchNormalization(scale=False),
        L.AveragePooling1D(2), L.GlobalAveragePooling1D(), L.Dense(2)]), rows((20, 3))


def residual():
    x = keras.Input((8, 8, 3), name="image")
    y = keras.Input((4,), name="age")
    h = L.Conv2D(4, 3, padding="same")(x)
    same = L.Conv2D(4, 3, padding="same", activation="relu")(h)
    h = L.Add()([h, same, h])
    h = L.Maximum()([h, L.Multiply()([same, same])])
    h = L.Average()([h, L.Subtract()([same, h]), L.Minimum()([h, same])])
    inner = keras.Sequential([keras.Input((4,)), L.Dense(5, "relu"), L.Dropout(0.3)])
    both = L.Concatenate()([L.GlobalAveragePooling2D()(h), L.GlobalMaxPooling2D()(h), inner(y)])
    return keras.Model([x, y], [L.Dense(2, "softmax", name="class")(both), L.Dense(1, name="share")(both)]), rows(
        (8, 8, 3), (4,))


CASES = {case.__name__: case for case in (digits, activations, over_axes, cnn, cnn_of_one_axis, residual)}


def tutti(*arguments):
    done = subprocess.run([TUTTI, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError((done.stderr or done.stdout).strip().splitlines()[-1][:300])


def draw(model):
    for variable in model.weights:
        if variable.dtype == "float32" and len(variable.shape) < 2 or "alpha" in variable.path:
            low = 0.5 if "variance" in variable.path else -0.5
            variable.assign(np.random.uniform(low, low + 1, size=variable.shape).astype("float32"))


def run(path, inputs):
    interpreter = Interpreter(model_path=str(path))
    for details, value in zip(interpreter.get_input_details(), inputs):
        interpreter.resize_tensor_input(details["index"], value.shape, strict=True)
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


def compare(case, folder):
    model, inputs = case()
    draw(model)
    model.save(folder / "model.keras")
    arguments = []
    for i, value in enumerate(inputs):
        np.save(folder / f"x_{i}.npy", value)
        arguments += ["--input", folder / f"x_{i}.npy"]
    tutti("predict", folder / "model.keras", *arguments, "--output", folder / "y.npy")
    count = len(model.outputs)
    wanted = [np.load(folder / ("y.npy" if count == 1 else f"y_{i}.npy")) for i in range(count)]
    tutti("convert", folder / "model.keras", folder / "model.tflite")
    got = run(folder / "model.tflite", inputs)
    if [y.shape for y in got] != [y.shape for y in wanted]:
        raise AssertionError(f"shapes {[y.shape for y in got]} for {[y.shape for y in wanted]}")
    worst = max(float(np.max(np.abs(a - b) / (1 + np.abs(a)))) for a, b in zip(wanted, got))
    if not worst <= 1e-5:
        raise AssertionError(f"differs by {worst:.2e}")


def main():
    global TUTTI
    parser = argparse.ArgumentParser()
    parser.add_argument("--tutti", default=ROOT / "build/release/bin/tutti")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    TUTTI = given.tutti
    chosen = {name: case for name, case in CASES.items() if given.only in name}
    failed = 0
    for seed, (name, case) in enumerate(chosen.items()):
        keras.utils.set_random_seed(seed + 1)
        with tempfile.TemporaryDirectory() as folder:
            try:
                compare(case, pathlib.Path(folder))
                print(f"{name}: the same in LiteRT")
            except Exception as error:  # a case fails alone
                failed += 1
                print(f"{name}: {type(error).__name__} {error}")
    print(f"{len(chosen) - failed} of {len(chosen)} models agree with LiteRT")
    sys.exit(failed > 0 or not chosen)


main()
