"""Models of one layer each, for keras_travel.py: every layer of Tutti with the arguments that change its config."""

import keras
import numpy as np
from keras.src.applications import convnext

L = keras.layers


def case(name, *shapes, whole=0, high=0, rows=None, known=None, call=None, tolerance=1e-5, backend="jax", batch=None,
         **arguments):
    """One layer on inputs of these row shapes, as it is called.

    whole: inputs are integers below it; high: numbers below it; rows: they are these; known: what it adapts to
    """
    return {"name": name, "shapes": shapes, "whole": whole, "high": high, "rows": rows, "known": known, "call": call,
            "tolerance": tolerance, "backend": backend, "batch": batch, "arguments": arguments}


# Keras saves the former in no .h5 file, and opens none that has the latter.
WITHOUT_H5 = {"RandomBrightness", "RandomColorDegeneration", "RandomPosterization", "RandomSaturation",
              "RandomSharpness", "Solarization", "LayerScale", "StochasticDepth"}


def endings_of(one):
    """Nor does Keras keep a vocabulary that was learnt in .h5."""
    learnt = one["backend"] == "tensorflow" and one["known"] is not None
    return [".keras"] if learnt or one["name"] in WITHOUT_H5 else [".keras", ".h5"]


def layer_class(name):
    return getattr(L, name, None) or getattr(convnext, name)


def cells():
    return [L.GRUCell(3), L.LSTMCell(2), L.LSTMCell(2)]


def convolutions():
    for rank, shape in ((1, (9, 4)), (2, (8, 9, 4)), (3, (5, 6, 7, 4))):
        yield case(f"Conv{rank}D", shape, filters=4, kernel_size=3, activation="relu")
        yield case(f"Conv{rank}D", shape, filters=4, kernel_size=2, strides=2, padding="same", use_bias=False, groups=2)
        yield case(f"Conv{rank}D", shape, filters=3, kernel_size=2, dilation_rate=2, kernel_regularizer="l2")
        yield case(f"Conv{rank}DTranspose", shape, filters=3, kernel_size=3, strides=2, padding="same")
        yield case(f"ZeroPadding{rank}D", shape, padding=1)
        yield case(f"Cropping{rank}D", shape, cropping=1)
        yield case(f"UpSampling{rank}D", shape, size=2)
        for kind in ("Max", "Average"):
            yield case(f"{kind}Pooling{rank}D", shape, pool_size=2, strides=2, padding="same")
            yield case(f"Global{kind}Pooling{rank}D", shape, keepdims=True)
            yield case(f"Adaptive{kind}Pooling{rank}D", shape, output_size=2)
    for rank, shape in ((1, (9, 4)), (2, (8, 9, 4))):
        yield case(f"DepthwiseConv{rank}D", shape, kernel_size=3, depth_multiplier=2, activation="tanh")
        yield case(f"SeparableConv{rank}D", shape, filters=5, kernel_size=3, depth_multiplier=2, padding="same")
        yield case(f"SpatialDropout{rank}D", shape, rate=0.3)
    yield case("SpatialDropout3D", (5, 6, 7, 4), rate=0.3)
    yield case("Conv1D", (9, 4), filters=4, kernel_size=3, padding="causal")
    yield case("ZeroPadding2D", (4, 5, 2), padding=((1, 2), (0, 3)))
    yield case("UpSampling2D", (4, 5, 2), size=(2, 3), interpolation="bilinear")
    yield case("Resizing", (6, 8, 3), height=4, width=5)
    yield case("Resizing", (6, 8, 3), height=4, width=5, interpolation="nearest", crop_to_aspect_ratio=True)
    yield case("CenterCrop", (6, 8, 3), height=4, width=5)


def recurrent():
    for kind in ("SimpleRNN", "LSTM", "GRU"):
        yield case(kind, (6, 4), units=3)
        yield case(kind, (6, 4), units=3, return_sequences=True, go_backwards=True, use_bias=False, dropout=0.1)
        yield case(kind, (6, 4), (3,), units=3, call="states") if kind != "LSTM" else case(
            kind, (6, 4), (3,), (3,), units=3, call="states"
        )
        yield case("RNN", (6, 4), cell=getattr(L, kind + "Cell")(3))
        yield case("Bidirectional", (6, 4), layer=getattr(L, kind)(3, return_sequences=True), merge_mode="sum")
    yield case("GRU", (6, 4), units=3, reset_after=False, recurrent_dropout=0.1)
    yield case("LSTM", (6, 4), units=3, activation="relu", recurrent_activation="hard_sigmoid", unit_forget_bias=False)
    yield case("RNN", (6, 4), cell=L.StackedRNNCells(cells()), return_sequences=True)
    yield case("Bidirectional", (6, 4), layer=L.LSTM(3), backward_layer=L.LSTM(3, go_backwards=True))
    yield case("TimeDistributed", (6, 4), layer=L.Dense(3, activation="relu"))
    yield case("TimeDistributed", (3, 5, 6, 2), layer=L.Conv2D(3, 2))
    yield case("TimeDistributed", (6, 4), layer=keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dense(2)]))
    yield case("Masking", (6, 4), mask_value=0.5)
    yield case("Embedding", (7,), whole=9, input_dim=9, output_dim=4, mask_zero=True)
    yield case("ReversibleEmbedding", (7,), whole=9, input_dim=9, output_dim=4)
    yield case("ReversibleEmbedding", (7,), whole=9, input_dim=9, output_dim=4, tie_weights=False, logit_soft_cap=3.0)
    for kind in ("SimpleRNN", "LSTM", "GRU"):
        yield case(kind, (6, 4), units=3, stateful=True, batch=5)
        yield case("Bidirectional", (6, 4), layer=getattr(L, kind)(3, return_state=True))
    for rank, shape in ((1, (3, 7, 2)), (2, (3, 6, 7, 2)), (3, (2, 4, 5, 6, 2))):
        yield case(f"ConvLSTM{rank}D", shape, filters=3, kernel_size=2)
        yield case(f"ConvLSTM{rank}D", shape, filters=2, kernel_size=3, padding="same", return_sequences=True)


def attention():
    yield case("MultiHeadAttention", (5, 4), (6, 4), num_heads=2, key_dim=3)
    # Without dropout Keras on JAX computes it in a kernel that wants values as wide as keys.
    yield case("MultiHeadAttention", (5, 4), (6, 4), (6, 4), num_heads=2, key_dim=3, value_dim=5, output_shape=7, dropout=0.1)
    yield case("MultiHeadAttention", (5, 4), (5, 4), num_heads=2, key_dim=3, use_bias=False, call="causal")
    yield case("MultiHeadAttention", (5, 4), (6, 4), (5, 6), num_heads=2, key_dim=3, dropout=0.1, call="mask")
    yield case("GroupQueryAttention", (5, 4), (6, 4), head_dim=3, num_query_heads=4, num_key_value_heads=2)
    yield case("Attention", (5, 4), (6, 4), use_scale=True)
    yield case("Attention", (5, 4), (6, 4), (6, 4), score_mode="concat", dropout=0.1)
    yield case("Attention", (5, 4), (5, 4), call="causal")
    yield case("AdditiveAttention", (5, 4), (6, 4))


def merging():
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        yield case(kind, (4, 3), (4, 3))
    yield case("Concatenate", (4, 3), (4, 5))
    yield case("Concatenate", (4, 3), (5, 3), (2, 3), axis=1)
    yield case("Dot", (4, 3), (4, 5), axes=1)
    yield case("Dot", (4, 3), (5, 3), axes=(2, 2), normalize=True)


def normalizations():
    yield case("BatchNormalization", (6, 4))
    yield case("BatchNormalization", (6, 4), axis=1, scale=False, momentum=0.8, epsilon=1e-2)
    yield case("LayerNormalization", (6, 4))
    yield case("LayerNormalization", (6, 4), axis=[1, 2], center=False)
    yield case("RMSNormalization", (6, 4))
    yield case("UnitNormalization", (6, 4))
    yield case("GroupNormalization", (6, 6, 4), groups=2)
    yield case("Normalization", (6, 4), mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 2.0, 3.0, 4.0])
    yield case("Rescaling", (6, 4), scale=0.5, offset=-1.0)
    yield case("SpectralNormalization", (6,), layer=L.Dense(3))
    yield case("SpectralNormalization", (5, 6, 2), layer=L.Conv2D(3, 2), power_iterations=2)
    yield case("LayerScale", (5, 4), init_values=0.5, projection_dim=4)
    yield case("StochasticDepth", (5, 4), drop_path_rate=0.3)


def plain():
    yield case("Dense", (6, 4), units=3)
    yield case("Dense", (6,), units=3, activation=L.LeakyReLU(0.1))
    yield case("Dense", (6,), units=3, activation=L.PReLU(trainable=False))
    yield case("Conv2D", (5, 6, 2), filters=3, kernel_size=2, activation=L.PReLU(shared_axes=[1, 2]))
    for name, shape in (("Dense", (6,)), ("EinsumDense", (6,)), ("LayerNormalization", (6,)), ("LSTM", (6, 4))):
        sizes = {"equation": "ab,bc->ac", "output_shape": 5} if name[0] == "E" else {"units": 3} if name[0] != "L" else {}
        sizes = {"units": 3} if name == "LSTM" else sizes
        yield case(name, shape, dtype="mixed_bfloat16", tolerance=0.03, **sizes)
    yield case("Dense", (6,), units=3, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform"))
    yield case("Dense", (6,), units=3, kernel_constraint=keras.constraints.MaxNorm(1.5), bias_regularizer="l1")
    yield case("Dense", (6,), units=3, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), activity_regularizer="l2")
    yield case("Dense", (6,), units=3, trainable=False, dtype="float64")
    yield case("EinsumDense", (6, 4), equation="abc,cd->abd", output_shape=(6, 5), bias_axes="d")
    for name in sorted(n for n in dir(keras.activations) if n[0].islower() and n not in
                       ("deserialize", "serialize", "get", "glu", "threshold")):
        yield case("Activation", (6, 4), activation=name)
    yield case("ReLU", (6, 4), max_value=1.0, negative_slope=0.1, threshold=0.2)
    yield case("LeakyReLU", (6, 4), negative_slope=0.2)
    yield case("ELU", (6, 4), alpha=0.5)
    yield case("PReLU", (6, 4), shared_axes=[1])
    yield case("Softmax", (6, 4), axis=1)
    for kind in ("Dropout", "GaussianDropout", "AlphaDropout"):
        yield case(kind, (6, 4), rate=0.3, seed=3)
    yield case("Dropout", (6, 4), rate=0.3, noise_shape=(None, 1, 4))
    yield case("GaussianNoise", (6, 4), stddev=0.3)
    yield case("ActivityRegularization", (6, 4), l1=0.1, l2=0.2)
    yield case("Flatten", (6, 4))
    yield case("Reshape", (6, 4), target_shape=(3, -1))
    yield case("Permute", (6, 4), dims=(2, 1))
    yield case("RepeatVector", (4,), n=3)
    yield case("Identity", (4,))
    yield case("CategoryEncoding", (3,), whole=5, num_tokens=5, output_mode="multi_hot")
    yield case("CategoryEncoding", (3,), whole=5, num_tokens=5, output_mode="count")
    yield case("Discretization", (3,), bin_boundaries=[0.0, 0.5, 1.0])
    yield case("Discretization", (3,), bin_boundaries=[0.0, 0.5, 1.0], output_mode="one_hot")
    yield case("Discretization", (3,), num_bins=3, known=np.linspace(-1, 2, 40)[:, None])
    yield case("Normalization", (3,), known=np.linspace(-1, 2, 60).reshape(20, 3))


def cases():
    for group in (plain, convolutions, recurrent, attention, merging, normalizations):
        yield from group()


def model_of(one):
    """The case's model in Keras, with drawn weights."""
    keras.utils.clear_session()
    arrays = arrays_of(one)
    dtypes = ["string" if a.dtype.kind == "U" else str(a.dtype) for a in arrays]
    inputs = [keras.Input(a.shape[1:], one["batch"], dtype=dtype, name=f"in_{i}")
              for i, (a, dtype) in enumerate(zip(arrays, dtypes))]
    layer = layer_class(one["name"])(**one["arguments"])
    if one["known"] is not None:
        layer.adapt(np.array(one["known"]))
    call = one["call"]
    if call == "states":
        output = layer(inputs[0], initial_state=inputs[1:])
    elif call == "mask":
        output = layer(inputs[0], inputs[1], attention_mask=inputs[2])
    elif "Query" in one["name"] or "MultiHead" in one["name"]:
        output = layer(*inputs, **({"use_causal_mask": True} if call else {}))
    elif call == "causal":
        output = layer(inputs, use_causal_mask=True)
    else:
        output = layer(inputs if len(inputs) > 1 else inputs[0])
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], output)
    predict(model, arrays)  # a layer that stands as an activation is built by the first call
    if one["known"] is None:
        draw_weights(model)
    return model


def predict(model, arrays):
    """Inputs that a model takes by names are in the order of these."""
    arrays = [keras.ops.convert_to_tensor(a, "string") if a.dtype.kind == "U" else a for a in arrays]
    if isinstance(getattr(model, "_inputs_struct", None), dict):  # a Sequential has none
        given = dict(zip(sorted(model._inputs_struct), arrays))
    else:
        given = arrays if len(arrays) > 1 else arrays[0]
    return model.predict(given, verbose=0)


def draw_weights(model, scale=0.5):
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if weight.dtype.startswith("float"):
            values = rng.normal(0, scale, weight.shape)
            weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)


def arrays_of(one, rows=5):
    rng = np.random.default_rng(11)
    made = []
    if one["rows"] is not None:
        return one["rows"] if isinstance(one["rows"], list) else [one["rows"]]
    for i, shape in enumerate(one["shapes"]):
        if one["high"]:
            made.append(rng.uniform(0, one["high"], (rows, *shape)).astype("float32"))
        elif one["whole"]:
            made.append(rng.integers(0, one["whole"], (rows, *shape)).astype("int32"))
        elif one["call"] == "mask" and i == 2:
            made.append((rng.random((rows, *shape)) < 0.7).astype("float32"))
        else:
            made.append(rng.normal(0, 1, (rows, *shape)).astype("float32"))
    return made
