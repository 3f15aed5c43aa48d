"""Writes goldens of layers with weights, windows, steps and masks: outputs, gradients and three training steps.

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

import recurrent_goldens  # noqa: E402

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


def layer_of(name, arguments):
    """A layer, of which an argument may be another one: {"Dense": {"units": 3}}."""

    def made(value):
        if isinstance(value, list):
            return [made(v) for v in value]
        if isinstance(value, dict) and len(value) == 1 and hasattr(keras.layers, kind := next(iter(value))):
            return layer_of(kind, value[kind])
        return value

    return getattr(keras.layers, name)(**{key: made(value) for key, value in arguments.items()})


SEPARATE = {"MultiHeadAttention", "GroupedQueryAttention"}  # inputs are arguments of their own


def called(layer, given, options, mask):
    """How a layer takes what stands behind its first input: cells take states, recurrent layers initial ones."""
    if mask is not None and "mask" in inspect.signature(layer.call).parameters:
        options = {**options, "mask": mask}
    if type(layer).__name__ in SEPARATE:
        return tuple(given), options
    if isinstance(given, list) and "states" in inspect.signature(layer.call).parameters:
        states = given[1:]
        if isinstance(layer, keras.layers.StackedRNNCells):
            flat = iter(states)
            states = [[next(flat) for _ in np.atleast_1d(cell.state_size)] for cell in layer.cells]
        return (given[0], states), options
    if isinstance(given, list) and "initial_state" in inspect.signature(layer.call).parameters:
        return (given[0],), {**options, "initial_state": given[1:]}
    return (given,), options


def own_first(layer):
    """Where a layer's weights stand: those of layers inside behind its own, also of a layer that tracks them itself."""
    inner = [id(w) for sublayer in layer._layers for w in sublayer.weights]
    return sorted(range(len(layer.weights)), key=lambda i: id(layer.weights[i]) in inner)


def golden(name, arguments, *inputs, training=False, mask=None, call=None):
    keras.utils.clear_session()
    rng = np.random.default_rng(len(name) + sum(i.size for i in inputs))
    layer = layer_of(name, arguments)
    mode = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    positional, options = called(layer, given, {}, mask)
    layer(*positional, **options)
    weights = [np.round(rng.uniform(0.1, 0.9, w.shape) - (0 if "variance" in w.path else 0.4), 3).astype("float32")
               for w in layer.weights]
    layer.set_weights(weights)
    fixed = [jax.numpy.asarray(w) for w in layer.non_trainable_variables]

    def outputs_of(trainable, x):
        positional, options = called(layer, x, {**mode, **(call or {})}, mask)
        y, state = layer.stateless_call(trainable, fixed, *positional, **options)
        return keras.tree.flatten(y), state

    def loss(trainable, x):
        ys, state = outputs_of(trainable, x)
        return sum((y * ramp(y.shape)).sum() for y in ys), (ys, state)

    order = own_first(layer)
    floating = all(i.dtype.kind == "f" for i in inputs)
    trainable = [jax.numpy.asarray(w) for w in layer.trainable_variables]
    slopes_of = jax.value_and_grad(loss, argnums=(0, 1) if floating else (0,), has_aux=True)
    (_, (ys, state)), slopes = slopes_of(trainable, given)
    stepped = trainable
    for _ in range(STEPS):
        gradients = jax.grad(lambda w: loss(w, given)[0])(stepped)
        stepped = [w - RATE * g for w, g in zip(stepped, gradients)]
    case = {"name": name, "arguments": {**arguments, **(call or {})}, "training": training, "inputs": [array_of(i) for i in inputs],
            "weights": [array_of(weights[i]) for i in order],
            "weight_paths": [layer.weights[i].path.split("/", 1)[-1] for i in order],
            "trainable": [bool(layer.weights[i].trainable) for i in order], "output": array_of(ys[0]),
            "state": [array_of(s) for v, s in zip(layer.non_trainable_variables, state)
                      if any(v is w for w in layer.weights)],  # not that of a seed
            "input_gradient": [array_of(g) for g in (slopes[1] if isinstance(given, list) else slopes[1:])]
            if floating else None,
            "weight_gradients": [array_of(g) for g in slopes[0]], "trained": [array_of(w) for w in stepped]}
    if len(ys) > 1:
        case["states"] = [array_of(y) for y in ys[1:]]
    if mask is not None:
        case["mask"] = array_of(mask.astype("int64"))
    if layer.supports_masking:
        masks = keras.tree.flatten(layer.compute_mask(given, mask)) if isinstance(
            layer, (keras.layers.Masking, keras.layers.Embedding)) or mask is not None else [None]
        if masks[0] is not None:
            case["output_mask"] = array_of(np.asarray(masks[0]).astype("int64"))
    return case


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


def whole(*shape, below):
    return np.random.default_rng(sum(shape)).integers(0, below, shape)


def masks():
    steps = sample(2, 4, 3)
    steps[0, 2:] = 0
    steps[1, 0] = 0
    words = np.array([[1, 4, 0, 2], [3, 1, 1, 0]])
    some = np.array([[True, False, True, True], [True, True, False, False]])
    return [
        golden("Masking", {}, steps),
        golden("Masking", {"mask_value": 0.5}, np.where(steps == 0, np.float32(0.5), steps)),
        golden("Embedding", {"input_dim": 5, "output_dim": 3}, words),
        golden("Embedding", {"input_dim": 5, "output_dim": 2, "mask_zero": True}, words),
        golden("Embedding", {"input_dim": 7, "output_dim": 3}, whole(4, below=7)),
        golden("Dense", {"units": 2, "activation": "tanh"}, steps, mask=some),
        golden("GlobalAveragePooling1D", {}, steps, mask=some),
        golden("GlobalAveragePooling1D", {"keepdims": True}, steps, mask=some),
        golden("BatchNormalization", {}, steps, training=True, mask=some),
        golden("LayerNormalization", {}, steps, mask=some),
        golden("TimeDistributed", {"layer": {"Dense": {"units": 2}}}, steps, mask=some),
        golden("TimeDistributed", {"layer": {"Conv1D": {"filters": 2, "kernel_size": 2, "name": "inner"}}},
               sample(2, 3, 4, 2)),
    ]


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


def products():
    table, steps, heads = sample(3, 4), sample(2, 3, 4), sample(2, 3, 2, 4)
    some = np.array([[True, False, True, True], [False, False, False, False]])
    words = np.array([[1, 4, 0, 2], [3, 1, 1, 0]])
    return [
        golden("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c"}, table),
        golden("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 2], "bias_axes": "d",
                               "activation": "tanh"}, steps),
        golden("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "bias_axes": "y"}, heads),
        golden("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de"}, steps),
        golden("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [None, 3], "bias_axes": "e"}, heads),
        golden("EinsumDense", {"equation": "abc,bcd->abd", "output_shape": [3, 2], "bias_axes": "bd"}, steps),
        golden("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 2, "bias_axes": "c"}, heads),
        golden("EinsumDense", {"equation": "abc,bd->ad", "output_shape": 2}, steps),
        golden("EinsumDense", {"equation": "abc,cd->adb", "output_shape": [2, 3], "bias_axes": "b"}, steps),
        golden("Softmax", {}, table),
        golden("Softmax", {"axis": 1}, steps),
        golden("Softmax", {"axis": [1, 2]}, steps),
        golden("Softmax", {}, sample(2, 4), mask=some),
        golden("ReversibleEmbedding", {"input_dim": 5, "output_dim": 3}, words),
        only_output(golden("ReversibleEmbedding", {"input_dim": 5, "output_dim": 3, "tie_weights": False}, words)),
        only_output(golden("SpectralNormalization", {"layer": {"Dense": {"units": 3}}}, table, training=True)),
        only_output(golden("SpectralNormalization", {"layer": {"Conv1D": {"filters": 2, "kernel_size": 2}},
                                                     "power_iterations": 3}, steps, training=True)),
        golden("SpectralNormalization", {"layer": {"Dense": {"units": 3}}}, table),
    ]


def spectrograms():
    signal, channels = sample(2, 30), sample(2, 20, 2)
    small = {"frame_length": 8, "fft_length": 8}
    mel = {"fft_length": 16, "sequence_stride": 5, "num_mel_bins": 4, "sampling_rate": 2000}
    cases = [golden("STFTSpectrogram", {**small, "mode": mode}, channels)
             for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")]
    return cases + [
        golden("STFTSpectrogram", {**small, "expand_dims": True, "window": "hamming", "scaling": "spectrum"}, channels),
        golden("STFTSpectrogram", {"frame_length": 5, "frame_step": 3, "padding": "same", "window": None,
                                   "data_format": "channels_first", "mode": "magnitude"}, sample(2, 2, 17)),
        golden("STFTSpectrogram", {**small, "periodic": True, "scaling": None, "data_format": "channels_first",
                                   "expand_dims": True, "mode": "stft"}, sample(2, 2, 17)),
        golden("MelSpectrogram", mel, signal),
        golden("MelSpectrogram", {**mel, "top_db": 6.0}, signal),
        golden("MelSpectrogram", {**mel, "power_to_db": False, "mag_exp": 1.0, "sequence_length": 10, "min_freq": 50.0,
                                  "max_freq": 800.0}, sample(2, 2, 40)),
        golden("MelSpectrogram", {**mel, "ref_power": 4.0, "min_power": 0.5, "window": "hamming"}, signal),
    ]


GOLDENS = {"convolutions": convolutions, "poolings": poolings, "normalizations": normalizations, "shapes": shapes,
           "attentions": attentions, "masks": masks, "products": products, "spectrograms": spectrograms,
           **{file: lambda make=make: make(golden, only_output, sample)
              for file, make in (("recurrent", recurrent_goldens.recurrent),
                                 ("conv_lstms", recurrent_goldens.conv_lstms))}}

if __name__ == "__main__":
    for file in sys.argv[1:] or GOLDENS:
        text = json.dumps({"rate": RATE, "steps": STEPS, "cases": GOLDENS[file]()}, separators=(",", ":"))
        (HERE / f"{file}.json").write_text(text.replace("},{\"name\"", "},\n{\"name\"") + "\n")
