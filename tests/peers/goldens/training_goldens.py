"""Optimizer steps on given gradients, and ten training steps for every loss and optimizer, in Keras."""

import json
import os
import subprocess
import sys

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

# Beyond the first five: on given gradients, and with two of the losses.
MORE_OPTIMIZERS = [
    ("Adadelta", {}), ("Adadelta", {"learning_rate": 1.0, "rho": 0.8}),
    ("Adamax", {}), ("Adamax", {"learning_rate": 0.01, "beta_1": 0.8, "clipnorm": 0.1}),
    ("Nadam", {}), ("Nadam", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}),
    ("Ftrl", {"learning_rate": 0.05}),
    ("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.6, "l1_regularization_strength": 0.01,
              "l2_regularization_strength": 0.02, "l2_shrinkage_regularization_strength": 0.1, "beta": 0.3}),
    ("Lamb", {}), ("Lamb", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Lion", {}), ("Lion", {"learning_rate": 0.01, "beta_1": 0.8, "weight_decay": 0.1}),
    ("Adafactor", {}), ("Adafactor", {"learning_rate": 0.1, "clip_threshold": 0.5, "beta_2_decay": -0.6}),
    ("Muon", {}), ("Muon", {"learning_rate": 0.02, "nesterov": False, "ns_steps": 3, "rms_rate": None,
                            "adam_lr_ratio": 0.5, "weight_decay": 0.1, "adam_weight_decay": None}),
]

# On JAX: TensorFlow's variables change under ScheduleFreeAdamW while it still needs their old value.
JAX_OPTIMIZERS = [
    ("ScheduleFreeAdamW", {}), ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 3, "weight_decay": 0.01}),
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

# With SGD and Adam alone.
MORE_LOSSES = [
    ("MeanSquaredLogarithmicError", {}, "softplus", "bits"),
    ("MeanAbsolutePercentageError", {}, "linear", "numbers"),
    ("Huber", {"delta": 0.5}, "linear", "numbers"),
    ("LogCosh", {}, "linear", "numbers"),
    ("CosineSimilarity", {}, "linear", "numbers"),
    ("Hinge", {}, "tanh", "bits"),
    ("SquaredHinge", {}, "tanh", "bits"),
    ("CategoricalHinge", {}, "linear", "one_hot"),
    ("KLDivergence", {}, "softmax", "one_hot"),
    ("Poisson", {}, "softplus", "bits"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True}, "sigmoid", "bits"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.5}, "linear", "bits"),
    ("CategoricalFocalCrossentropy", {}, "softmax", "one_hot"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, "softmax", "labels"),
    ("Dice", {}, "sigmoid", "bits"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "sigmoid", "bits"),
]

STEPS, BATCH, INPUTS, HIDDEN, OUTPUTS = 10, 6, 4, 5, 3


def make_optimizer(name, arguments):
    arguments = dict(arguments)
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        (schedule, options), = rate.items()
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**options)
    return getattr(keras.optimizers, name)(**arguments)


def stepped(cases, start, gradients):
    """For each of the (optimizer, arguments) the parameters after each of the gradients."""
    result = []
    for name, arguments in cases:
        optimizer = make_optimizer(name, arguments)
        variables = [keras.Variable(np.array(v, "float32")) for v in start]
        after = []
        for step in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(np.array(g, "float32")) for g in step], variables)
            after.append([np.array(v).tolist() for v in variables])
        result.append({"name": name, "arguments": arguments, "after": after})
    return result


def stepped_on_jax(start, gradients):
    given = json.dumps([[v.tolist() for v in start], [[g.tolist() for g in step] for step in gradients]])
    run = subprocess.run([sys.executable, __file__], input=given, env=dict(os.environ, KERAS_BACKEND="jax"),
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def optimizers(numbers):
    """The parameters after each of some gradients. One gradient is all zeros."""
    rng = np.random.default_rng(11)
    start = [rng.normal(size=(3, 2)).astype("float32"), rng.normal(size=4).astype("float32")]
    gradients = [[rng.normal(size=v.shape).astype("float32") * 0.3 for v in start] for _ in range(5)]
    gradients[3] = [np.zeros_like(v) for v in start]
    cases = stepped(OPTIMIZERS + MORE_OPTIMIZERS, start, gradients) + stepped_on_jax(start, gradients)
    for case in cases:
        case["after"] = [[numbers(np.array(v, "float32")) for v in step] for step in case["after"]]
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
    plain = [("SGD", {}), ("Adam", {})]
    pairs = [(loss, OPTIMIZERS) for loss in LOSSES] + [(loss, plain) for loss in MORE_LOSSES]
    pairs += [(LOSSES[i], MORE_OPTIMIZERS) for i in (0, 7)]
    for (loss, loss_arguments, activation, kind), with_optimizers in pairs:
        for optimizer, optimizer_arguments in with_optimizers:
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


if __name__ == "__main__":
    json.dump(stepped(JAX_OPTIMIZERS, *json.load(sys.stdin)), sys.stdout)
