"""What fit and evaluate of whole models report: several inputs and outputs, shared layers, weights of every kind."""

import keras
import numpy as np
from keras.layers import LSTM, Add, Concatenate, Dense, Embedding, Input
from keras.regularizers import L1, L1L2, L2

ROWS = 16  # batches of 4: Keras weighs an output's loss by the batch's rows on some backends only


def wave(shape, slope, offset):
    """Numbers that a test computes as well: sin(slope i + offset)."""
    return np.sin(slope * np.arange(int(np.prod(shape))) + offset).reshape(shape).astype("float32")


def set_weights(model):
    model.set_weights([wave(w.shape, 0.7 + 0.1 * i, 0.3) for i, w in enumerate(model.get_weights())])


def towers():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    tower = Dense(4, activation="tanh", kernel_regularizer=L2(0.01), activity_regularizer=L1(0.02), name="tower")
    left, right = tower(a), tower(b)
    kind = Dense(3, activation="softmax", name="kind")(Concatenate()([left, right]))
    size = Dense(1, bias_regularizer=L1L2(0.1, 0.2), name="size")(Add()([left, right]))
    model = keras.Model([a, b], [kind, size])
    set_weights(model)
    return model


def two_outputs(compile_arguments, apart=None):
    model = towers()
    model.compile(**compile_arguments)
    x = [wave((ROWS, 3), 0.9, 0.1), wave((ROWS, 3), 1.3, 0.5)]
    y = [np.arange(ROWS) * 7 % 3, wave((ROWS, 1), 0.4, 0.7)]
    weight, other = np.abs(wave((ROWS,), 1.1, 0.2)), np.abs(wave((ROWS,), 0.3, 0.9))
    weights = {None: [weight, weight], "each": [weight, other], "first": [weight, None]}[apart]
    history = model.fit(x, y, sample_weight=weights, verbose=0, shuffle=False, batch_size=4, epochs=3,
                        validation_split=0.25).history
    tested = model.evaluate(x, y, sample_weight=weights, batch_size=4, verbose=0, return_dict=True)
    return {"history": history, "evaluate": tested}


def class_weights():
    """An odd last batch, class weights, a schedule; fit goes on where it stopped."""
    model = keras.Sequential([Input((3,)), Dense(2, activation="softmax")])
    set_weights(model)
    rate = keras.optimizers.schedules.ExponentialDecay(0.5, 3, 0.5, staircase=True)
    model.compile(keras.optimizers.Adagrad(rate), keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
                  metrics=["acc"], weighted_metrics=["acc"])
    x, y = wave((ROWS + 1, 3), 0.9, 0.1), np.eye(2, dtype="float32")[np.arange(ROWS + 1) * 7 % 2]
    fit = dict(class_weight={0: 0.5, 1: 3.0}, initial_epoch=1, verbose=0, shuffle=False, batch_size=5, epochs=3,
               validation_split=0.25)
    return {"history": model.fit(x, y, **fit).history, "again": model.fit(x, y, **fit).history}


def swapped(swap_on_epoch):
    """Validation, the sum of the weights at each epoch's end, and evaluate, with averages of the weights."""
    model = keras.Sequential([Input((3,)), Dense(4, activation="tanh"), Dense(1)])
    set_weights(model)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.8), "mse")
    x, y, sums = wave((ROWS, 3), 0.9, 0.1), wave((ROWS, 1), 0.4, 0.7), []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: sums.append(sum(w.sum() for w in model.get_weights())))
    history = model.fit(x, y, verbose=0, shuffle=False, batch_size=4, epochs=3, validation_split=0.25,
                        callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch), keep]).history
    return {"history": history, "sums": {"sums": sums},
            "evaluate": model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)}


def masked():
    """Steps that an Embedding leaves out, behind an LSTM: what losses and metrics count."""
    model = keras.Sequential([Input((4,)), Embedding(5, 3, mask_zero=True), LSTM(4, return_sequences=True), Dense(2)])
    set_weights(model)
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae", "RootMeanSquaredError"])
    x, y = np.arange(ROWS * 4).reshape(ROWS, 4) * 7 % 5, wave((ROWS, 4, 2), 0.4, 0.7)
    history = model.fit(x, y, verbose=0, shuffle=False, batch_size=4, epochs=3).history
    return {"history": history,
            "evaluate": model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)}


def fits():
    optimizers, losses = keras.optimizers, keras.losses
    named = dict(optimizer=optimizers.Adam(0.005, clipnorm=0.5),
                 loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
                 loss_weights={"kind": 0.7, "size": 1.5},
                 metrics={"kind": ["acc", "sparse_categorical_crossentropy"], "size": ["mae"]},
                 weighted_metrics=[["acc"], ["mae", "RootMeanSquaredError"]])
    averaged = dict(optimizer=optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01, use_ema=True,
                                             ema_momentum=0.9, gradient_accumulation_steps=2),
                    loss=["crossentropy", "mae"])
    summed = dict(optimizer=optimizers.RMSprop(0.01, global_clipnorm=1.0),
                  loss=[losses.SparseCategoricalCrossentropy(reduction="sum"),
                        losses.MeanSquaredError(reduction="mean_with_sample_weight")])
    apart = dict(named, optimizer=optimizers.SGD(0.1))
    alone = dict(optimizer=optimizers.SGD(0.1), loss={"kind": "sparse_categorical_crossentropy", "size": None},
                 weighted_metrics=[["acc"], ["mae"]])
    cases = {"named": two_outputs(named), "averaged": two_outputs(averaged), "summed": two_outputs(summed),
             "class_weights": class_weights(), "apart": two_outputs(apart, "each"),
             "alone": two_outputs(alone, "first"), "swapped": swapped(False), "swapped_on_epoch": swapped(True),
             "masked": masked()}
    return {case: {part: {name: [float(str(np.float32(v))) for v in np.atleast_1d(values)]
                          for name, values in logs.items()} for part, logs in parts.items()}
            for case, parts in cases.items()}
