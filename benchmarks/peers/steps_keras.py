"""Keras's time for one training step through fit(); KERAS_BACKEND picks tensorflow or jax."""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from measured_case import arguments, report, seconds_since_start


class EpochTimer(keras.callbacks.Callback):
    """Seconds of each epoch but the first, which compiles; ends training when the time is up."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
        self.times, self.cpu_times = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin, self.cpu_begin = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        if epoch > 0:
            self.times.append(time.perf_counter() - self.begin)
            self.cpu_times.append(time.process_time() - self.cpu_begin)
        if sum(self.times) > self.seconds and len(self.times) > 1:
            self.model.stop_training = True


class FirstStep(keras.callbacks.Callback):
    """When the first step was done; a fit of its own, so that the timed one has no callback per batch."""

    startup_s = 0.0

    def on_train_batch_end(self, batch, logs=None):
        self.startup_s = seconds_since_start()


def block(x):
    seen = keras.layers.LayerNormalization()(x)
    x = x + keras.layers.MultiHeadAttention(4, 32)(seen, seen, use_causal_mask=True)
    wide = keras.layers.Dense(512, activation="gelu")(keras.layers.LayerNormalization()(x))
    return x + keras.layers.Dense(128)(wide)


def transformer(tokens):
    x = keras.layers.Embedding(65, 128)(tokens)
    for _ in range(4):
        x = block(x)
    return keras.layers.LayerNormalization()(x)


def network(case):
    """The model: logits of what stands before them."""
    layers = keras.layers
    before = {
        "cnn": [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
                layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()],
        "lstm": [layers.LSTM(128)],
        "transformer": [transformer],
    }.get(case.network) or [layers.Dense(width, activation="relu") for width in case.widths[1:-1]]
    given = values = keras.Input(case.shape)
    for layer in before:
        values = layer(values)
    return keras.Model(given, layers.Dense(case.classes)(values))


def main():
    options = arguments().parse_args()
    case = options.case
    features, labels = case.rows()
    model = network(case)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    first = FirstStep()
    model.fit(features[:case.batch], labels[:case.batch], batch_size=case.batch, verbose=0, callbacks=[first])
    timer = EpochTimer(options.seconds)
    model.fit(features, labels, batch_size=case.batch, epochs=1_000_000, verbose=0, callbacks=[timer])
    us_per_step, cpu_us_per_step = (statistics.median(times) / case.steps * 1e6
                                    for times in (timer.times, timer.cpu_times))
    report(case, "keras " + keras.backend.backend(), us_per_step, cpu_us_per_step, first.startup_s)


main()
