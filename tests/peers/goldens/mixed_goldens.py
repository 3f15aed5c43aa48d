"""Writes in which dtypes layers of the policy mixed_bfloat16 compute and keep their weights, and a fit under it.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/mixed_goldens.py
The layers are those of layer_goldens.py.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import layer_goldens  # noqa: E402
import numpy as np  # noqa: E402

# Keras leaves what these are given its own policy, here it takes theirs.
HOLDERS = {"Bidirectional", "StackedRNNCells"}
HERE = pathlib.Path(__file__).resolve().parent


def dtypes(name, arguments, *inputs, training=False, mask=None, call=None):
    if name in HOLDERS:
        return None
    layer = layer_goldens.layer_of(name, {**arguments, "dtype": "mixed_bfloat16"})
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    positional, options = layer_goldens.called(layer, given, dict(call or {}), mask)
    try:
        outputs = keras.tree.flatten(layer(*positional, **options))
    except (NotImplementedError, RuntimeError, ValueError) as error:  # no kernel of PyTorch's for bfloat16
        print(name, str(error).splitlines()[0])
        return None
    return {"name": name, "arguments": {**arguments, **(call or {})}, "inputs": [list(i.shape) for i in inputs],
            "below": 0 if inputs[0].dtype.kind == "f" else arguments.get("input_dim", 2),
            "outputs": [keras.backend.standardize_dtype(y.dtype) for y in outputs],
            "weights": [keras.backend.standardize_dtype(w.dtype) for w in layer.weights]}


def wave(shape, slope, offset):
    return np.sin(slope * np.arange(int(np.prod(shape))) + offset).reshape(shape).astype("float32")


def fit():
    """A net with layers of the policy, which is of all that name none, and a last one of float32."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, activation="tanh"),
                              keras.layers.LayerNormalization(), keras.layers.Dense(8, activation="relu"),
                              keras.layers.Dense(3, activation="softmax", dtype="float32")])
    keras.config.set_dtype_policy("float32")
    model.set_weights([wave(w.shape, 0.7 + 0.1 * i, 0.3) for i, w in enumerate(model.get_weights())])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(wave((48, 3), 0.9, 0.1), np.arange(48) * 7 % 3, batch_size=16, epochs=8, shuffle=False,
                        verbose=0).history
    return {"history": {name: [float(str(np.float32(v))) for v in values] for name, values in history.items()},
            "layers": [layer.dtype_policy.name for layer in model.layers],
            "outputs": [keras.backend.standardize_dtype(layer.output.dtype) for layer in model.layers]}


if __name__ == "__main__":
    layer_goldens.golden, layer_goldens.only_output = dtypes, lambda case: case
    cases = [case for make in layer_goldens.GOLDENS.values() for case in make()]
    seen = {json.dumps([case[key] for key in ("name", "outputs", "weights", "below")]): case for case in cases if case}
    text = json.dumps({"cases": list(seen.values()), "fit": fit()}, separators=(",", ":"))
    (HERE / "mixed.json").write_text(text.replace("},{\"name\"", "},\n{\"name\"") + "\n")
