"""Optimizer steps on given gradients, and ten training steps for every loss and optimizer, in Keras."""

import keras
import numpy as np

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.01, "clipvalue": 0.05}),
    ("SGD", {"learning_rate": {"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 2,
                                                    "decay_rate": 0.7}}}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.01, "clipnorm": 0.1}),
    ("Adam", {"learning_rate": 0.01, "global_clipnorm": 0.1}),
    ("AdamW", {"learning_rate": 0.01}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "use_ema": True, "ema_momentum": 0.5,
             "ema_overwrite_frequency": 2}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 0.2, "gradient_accumulation_steps": 2}),
    ("RMSprop", {"learning_rate": {"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 2,
                                                        "decay_rate": 0.7}},
                 "use_ema": True, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2}),
    ("AdamW", {"learning_rate": 0.01, "loss_scale_factor": 10.0, "clipvalue": 0.05}),
]

LOSSES = [
    # (loss, arguments, activation of the output, labels)
    ("MeanSquaredError", {}, "linear", "numbers"),
    ("MeanAbsoluteError", {}, "linear", "numbers"),
    ("BinaryCrossentropy", {}, "sigmoid", "bits"),
    ("BinaryCrossentropy", {"from_logits": True}, "linear", "bits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "softmax", "one_hot"),
    ("CategoricalCrossentropy", {"from_logits": True}, "linear", "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "softmax", "labels"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "linear", "labels"),
]

STEPS, BATCH, INPUTS, HIDDEN, OUTPUTS = 10, 6, 4, 5, 3


def make_optimizer(name, arguments):
    arguments = dict(arguments)
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        (schedule, options), = rate.items()
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**options)
    return getattr(keras.optimizers, name)(**arguments)


def optimizers(numbers):
    """The parameters after each of some gradients. One gradient is all zeros."""
    rng = np.random.default_rng(11)
    start = [rng.normal(size=(3, 2)).astype("float32"), rng.normal(size=4).astype("float32")]
    gradients = [[rng.normal(size=v.shape).astype("float32") * 0.3 for v in start] for _ in range(5)]
    gradients[3] = [np.zeros_like(v) for v in start]
    cases = []
    for name, arguments in OPTIMIZERS:
        optimizer = make_optimizer(name, arguments)
        variables = [keras.Variable(v) for v in start]
        after = []
        for step in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
            after.append([numbers(v) for v in variables])
        cases.append({"name": name, "arguments": arguments, "after": after})
    return {"start": [numbers(v) for v in start], "gradients": [[numbers(g) for g in s] for s in gradients],
            "cases": cases}


def training(numbers):
    """Weights of a net after STEPS batches, from the same weights and batches in every case."""
    rng = np.random.default_rng(13)
    weights = [rng.normal(size=(INPUTS, HIDDEN)) * 0.7, rng.normal(size=HIDDEN) * 0.1,
               rng.normal(size=(HIDDEN, OUTPUTS)) * 0.7, rng.normal(size=OUTPUTS) * 0.1]
    weights = [w.astype("float32") for w in weights]
    x = rng.normal(size=(STEPS, BATCH, INPUTS)).astype("float32")
    labels = rng.integers(0, OUTPUTS, size=(STEPS, BATCH))
    targets = {
        "numbers": rng.normal(size=(STEPS, BATCH, OUTPUTS)).astype("float32"),
        "bits": rng.integers(0, 2, size=(STEPS, BATCH, OUTPUTS)).astype("float32"),
        "one_hot": np.eye(OUTPUTS, dtype="float32")[labels],
        "labels": labels,
    }
    cases = []
    for loss, loss_arguments, activation, kind in LOSSES:
        for optimizer, optimizer_arguments in OPTIMIZERS:
            model = keras.Sequential([keras.Input((INPUTS,)), keras.layers.Dense(HIDDEN, activation="tanh"),
                                      keras.layers.Dense(OUTPUTS, activation=activation)])
            model.set_weights(weights)
            model.compile(optimizer=make_optimizer(optimizer, optimizer_arguments),
                          loss=getattr(keras.losses, loss)(**loss_arguments), run_eagerly=True)
            losses = [model.train_on_batch(x[i], targets[kind][i], return_dict=True)["loss"] for i in range(STEPS)]
            cases.append({"loss": loss, "loss_arguments": loss_arguments, "activation": activation, "labels": kind,
                          "optimizer": optimizer, "optimizer_arguments": optimizer_arguments,
                          "losses": [numbers(np.float32(v)) for v in losses],
                          "weights": [numbers(w) for w in model.get_weights()]})
    return {"x": numbers(x), "targets": {k: numbers(v) for k, v in targets.items()},
            "weights": [numbers(w) for w in weights], "cases": cases}
