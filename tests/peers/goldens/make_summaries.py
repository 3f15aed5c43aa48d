"""Writes summaries.txt beside it: what Keras 3 (JAX backend) prints for the models of summary_test.cpp.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/make_summaries.py
"""

import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.layers import Add, Concatenate, Dense, Dropout, Input  # noqa: E402

TEXTS = []


def add(name, model, columns=80):
    os.environ["COLUMNS"] = str(columns)
    lines = []
    model.summary(print_fn=lines.append)
    TEXTS.append(f"== {name} {columns}\n" + "".join(lines))


def stack():
    return keras.Sequential([Input((4,)), Dense(8, activation="relu"), Dense(10), Dropout(0.5), Dense(3)], name="stack")


def deep():
    x = inputs = Input((784,), name="pixels")
    for units in (600, 500, 250, 10):
        x = Dense(units)(x)
    return keras.Model(inputs, x, name="deep")


def two_outputs():
    inputs = Input((4,))
    x = Dense(10)(Dense(8)(inputs))
    return keras.Model(inputs, [Dense(3, name="outputs_1")(x), Dense(1, name="outputs_2")(x)], name="two_outputs")


def shared():
    early, late = Input((6,), name="early"), Input((6,), name="late")
    tower = Dense(6, name="a_tower_with_a_rather_long_name")
    high = tower(tower(early))
    low = tower(late)
    joined = Concatenate(name="joined")([high, low, Dense(2, name="side")(late)])
    return keras.Model([early, late], Dense(1, name="head")(Add(name="sum")([joined, joined])), name="shared")


def nested():
    inner_in = Input((5,), name="inner_in")
    mid = Dense(4, name="inner_mid")(inner_in)
    inner = keras.Model(inner_in, [Dense(3, name="inner_a")(mid), Dense(2, name="inner_b")(mid)], name="inner")
    block = keras.Sequential([Input((5,)), Dense(5, name="in_block")], name="block")
    inputs = Input((5,), name="outer_in")
    a, b = inner(block(inputs))
    return keras.Model(inputs, [Dense(1, name="from_b")(b), a], name="nested")


def cut():
    model = deep()
    return keras.Model(model.inputs, model.layers[2].output, name="cut")


def unused():
    used, extra, last = Input((4,), name="used"), Input((2,), name="extra"), Input((3,), name="last")
    return keras.Model([extra, used, last], Dense(3, name="head")(Dense(5, name="body")(used)), name="unused")


def averaged():
    model = stack()
    optimizer = keras.optimizers.SGD(momentum=0.9, use_ema=True, gradient_accumulation_steps=2)
    model.compile(optimizer, "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 3)), verbose=0)
    return model


def main():
    keras.utils.clear_session()
    add("stack", stack())
    keras.utils.clear_session()
    add("stack", stack(), 60)
    keras.utils.clear_session()
    add("stack", stack(), 200)
    keras.utils.clear_session()
    add("unbuilt", keras.Sequential([Dense(8), Dense(3)], name="unbuilt"))
    keras.utils.clear_session()
    add("deep", deep())
    keras.utils.clear_session()
    add("two_outputs", two_outputs())
    keras.utils.clear_session()
    add("two_outputs", two_outputs(), 140)
    keras.utils.clear_session()
    add("shared", shared())
    add("shared", shared(), 57)
    keras.utils.clear_session()
    add("nested", nested())
    keras.utils.clear_session()
    add("cut", cut())
    keras.utils.clear_session()
    model = stack()
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 3)), verbose=0)
    add("trained", model)
    keras.utils.clear_session()
    add("unused", unused())
    keras.utils.clear_session()
    add("averaged", averaged())
    (pathlib.Path(__file__).parent / "summaries.txt").write_text("".join(TEXTS))


if __name__ == "__main__":
    main()
