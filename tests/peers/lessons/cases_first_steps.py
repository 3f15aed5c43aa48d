"""The first lessons: a perceptron, irises by models of one's own, a word to spell, digits that help with digits."""

import functools

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from keras_of_job import shipped_rows
from lesson import Lesson, program

SPLIT = {"test": 0.2, "seed": 42}


def rows_of(dataset, **data):
    """(x, y) to train on and to test on, of a shipped set."""
    return [(next(iter(x.values())), next(iter(y.values())))
            for x, y in shipped_rows({"data": {"dataset": dataset, "split": SPLIT, **data}})]


def tested(model, train, test, epochs, batch_size):
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*train, epochs=epochs, batch_size=batch_size, verbose=0)
    return model.evaluate(*test, verbose=0)[1]


# --- a perceptron, in the numbers of keras.ops ----------------------------------------------------


def perceptron(gate):
    """The share of the gate's rows that the rule gets right in 50 epochs; no seed plays a part."""

    def in_keras(bench, seed):
        x = keras.ops.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
        y = keras.ops.array(gate, "float32")
        w, b = keras.ops.zeros(2), 0.0
        fires = lambda x: keras.ops.cast(keras.ops.matmul(x, w) + b >= 0, "float32")
        for _ in range(50):
            for row, wanted in zip(x, y):
                error = wanted - fires(row)
                w, b = w + error * row, b + error
        return float(keras.ops.mean(fires(x) == y))

    return in_keras


def perceptron_lesson(name, gate):
    return Lesson(f"perceptron {name}", program("perceptron", f"{name}: right"), perceptron(gate), seeds=range(1))


# --- irises ---------------------------------------------------------------------------------------


class IrisNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = (keras.layers.Dense(units, "relu") for units in (8, 10))
        self.species = keras.layers.Dense(3, "softmax")

    def call(self, measures):
        x = self.first(measures)
        return self.species(keras.ops.concatenate([x, self.second(x)], 1))


def iris_subclassed(bench, seed):
    train, test = rows_of("iris", columns={"*": "standardize"})
    keras.utils.set_random_seed(seed)
    return tested(IrisNet(), train, test, epochs=100, batch_size=5)


def petal_and_sepal(measures):
    """Ellipses as long and as wide as the petals, as iris_picture.cpp draws them; and the sepals' lengths."""
    place = np.arange(16) - 7.5
    down = place[None, :, None] / measures[:, 2, None, None]
    across = place[None, None, :] / measures[:, 3, None, None]
    ink = 1 / (1 + np.exp(4 * (np.hypot(down, across) - 1)))
    return {"petal": ink[..., None].astype("float32"), "sepal": measures[:, :1]}


def iris_picture(bench, seed):
    train, test = ((petal_and_sepal(x), y) for x, y in rows_of("iris"))
    keras.utils.set_random_seed(seed)
    petal, sepal = keras.Input((16, 16, 1), name="petal"), keras.Input((1,), name="sepal")
    x = keras.layers.Conv2D(8, 3, activation="relu")(petal)
    x = keras.layers.Flatten()(keras.layers.MaxPooling2D()(x))
    x = keras.layers.Dense(16, "relu")(keras.layers.Concatenate()([x, sepal]))
    model = keras.Model({"petal": petal, "sepal": sepal}, keras.layers.Dense(3, "softmax")(x))
    return tested(model, train, test, epochs=30, batch_size=8)


# --- a word ---------------------------------------------------------------------------------------


def spelling_model():
    return keras.Sequential([keras.Input((3, 4)), keras.layers.LSTM(8, return_sequences=True), keras.layers.Dense(4)])


@functools.cache
def speller():
    """A compiled model; every seed gives it weights of its own, so that it is compiled once."""
    model = spelling_model()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@functools.cache
def spelt_by_keras(seed):
    keras.utils.set_random_seed(seed)
    model = speller()
    model.set_weights(spelling_model().get_weights())
    for state in model.optimizer.variables:
        if state is not model.optimizer._learning_rate:
            state.assign(np.zeros(state.shape))
    x, y, words = np.eye(4, dtype="float32")[None, :3], np.array([[1, 2, 3]]), {}
    for step in range(1, 401):
        model.train_on_batch(x, y)
        if step % 200 == 0:
            words[step] = "".join("HELP"[i] for i in np.argmax(model.predict_on_batch(x)[0], 1))
    return words


def spells(steps):
    return Lesson(
        f"help_lstm after {steps} steps",
        here=lambda bench, seed: f"\n{steps} steps: ELP" in bench.run("example_help_lstm", "--seed", seed),
        keras=lambda bench, seed: spelt_by_keras(seed)[steps] == "ELP",
        measure="seeds that spell ELP", margin=0, seeds=range(60))


# --- digits that help with digits -------------------------------------------------------------------


def five_digits(x, y, first):
    mine = (y >= first) & (y < first + 5)
    return x[mine], y[mine] - first


def transfer_learning(bench, seed):
    train, test = rows_of("digits", scale=1 / 16, split={"test": 0.5, "seed": 42})
    keras.utils.set_random_seed(seed)
    first = keras.Sequential([keras.Input((64,)), keras.layers.Dense(128, "relu"), keras.layers.Dense(64, "relu"),
                              keras.layers.Dense(5, "softmax")])
    loss = "sparse_categorical_crossentropy"
    first.compile("adam", loss)
    first.fit(*five_digits(*train, 0), epochs=30, verbose=0)
    body = keras.Model(first.inputs, first.layers[1].output)
    body.trainable = False
    pixels = keras.Input((64,))
    second = keras.Model(pixels, keras.layers.Dense(5, "softmax")(body(pixels)))
    x, y = five_digits(*train, 5)
    few, _ = train_test_split(np.arange(len(x)), test_size=0.8, random_state=42)
    for rate in (0.01, 0.0003):
        second.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        second.fit(x[few], y[few], epochs=30, verbose=0)
        body.trainable = True
    return second.evaluate(*five_digits(*test, 5), verbose=0)[1]


LESSONS = [
    perceptron_lesson("AND", [0, 0, 0, 1]), perceptron_lesson("OR", [0, 1, 1, 1]),
    perceptron_lesson("XOR", [0, 1, 1, 0]),
    Lesson("iris_subclassed", program("iris_subclassed", "test accuracy"), iris_subclassed),
    Lesson("iris_picture", program("iris_picture", "test accuracy"), iris_picture),
    Lesson("transfer_learning", program("transfer_learning", "frozen,"), transfer_learning),
    spells(200), spells(400),
]
