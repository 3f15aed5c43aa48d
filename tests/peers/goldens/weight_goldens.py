"""What constraints, regularizers and the STFT initializer make of given weights, and training under constraints."""

import keras
import numpy as np
from fit_goldens import wave

CONSTRAINTS = [
    ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.5}), ("MaxNorm", {"max_value": 1.0, "axis": 1}), ("NonNeg", {}),
    ("UnitNorm", {}), ("UnitNorm", {"axis": [0, 1]}), ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.5, "max_value": 2.0, "rate": 0.3, "axis": 1}),
]
REGULARIZERS = [
    ("L1", {}), ("L2", {}), ("L1L2", {"l1": 0.3, "l2": 0.2}), ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
STFT = [
    {}, {"side": "imag"}, {"window": "hamming", "scaling": "spectrum"}, {"window": "blackman", "periodic": True},
    {"window": None}, {"window": "bartlett", "scaling": None}, {"window": "nuttall"}, {"window": "flattop"},
    {"window": "blackmanharris", "periodic": True}, {"window": "boxcar"},
]


def trained(kernel, bias, optimizer, steps=6):
    """The weights after each of some steps of a net whose first layer is constrained."""
    dense = keras.layers.Dense(4, kernel_constraint=kernel, bias_constraint=bias, activation="tanh")
    model = keras.Sequential([keras.Input((3,)), dense, keras.layers.Dense(2)])
    model.set_weights([wave(w.shape, 0.7 + 0.1 * i, 0.3) for i, w in enumerate(model.get_weights())])
    model.compile(optimizer, "mse", run_eagerly=True)
    after = []
    for step in range(steps):
        model.train_on_batch(wave((5, 3), 0.9, 0.1 + step), wave((5, 2), 0.4, 0.7 * step))
        after.append(model.get_weights())
    return after


def weights(numbers):
    rng = np.random.default_rng(37)
    weight = rng.normal(size=(3, 4)).astype("float32")
    values = [{"name": name, "arguments": arguments,
               "result": numbers(getattr(keras.constraints, name)(**arguments)(keras.ops.convert_to_tensor(weight)))}
              for name, arguments in CONSTRAINTS]
    penalties = [{"name": name, "arguments": arguments,
                  "result": numbers(getattr(keras.regularizers, name)(**arguments)(
                      keras.ops.convert_to_tensor(weight)))} for name, arguments in REGULARIZERS]
    kernels = [{"arguments": arguments, "kernel": numbers(keras.initializers.STFT(**arguments)((8, 1, 5), "float32"))}
               for arguments in STFT]
    training = []
    for kernel, bias, optimizer in (("MaxNorm", "NonNeg", ("SGD", {"learning_rate": 0.5})),
                                    ("UnitNorm", None, ("Adam", {"learning_rate": 0.1})),
                                    ("MinMaxNorm", "UnitNorm", ("SGD", {"learning_rate": 0.5, "momentum": 0.9,
                                                                        "gradient_accumulation_steps": 2})),
                                    (None, "MaxNorm", ("Lamb", {"learning_rate": 0.2, "use_ema": True}))):
        made = [name and getattr(keras.constraints, name)() for name in (kernel, bias)]
        after = trained(*made, getattr(keras.optimizers, optimizer[0])(**optimizer[1]))
        training.append({"kernel_constraint": kernel, "bias_constraint": bias, "optimizer": optimizer[0],
                         "optimizer_arguments": optimizer[1], "after": [[numbers(v) for v in w] for w in after]})
    return {"weight": numbers(weight), "constraints": values, "regularizers": penalties, "stft": kernels,
            "training": training}
