"""What Keras's callbacks decide over given series of a quantity, called as fit calls them."""

import os
import tempfile

import keras
import numpy as np

EARLY = [
    {}, {"patience": 2}, {"patience": 1, "min_delta": 0.2}, {"patience": 1, "min_delta": -0.2},
    {"patience": 2, "restore_best_weights": True}, {"patience": 1, "baseline": 1.0},
    {"patience": 2, "baseline": 1.0, "restore_best_weights": True, "start_from_epoch": 2},
    {"start_from_epoch": 3}, {"patience": 1, "mode": "max", "restore_best_weights": True},
    {"patience": 0, "mode": "max", "baseline": 0.5}, {"patience": 20, "restore_best_weights": True},
]
PLATEAU = [
    {"patience": 1}, {"patience": 2, "factor": 0.5, "min_delta": 0.2}, {"patience": 1, "cooldown": 2},
    {"patience": 0, "factor": 0.3, "min_lr": 0.02}, {"patience": 1, "mode": "max", "factor": 0.0},
]
CHECKPOINT = [
    {}, {"save_best_only": True}, {"save_best_only": True, "mode": "max"},
    {"save_best_only": True, "initial_value_threshold": 0.8},
]


class Optimizer:
    learning_rate = 0.1


class Model:
    """As much of a model as callbacks touch; its weight is the number of the epoch."""

    def __init__(self):
        self.stop_training, self.optimizer, self.epoch, self.saved, self.metrics = False, Optimizer(), 0, [], []

    def get_weights(self):
        return [np.array(self.epoch)]

    def set_weights(self, weights):
        self.epoch = int(weights[0])

    def save_weights(self, path, overwrite=True):
        self.saved.append(self.epoch)


def run(callback, series):
    """The model after the epochs that ran, the rate after each of them."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(series):
        model.epoch = epoch
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end()
    return model, rates


def csv(arguments, times):
    """The text of a log of `times` trainings of two epochs."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.csv")
        for _ in range(times):
            logger = keras.callbacks.CSVLogger(path, **arguments)
            logger.on_train_begin()
            logger.on_epoch_end(0, {"loss": 0.5, "acc": 0.25})
            logger.on_epoch_end(1, {"loss": 0.125, "acc": 1e-05, "val_loss": 2.5})
            logger.on_train_end()
        with open(path, newline="") as file:
            return file.read().replace("\r\n", "\n")


def callbacks():
    rng = np.random.default_rng(23)
    series = [[3.0, 2.0, 2.5, 2.1, 1.0, 1.0], [1.0, 0.9, 0.85, 0.84, 0.84, 0.5, 0.6, 0.7, 0.4],
              [float("nan"), 1.0, 2.0, 0.5, 0.6], [1.0, float("nan"), float("nan"), 0.5, 0.6]]
    series += [[float(v) for v in np.round(rng.uniform(0, 2, size=10), 2)] for _ in range(4)]
    result = {"early_stopping": [], "reduce_lr_on_plateau": [], "model_checkpoint": [], "csv_logger": []}
    for values in series:
        shown = [None if np.isnan(v) else v for v in values]
        for arguments in EARLY:
            callback = keras.callbacks.EarlyStopping(**arguments)
            model, rates = run(callback, values)
            result["early_stopping"].append({"arguments": arguments, "series": shown, "epochs": len(rates),
                                             "stopped": callback.stopped_epoch, "best": callback.best_epoch,
                                             "weight": model.epoch})
        for arguments in PLATEAU:
            _, rates = run(keras.callbacks.ReduceLROnPlateau(**arguments), values)
            result["reduce_lr_on_plateau"].append({"arguments": arguments, "series": shown, "rates": rates})
        for arguments in CHECKPOINT:
            callback = keras.callbacks.ModelCheckpoint("w.weights.h5", save_weights_only=True, **arguments)
            model, _ = run(callback, values)
            result["model_checkpoint"].append({"arguments": arguments, "series": shown, "saved": model.saved})
    for arguments in ({}, {"separator": ";"}, {"append": True}):
        result["csv_logger"].append({"arguments": arguments, "text": csv(arguments, 2)})
    return result
