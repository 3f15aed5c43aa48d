"""Writes quantization.json: what Keras's quantize() makes of layers, their weights, scales and outputs.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/quantization_goldens.py
It also writes small quantized models into tests/io/keras/files, with their predictions.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers as L  # noqa: E402
from keras.quantizers import AbsMaxQuantizer, Int4QuantizationConfig, Int8QuantizationConfig  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FILES = HERE.parents[1] / "io/keras/files"


def wave(shape, slope, offset):
    return np.sin(slope * np.arange(int(np.prod(shape))) + offset).reshape(shape).astype("float32")


def numbers(array):
    array = np.asarray(array)
    if array.dtype.kind in "iu":
        return {"shape": array.shape, "values": array.ravel().tolist()}
    return {"shape": array.shape, "values": [float(str(np.float32(v))) for v in array.ravel()]}


CONFIGS = {
    "int8": Int8QuantizationConfig, "int4": Int4QuantizationConfig,
    "int8 weights": lambda: Int8QuantizationConfig(activation_quantizer=None),
    "int4 channels": lambda: Int4QuantizationConfig(block_size=None),
    "int4 dynamic": lambda: Int4QuantizationConfig(activation_quantizer=AbsMaxQuantizer(), block_size=-1),
    "int4 blocks": lambda: Int4QuantizationConfig(block_size=4),
}
# kind, arguments, inputs without rows, whether they are whole numbers
LAYERS = [
    ("Dense", {"units": 5, "activation": "tanh"}, (11,), False),
    ("Dense", {"units": 4, "use_bias": False}, (3, 6), False),
    ("Dense", {"units": 2}, (1300,), False),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 5], "bias_axes": "d"}, (3, 6), False),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de"}, (3, 6), False),
    ("EinsumDense", {"equation": "abde,dec->abc", "output_shape": [None, 5]}, (3, 2, 4), False),
    ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [None, 3]}, (2, 3, 4), False),
    ("Embedding", {"input_dim": 6, "output_dim": 9}, (4,), True),
]
REVERSIBLE = [{"input_dim": 6, "output_dim": 9}, {"input_dim": 6, "output_dim": 8, "tie_weights": False},
              {"input_dim": 7, "output_dim": 5, "tie_weights": False, "logit_soft_cap": 2.0}]


def set_waves(layer):
    layer.set_weights([wave(v.shape, 0.7 + 0.13 * i, 0.3) for i, v in enumerate(layer.weights)])


def named(layer):
    return {v.path.split("/")[-1]: numbers(v) for v in layer.weights}


def quantized(layer, config):
    layer.quantize(config=CONFIGS[config]())
    return named(layer)


def cases():
    for kind, arguments, shape, whole in LAYERS:
        for config in CONFIGS if shape != (1300,) else ["int8"]:
            x = wave((5, *shape), 0.37, 0.2)
            x = np.floor(np.abs(x) * 5.99).astype("int32") if whole else x
            layer = getattr(L, kind)(**arguments)
            layer(x)
            set_waves(layer)
            yield {"kind": kind, "arguments": arguments, "config": config, "x": numbers(x),
                   "weights": [numbers(w) for w in layer.get_weights()], "quantized": quantized(layer, config),
                   "outputs": [numbers(layer(x))]}
    for arguments in REVERSIBLE:
        for config in ("int8", "int8 weights", "int4", "int4 channels", "int4 blocks"):
            x = np.array([[0, 5, 1], [2, 3, 4]], "int32")
            layer = L.ReversibleEmbedding(**arguments)
            layer(x)
            set_waves(layer)
            weights = [numbers(w) for w in layer.get_weights()]
            made = quantized(layer, config)
            vectors = layer(x)
            yield {"kind": "ReversibleEmbedding", "arguments": arguments, "config": config, "x": numbers(x),
                   "weights": weights, "quantized": made,
                   "outputs": [numbers(vectors), numbers(layer(vectors, reverse=True))]}


def model_files():
    expected = {}
    for config in ("int8", "int4"):
        keras.utils.clear_session()
        words = keras.Input((4,), dtype="int32", name="words")
        h = L.Embedding(7, 6, name="vectors")(words)
        h = L.EinsumDense("abc,cd->abd", output_shape=(4, 5), bias_axes="d", name="mix")(h)
        inner = keras.Sequential([keras.Input((4, 5)), L.Dense(6, "relu", name="wide")], name="inner")
        model = keras.Model(words, L.Dense(3, "softmax", name="out")(L.Flatten(name="flat")(inner(h))), name="model")
        model.set_weights([wave(v.shape, 0.7 + 0.13 * i, 0.3) for i, v in enumerate(model.weights)])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.quantize(config=CONFIGS[config]())
        name = f"quantized_{config}"
        model.save(FILES / f"{name}.keras")
        x = np.floor(np.abs(wave((5, 4), 0.37, 0.2)) * 6.99).astype("int32")
        expected[name] = {"x": numbers(x), "y": numbers(model.predict(x, verbose=0))}
    (FILES / "quantized_expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


(HERE / "quantization.json").write_text(
    json.dumps(list(cases()), separators=(",", ":")).replace("},{", "},\n{") + "\n")
model_files()
