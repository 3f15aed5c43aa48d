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
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if epoch > 0:
            self.times.append(time.perf_counter() - self.begin)
        if sum(self.times) > self.seconds and len(self.times) > 1:
            self.model.stop_training = True


class FirstStep(keras.callbacks.Callback):
    """When the first step was done; a fit of its own, so that the timed one has no callback per batch."""

    startup_s = 0.0

    def on_train_batch_end(self, batch, logs=None):
        self.startup_s = seconds_since_start()


def main():
    options = arguments().parse_args()
    case = options.case
    features, labels = case.rows()
    layers = [keras.layers.Dense(width, activation="relu") for width in case.widths[1:-1]]
    model = keras.Sequential([keras.Input((case.widths[0],)), *layers, keras.layers.Dense(case.widths[-1])])
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    first = FirstStep()
    model.fit(features[:case.batch], labels[:case.batch], batch_size=case.batch, verbose=0, callbacks=[first])
    timer = EpochTimer(options.seconds)
    model.fit(features, labels, batch_size=case.batch, epochs=1_000_000, verbose=0, callbacks=[timer])
    us_per_step = statistics.median(timer.times) / case.steps * 1e6
    report(case, "keras " + keras.backend.backend(), us_per_step, first.startup_s)


main()
