"""Writes goldens of training shapes: transfer learning, rates by layer, and train steps of one's own.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/shape_goldens.py
Weights and data are sine waves, which the test computes as well; random numbers come as data.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402
from keras.layers import (BatchNormalization, Conv2D, Conv2DTranspose, Dense, Flatten, GlobalAveragePooling2D,  # noqa: E402
                          Input, LeakyReLU, Reshape)
from keras.optimizers import SGD, Adam  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 12


def wave(shape, slope, offset):
    return np.sin(slope * np.arange(int(np.prod(shape))) + offset).reshape(shape).astype("float32")


def set_waves(model):
    model.set_weights([abs(w) if "variance" in v.path else w for v, w in zip(
        model.weights, [0.5 * wave(v.shape, 0.7 + 0.1 * i, 0.3) for i, v in enumerate(model.weights)])])


def numbers(values):
    return [float(str(np.float32(v))) for v in np.ravel(values)]


def weights_of(model):
    return [numbers(w) for w in model.get_weights()]


def series(history):
    return {name: numbers(values) for name, values in history.history.items()}


FIT = dict(batch_size=4, epochs=2, shuffle=False, verbose=0)


def transfer():
    """A net learns one task; cut at a layer's output and frozen it feeds a new head; then all of it is tuned."""
    base = keras.Sequential([Input((3,)), Dense(5, activation="tanh"), BatchNormalization(momentum=0.8),
                             Dense(4, activation="tanh", name="features"), Dense(2)])
    set_waves(base)
    base.compile(SGD(0.1), "mse")
    first = base.fit(wave((ROWS, 3), 0.9, 0.1), wave((ROWS, 2), 0.4, 0.7), **FIT)
    body = keras.Model(base.inputs[0], base.get_layer("features").output)
    body.trainable = False
    inputs = Input((3,))
    head = Dense(3, activation="softmax")
    model = keras.Model(inputs, head(body(inputs)))
    head.set_weights([0.5 * wave((4, 3), 0.8, 0.2), np.zeros(3, "float32")])
    x, y = wave((ROWS, 3), 1.3, 0.5), np.arange(ROWS) * 7 % 3
    model.compile(Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    frozen = model.fit(x, y, **FIT)
    kept = weights_of(body)
    body.trainable = True
    model.compile(SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    tuned = model.fit(x, y, **FIT)
    return {"first": series(first), "frozen": series(frozen), "kept": kept, "tuned": series(tuned),
            "weights": weights_of(model)}


class MlpGan(keras.Model):
    """The critic learns first, from what the generator made; the generator then from the new critic."""

    def __init__(self, generator, critic):
        super().__init__()
        self.generator, self.critic = generator, critic
        self.critic_optimizer = SGD(0.05, momentum=0.9)
        self.means = [keras.metrics.Mean(name) for name in ("critic_loss", "loss")]

    @property
    def metrics(self):
        return self.means

    def call(self, x):
        return self.critic(self.generator(x))

    def train_step(self, data):
        x, real = data
        with tf.GradientTape() as tape:
            critic_loss = self.critic_loss(real, tf.stop_gradient(self.generator(x, training=True)), tape)
        slopes = tape.gradient(critic_loss, self.critic.trainable_variables)
        self.critic_optimizer.apply(slopes, self.critic.trainable_variables)
        with tf.GradientTape() as tape:
            loss = self.generator_loss(self.critic(self.generator(x, training=True), training=True))
        slopes = tape.gradient(loss, self.generator.trainable_variables)
        self.optimizer.apply(slopes, self.generator.trainable_variables)
        for mean, value in zip(self.means, (critic_loss, loss)):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}

    def judged(self, logits, label):
        return ops.mean(keras.losses.binary_crossentropy(ops.ones_like(logits) * label, logits, from_logits=True))

    def critic_loss(self, real, fake, tape):
        return self.judged(self.critic(real, training=True), 1.0) + self.judged(self.critic(fake, training=True), 0.0)

    def generator_loss(self, logits):
        return self.judged(logits, 1.0)


class Wgan(MlpGan):
    """Its critic's slope is held near one, between real and made: a gradient of a gradient."""

    def critic_loss(self, real, fake, tape):
        between = 0.3 * real + 0.7 * fake
        with tf.GradientTape() as inner:
            inner.watch(between)
            judged = self.critic(between, training=True)
        slope = inner.gradient(judged, between)
        norm = ops.sqrt(ops.sum(slope**2, axis=1) + 1e-12)
        penalty = ops.mean((norm - 1.0) ** 2)
        return ops.mean(self.critic(fake)) - ops.mean(self.critic(real)) + 10.0 * penalty

    def generator_loss(self, logits):
        return -ops.mean(logits)


def gan(kind):
    generator = keras.Sequential([Input((2,)), Dense(6, activation="tanh"), Dense(3)])
    critic = keras.Sequential([Input((3,)), Dense(5), LeakyReLU(0.2), Dense(1)])
    return adversaries(kind(generator, critic), wave((ROWS, 3), 0.4, 0.7))


def convolutional_gan():
    generator = keras.Sequential([Input((2,)), Dense(2 * 2 * 3), Reshape((2, 2, 3)), BatchNormalization(momentum=0.8),
                                  LeakyReLU(0.2), Conv2DTranspose(1, 3, strides=2, padding="same", activation="tanh")])
    critic = keras.Sequential([Input((4, 4, 1)), Conv2D(3, 3, strides=2, padding="same"), LeakyReLU(0.2), Flatten(),
                               Dense(1)])
    return adversaries(MlpGan(generator, critic), wave((ROWS, 4, 4, 1), 0.4, 0.7))


def adversaries(model, real):
    set_waves(model.generator)
    set_waves(model.critic)
    model.compile(Adam(0.01))
    history = model.fit(wave((ROWS, 2), 0.9, 0.1), real, **FIT)
    return {"history": series(history), "weights": weights_of(model.generator) + weights_of(model.critic)}


class Distiller(keras.Model):
    """A small net learns labels and what a large one, which does not learn, makes of them at a temperature."""

    def __init__(self, student, teacher):
        super().__init__()
        self.student, self.teacher = student, teacher

    def call(self, x):
        return self.student(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        soft = ops.softmax(self.teacher(x, training=False) / 3.0)
        softer = keras.losses.kl_divergence(soft, ops.softmax(y_pred / 3.0))
        return 0.1 * super().compute_loss(x, y, y_pred, sample_weight) + 0.9 * 9.0 * ops.mean(softer)


def distillation():
    teacher = keras.Sequential([Input((3,)), Dense(8, activation="tanh"), Dense(4)])
    student = keras.Sequential([Input((3,)), Dense(3, activation="relu"), Dense(4)])
    set_waves(teacher)
    set_waves(student)
    teacher.trainable = False
    model = Distiller(student, teacher)
    model.compile(Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(wave((ROWS, 3), 0.9, 0.1), np.arange(ROWS) * 7 % 4, **FIT)
    return {"history": series(history), "weights": weights_of(student)}


class Sampling(keras.layers.Layer):
    """mean + deviation * noise, and how far that is from a standard normal distribution as a loss."""

    def call(self, inputs):
        mean, log_variance, noise = inputs
        self.add_loss(-0.5 * ops.mean(1 + log_variance - mean**2 - ops.exp(log_variance)))
        return mean + ops.exp(0.5 * log_variance) * noise


def variational():
    x, noise = Input((4,)), Input((2,))
    hidden = Dense(5, activation="relu")(x)
    z = Sampling()([Dense(2)(hidden), Dense(2)(hidden), noise])
    model = keras.Model([x, noise], Dense(4, activation="sigmoid")(Dense(5, activation="relu")(z)))
    set_waves(model)
    model.compile(Adam(0.02), "binary_crossentropy")
    data = 0.5 + 0.5 * wave((ROWS, 4), 0.9, 0.1)
    history = model.fit([data, wave((ROWS, 2), 1.3, 0.5)], data, **FIT)
    return {"history": series(history), "weights": weights_of(model)}


class Triplet(keras.Model):
    """One tower sees three inputs: the second is to be nearer to the first than the third, by a margin."""

    def __init__(self, tower):
        super().__init__()
        self.tower = tower

    def call(self, inputs):
        return ops.stack([self.tower(one) for one in inputs], axis=1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        anchor, near, far = y_pred[:, 0], y_pred[:, 1], y_pred[:, 2]
        distances = ops.sum((anchor - near) ** 2, axis=-1) - ops.sum((anchor - far) ** 2, axis=-1)
        return ops.mean(ops.relu(distances + 0.5))


def triplet():
    tower = keras.Sequential([Input((3,)), Dense(6, activation="relu"), Dense(2)])
    set_waves(tower)
    model = Triplet(tower)
    model.compile(SGD(0.02))
    x = [wave((ROWS, 3), slope, 0.1) for slope in (0.9, 1.3, 0.4)]
    history = model.fit(x, np.zeros((ROWS, 1), "float32"), **FIT)
    return {"history": series(history), "weights": weights_of(tower)}


def autoencoder():
    encoder = keras.Sequential([Input((6, 6, 1)), Conv2D(3, 3, strides=2, padding="same", activation="relu"),
                                BatchNormalization(), Flatten(), Dense(2, name="code")])
    decoder = keras.Sequential([Input((2,)), Dense(9, activation="relu"), Reshape((3, 3, 1)),
                                Conv2DTranspose(1, 3, strides=2, padding="same")])
    x = Input((6, 6, 1))
    model = keras.Model(x, decoder(encoder(x)))
    set_waves(model)
    model.compile(Adam(0.02), "mse")
    data = wave((ROWS, 6, 6, 1), 0.9, 0.1)
    history = model.fit(data, data, **FIT)
    return {"history": series(history), "code": numbers(encoder.predict(data, verbose=0)), "weights": weights_of(model)}


def capped(**steps):
    """An epoch of so many steps goes on in the data where the last one stopped, a validation begins anew."""
    model = keras.Sequential([Input((3,)), Dense(2)])
    set_waves(model)
    model.compile(SGD(0.05), "mse", metrics=["mae"])
    x, y = wave((ROWS + 2, 3), 0.9, 0.1), wave((ROWS + 2, 2), 0.4, 0.7)
    history = model.fit(x, y, batch_size=3, epochs=6, shuffle=False, verbose=0,
                        validation_data=(x[:7] * 0.5, y[:7]), **steps)
    return series(history)


def main():
    goldens = {"transfer": transfer(), "gan": gan(MlpGan), "convolutional_gan": convolutional_gan(), "wgan": gan(Wgan),
               "distillation": distillation(), "variational": variational(), "triplet": triplet(),
               "autoencoder": autoencoder(), "capped": capped(steps_per_epoch=2, validation_steps=2),
               "validated": capped(validation_batch_size=5, validation_freq=2)}
    text = json.dumps(goldens, separators=(",", ":")).replace('},"', '},\n"')
    (HERE / "training_shapes.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
