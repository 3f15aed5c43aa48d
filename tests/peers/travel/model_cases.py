"""Whole models for keras_travel.py: shapes of graphs, compiled state, and keras.applications."""

import keras
import numpy as np

import layer_cases

L = keras.layers


def rows(*shapes):
    rng = np.random.default_rng(5)
    return [rng.normal(0, 1, (4, *shape)).astype("float32") for shape in shapes]


def sequential():
    return keras.Sequential([keras.Input((6,)), L.Dense(5, activation="relu"), L.Dropout(0.2), L.Dense(3)]), rows((6,))


def nested():
    inner = keras.Sequential([keras.Input((6,)), L.Dense(4), L.BatchNormalization()], name="inner")
    inner.layers[0].trainable = False
    a = keras.Input((6,))
    block = keras.Model(a, [L.Dense(3)(a), L.Dense(2)(a)], name="block")
    b = keras.Input((6,), name="b")
    first, second = block(b, training=False)
    return keras.Model(b, [L.Dense(2)(inner(b)), first, L.Concatenate()([second, first])]), rows((6,))


def shared():
    a, b = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    tower = L.Dense(4, activation="tanh", name="tower")
    joined = L.Subtract()([tower(a), tower(b)])
    return keras.Model([a, b], [L.Dense(1)(joined), tower(a)]), rows((6,), (6,))


def named_inputs():
    a, b = keras.Input((6,), name="zeta"), keras.Input((3,), name="alpha")
    model = keras.Model({"zeta": a, "alpha": b}, L.Dense(2)(L.Concatenate()([a, b])))
    return model, rows((3,), (6,))


def residual():
    x = inputs = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same")(x)
    for _ in range(2):
        y = L.BatchNormalization()(x)
        y = L.ReLU()(y)
        y = L.Conv2D(4, 3, padding="same")(y)
        x = L.Add()([x, y])
    return keras.Model(inputs, L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(x))), rows((8, 8, 3))


def transformer():
    tokens = keras.Input((7,), dtype="int32")
    x = L.Embedding(11, 8)(tokens)
    for _ in range(2):
        y = L.LayerNormalization()(x)
        x = L.Add()([x, L.MultiHeadAttention(2, 4, dropout=0.1)(y, y, use_causal_mask=True)])
        y = L.LayerNormalization()(x)
        x = L.Add()([x, L.Dense(8)(L.Dense(16, activation="gelu")(y))])
    rng = np.random.default_rng(3)
    return keras.Model(tokens, L.Dense(11)(x)), [rng.integers(0, 11, (4, 7)).astype("int32")]


def encoder_decoder():
    source, target = keras.Input((6, 4), name="source"), keras.Input((5, 3), name="target")
    _, h, c = L.LSTM(4, return_state=True)(L.Masking()(source))
    sequence = L.LSTM(4, return_sequences=True)(target, initial_state=[h, c])
    return keras.Model([source, target], L.TimeDistributed(L.Dense(2))(sequence)), rows((6, 4), (5, 3))


def compiled(optimizer):
    model = keras.Sequential([keras.Input((6,)), L.Dense(4, activation="relu"), L.Dense(2)])
    model.compile(optimizer, keras.losses.Huber(0.5), metrics=["mae", keras.metrics.RootMeanSquaredError(name="r")])
    x, y = rows((6,), (2,))
    model.fit(x, y, epochs=2, verbose=0)
    return model, [x]


APPLICATIONS = {
    "ResNet50": 64,
    "MobileNetV2": 64,
    "EfficientNetB0": 64,
    "DenseNet121": 64,
    "InceptionV3": 96,
    "Xception": 96,
    "ConvNeXtTiny": 64,
}


def application(name, size):
    keras.utils.set_random_seed(1)
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=20)
    rng = np.random.default_rng(1)
    return model, [rng.uniform(0, 255, (2, size, size, 3)).astype("float32")]


def quantized(mode, **options):
    """A model whose weights became whole numbers: layers that have some, inside another model too."""
    words = keras.Input((4,), dtype="int32")
    h = L.EinsumDense("abc,cd->abd", output_shape=(4, 5), bias_axes="d")(L.Embedding(7, 6)(words))
    inner = keras.Sequential([keras.Input((4, 5)), L.Dense(9, "relu"), L.BatchNormalization()])
    model = keras.Model(words, L.Dense(3)(L.Flatten()(inner(h))))
    layer_cases.draw_weights(model)
    kinds = {"int8": keras.quantizers.Int8QuantizationConfig, "int4": keras.quantizers.Int4QuantizationConfig}
    model.quantize(config=kinds[mode](**options))
    return model, [np.random.default_rng(2).integers(0, 7, (5, 4)).astype("int32")]


QUANTIZED = {
    "int8": {}, "int8 of weights alone": {"activation_quantizer": None}, "int4": {},
    "int4 of small blocks": {"block_size": 4}, "int4 of channels": {"block_size": None},
}


def cases(applications):
    both = [".keras", ".h5"]
    for make in (sequential, nested, shared, named_inputs, residual, transformer, encoder_decoder):

        def drawn(make=make):
            keras.utils.clear_session()
            model, arrays = make()
            layer_cases.draw_weights(model)
            return model, arrays

        yield make.__name__, drawn, 1e-5, both
    for optimizer in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Ftrl", "Lamb", "Lion", "Nadam"):
        kind = getattr(keras.optimizers, optimizer)
        endings = [".keras"] if optimizer == "Lamb" else both  # Keras does not find it by its name in .h5
        yield f"compiled {optimizer}", lambda kind=kind: compiled(kind()), 1e-5, endings
    for name, options in QUANTIZED.items():
        yield (f"quantized {name}", lambda mode=name[:4], options=options: quantized(mode, **options), 1e-5, both)
    if applications:
        for name, size in APPLICATIONS.items():
            yield name, lambda name=name, size=size: application(name, size), 1e-4, [".keras", ".onnx"]
