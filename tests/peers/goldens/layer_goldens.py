"""Writes goldens of layers with weights and windows: outputs, gradients and three training steps.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/layer_goldens.py
The loss is the sum of the output times a ramp, so that every element of a gradient is another. It runs on JAX,
which computes every layer on a CPU in every data format.
"""

import inspect
import json
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
RATE, STEPS = 0.05, 3


def numbers(array):
    """Flat, as the shortest texts of its float32 or integer elements."""
    array = np.asarray(array)
    return [float(str(np.float32(v))) if array.dtype.kind == "f" else v.item() for v in array.ravel()]


def array_of(array):
    return {"shape": list(np.shape(array)), "values": numbers(array)}


def ramp(shape):
    count = int(np.prod(shape))
    return (np.arange(count) % 7 / 8 - 0.25).astype("float32").reshape(shape)


SEPARATE = {"MultiHeadAttention", "GroupQueryAttention"}  # inputs are arguments of their own


def golden(name, arguments, *inputs, training=False, call=None):
    rng = np.random.default_rng(len(name) + sum(i.size for i in inputs))
    layer = getattr(keras.layers, name)(**arguments)
    call = call or {}
    separate = name in SEPARATE
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    layer(*given) if separate else layer(given)
    weights = [np.round(rng.uniform(0.1, 0.9, w.shape) - (0 if "variance" in w.path else 0.4), 3).astype("float32")
               for w in layer.weights]
    layer.set_weights(weights)
    fixed = [jax.numpy.asarray(w) for w in layer.non_trainable_variables]

    mode = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}

    def loss(trainable, x):
        y, state = layer.stateless_call(trainable, fixed, *(x if separate else [x]), **mode, **call)
        return (y * ramp(y.shape)).sum(), (y, state)

    floating = all(i.dtype.kind == "f" for i in inputs)
    trainable = [jax.numpy.asarray(w) for w in layer.trainable_variables]
    (_, (y, state)), slopes = jax.value_and_grad(loss, argnums=(0, 1) if floating else (0,), has_aux=True)(trainable, given)
    stepped = trainable
    for _ in range(STEPS):
        gradients = jax.grad(lambda w: loss(w, given)[0])(stepped)
        stepped = [w - RATE * g for w, g in zip(stepped, gradients)]
    return {"name": name, "arguments": {**arguments, **call}, "training": training, "inputs": [array_of(i) for i in inputs],
            "weights": [array_of(w) for w in weights],
            "weight_paths": [w.path.split("/", 1)[-1] for w in layer.weights],
            "trainable": [bool(w.trainable) for w in layer.weights], "output": array_of(y), "state": [array_of(s) for s in state],
            "input_gradient": [array_of(g) for g in (slopes[1] if isinstance(given, list) else slopes[1:])]
            if floating else None,
            "weight_gradients": [array_of(g) for g in slopes[0]], "trained": [array_of(w) for w in stepped]}


def only_output(case):
    """Of a layer that does something else while training: gradients are taken of steps that train."""
    return {**case, "input_gradient": None, "weight_gradients": [], "trained": []}


def sample(*shape):
    rng = np.random.default_rng(sum(shape) * 31 + len(shape))
    return np.round(rng.normal(size=shape), 3).astype("float32")


def convolutions():
    line, image, volume = sample(2, 6, 3), sample(2, 5, 4, 2), sample(2, 3, 4, 3, 2)
    return [
        golden("Conv1D", {"filters": 4, "kernel_size": 3}, line),
        golden("Conv1D", {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, line),
        golden("Conv1D", {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "use_bias": False,
                          "activation": "tanh"}, line),
        golden("Conv2D", {"filters": 3, "kernel_size": 3}, image),
        golden("Conv2D", {"filters": 3, "kernel_size": [2, 3], "strides": [2, 1], "padding": "same",
                          "activation": "relu"}, image),
        golden("Conv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": [2, 1], "groups": 2}, image),
        golden("Conv2D", {"filters": 3, "kernel_size": 1}, image),
        golden("Conv2D", {"filters": 3, "kernel_size": 2, "padding": "same", "data_format": "channels_first"}, image),
        golden("Conv3D", {"filters": 2, "kernel_size": 2, "strides": [1, 2, 1], "padding": "same"}, volume),
        golden("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}, line),
        golden("Conv2DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3}, image),
        golden("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same",
                                   "activation": "relu"}, image),
        golden("Conv2DTranspose", {"filters": 2, "kernel_size": [3, 2], "strides": 2, "padding": "same",
                                   "output_padding": [1, 0], "data_format": "channels_first"}, image),
        golden("Conv2DTranspose", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, image),
        golden("Conv3DTranspose", {"filters": 1, "kernel_size": 2, "strides": [2, 1, 2], "output_padding": [1, 0, 0]},
               volume),
        golden("DepthwiseConv1D", {"kernel_size": 3, "padding": "same"}, line),
        golden("DepthwiseConv2D", {"kernel_size": 2, "depth_multiplier": 3, "activation": "tanh"}, image),
        golden("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same",
                                   "data_format": "channels_first"}, image),
        golden("SeparableConv1D", {"filters": 4, "kernel_size": 2, "depth_multiplier": 2}, line),
        golden("SeparableConv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, image),
    ]


def poolings():
    line, image, volume = sample(2, 7, 3), sample(2, 5, 4, 2), sample(2, 3, 4, 3, 2)
    cases = []
    for kind in "Max", "Average":
        cases += [
            golden(f"{kind}Pooling1D", {"pool_size": 2}, line),
            golden(f"{kind}Pooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, line),
            golden(f"{kind}Pooling2D", {"pool_size": [2, 2]}, image),
            golden(f"{kind}Pooling2D", {"pool_size": 3, "strides": [1, 2], "padding": "same"}, image),
            golden(f"{kind}Pooling2D", {"pool_size": 2, "data_format": "channels_first"}, image),
            golden(f"{kind}Pooling3D", {"pool_size": 2, "strides": 1}, volume),
            golden(f"Global{kind}Pooling1D", {}, line),
            golden(f"Global{kind}Pooling2D", {"keepdims": True}, image),
            golden(f"Global{kind}Pooling2D", {"data_format": "channels_first"}, image),
            golden(f"Global{kind}Pooling3D", {}, volume),
            golden(f"Adaptive{kind}Pooling1D", {"output_size": 3}, line),
            golden(f"Adaptive{kind}Pooling2D", {"output_size": [2, 3]}, image),
            golden(f"Adaptive{kind}Pooling3D", {"output_size": 2}, volume),
        ]
    tied = np.zeros((1, 4, 4, 1), "float32")  # the first of equals
    cases.append(golden("MaxPooling2D", {"pool_size": 2}, tied))
    return cases


def normalizations():
    table, line, image = sample(4, 3), sample(2, 4, 3), sample(2, 3, 2, 4)
    return [
        only_output(golden("BatchNormalization", {}, table)),
        golden("BatchNormalization", {}, table, training=True),
        golden("BatchNormalization", {"momentum": 0.5, "epsilon": 0.01, "center": False}, image, training=True),
        golden("BatchNormalization", {"axis": 1, "scale": False}, line, training=True),
        golden("LayerNormalization", {}, table),
        golden("LayerNormalization", {"axis": [1, 2], "center": False}, line),
        golden("LayerNormalization", {"axis": 1, "scale": False}, line),
        golden("RMSNormalization", {}, line),
        golden("RMSNormalization", {"axis": [-2, -1], "epsilon": 0.1}, line),
        golden("UnitNormalization", {}, line),
        golden("UnitNormalization", {"axis": [1, 2]}, line),
        golden("GroupNormalization", {"groups": 2}, image),
        golden("GroupNormalization", {"groups": -1, "center": False}, image),
        golden("GroupNormalization", {"groups": 2, "axis": 1}, sample(2, 4, 3, 2)),
    ]


def shapes():
    line, image, volume, wide = sample(2, 5, 3), sample(2, 4, 3, 2), sample(1, 3, 3, 2, 2), sample(1, 4, 7, 2)
    cases = [
        golden("ZeroPadding1D", {"padding": 2}, line),
        golden("ZeroPadding1D", {"padding": [0, 3]}, line),
        golden("ZeroPadding2D", {}, image),
        golden("ZeroPadding2D", {"padding": [1, 2]}, image),
        golden("ZeroPadding2D", {"padding": [[0, 1], [2, 0]], "data_format": "channels_first"}, image),
        golden("ZeroPadding3D", {"padding": [[1, 0], [0, 1], [1, 1]]}, volume),
        golden("Cropping1D", {"cropping": 1}, line),
        golden("Cropping1D", {"cropping": [0, 2]}, line),
        golden("Cropping2D", {"cropping": [1, 1]}, image),
        golden("Cropping2D", {"cropping": [[0, 1], [1, 0]]}, image),
        golden("Cropping3D", {"cropping": [1, 1, 0]}, volume),
        golden("UpSampling1D", {"size": 3}, line),
        golden("UpSampling2D", {"size": [1, 3]}, image),
        golden("UpSampling2D", {"data_format": "channels_first"}, image),
        golden("UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"}, image),
        golden("UpSampling2D", {"interpolation": "bicubic"}, image),
        golden("UpSampling3D", {"size": [2, 1, 2]}, volume),
        golden("Permute", {"dims": [2, 1]}, line),
        golden("Permute", {"dims": [3, 1, 2]}, image),
        golden("RepeatVector", {"n": 3}, sample(3, 4)),
        golden("PReLU", {}, line),
        golden("PReLU", {"shared_axes": [1, 2]}, image),
        golden("CenterCrop", {"height": 2, "width": 3}, wide),
        golden("CenterCrop", {"height": 6, "width": 3}, wide),
    ]
    for arguments in ({"height": 3, "width": 5}, {"height": 6, "width": 5, "interpolation": "nearest"},
                      {"height": 2, "width": 3, "antialias": True}, {"height": 9, "width": 3, "interpolation": "bicubic"},
                      {"height": 3, "width": 9, "interpolation": "lanczos3"},
                      {"height": 3, "width": 4, "interpolation": "lanczos5", "antialias": True},
                      {"height": 3, "width": 3, "crop_to_aspect_ratio": True},
                      {"height": 4, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 0.5}):
        cases.append(golden("Resizing", arguments, wide))
    return cases


def attentions():
    query, value, key = sample(2, 3, 4), sample(2, 5, 4), sample(2, 5, 4) + 1
    wide = sample(2, 5, 3)
    heads = {"num_heads": 2, "key_dim": 3}
    group = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
    return [
        golden("Attention", {}, query, value),
        golden("Attention", {"use_scale": True}, query, wide, key),
        golden("Attention", {"use_scale": True, "score_mode": "concat"}, query, value),
        golden("Attention", {}, query, query, call={"use_causal_mask": True}),
        golden("AdditiveAttention", {}, query, value, key),
        golden("AdditiveAttention", {"use_scale": False}, query, value),
        golden("MultiHeadAttention", heads, query, value),
        only_output(golden("MultiHeadAttention", {**heads, "value_dim": 5, "use_bias": False, "dropout": 0.1},
                           query, value, key)),
        golden("MultiHeadAttention", {**heads, "output_shape": 6}, query, value),
        golden("MultiHeadAttention", heads, query, query, call={"use_causal_mask": True}),
        golden("MultiHeadAttention", {**heads, "sliding_window": 2}, query, query),
        golden("GroupQueryAttention", group, query, value),
        golden("GroupQueryAttention", group, query, query, call={"use_causal_mask": True}),
        golden("Dot", {"axes": 1}, sample(3, 4), sample(3, 4) + 1),
        golden("Dot", {"axes": [2, 1]}, query, sample(2, 4, 5)),
        golden("Dot", {"axes": -1, "normalize": True}, query, value),
    ]


GOLDENS = {"convolutions": convolutions, "poolings": poolings, "normalizations": normalizations, "shapes": shapes,
           "attentions": attentions}

if __name__ == "__main__":
    for file in sys.argv[1:] or GOLDENS:
        text = json.dumps({"rate": RATE, "steps": STEPS, "cases": GOLDENS[file]()}, separators=(",", ":"))
        (HERE / f"{file}.json").write_text(text.replace("},{\"name\"", "},\n{\"name\"") + "\n")
