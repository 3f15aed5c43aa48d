"""Writes the goldens beside it: what Keras 3 (TensorFlow backend, float32) gives for small fixed inputs.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/make_goldens.py
Numbers are written so that they read back to the same float32.
"""

import inspect
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import callback_goldens  # noqa: E402
import fit_goldens  # noqa: E402
import loss_goldens  # noqa: E402
import metric_goldens  # noqa: E402
import training_goldens  # noqa: E402
import weight_goldens  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
RNG = np.random.default_rng(7)


def numbers(array):
    """A list, nested like the array, of the shortest texts of its float32 (or integer) elements."""
    array = np.asarray(array)
    if array.ndim:
        return [numbers(row) for row in array]
    return float(str(np.float32(array))) if array.dtype.kind == "f" else array.item()


def write(name, data):
    (HERE / f"{name}.json").write_text(json.dumps(data, separators=(",", ":")).replace("},{", "},\n{") + "\n")


DEFAULTS = {
    "layer": (keras.layers, "InputLayer Dense Activation ReLU LeakyReLU ELU Softmax Dropout Flatten Reshape Rescaling "
              "Normalization Concatenate Add Subtract Multiply Average Maximum Minimum Identity "
              "ActivityRegularization Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose "
              "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D MaxPooling1D MaxPooling2D MaxPooling3D "
              "AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D "
              "GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
              "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D AdaptiveAveragePooling1D "
              "AdaptiveAveragePooling2D AdaptiveAveragePooling3D BatchNormalization LayerNormalization "
              "RMSNormalization UnitNormalization GroupNormalization ZeroPadding1D ZeroPadding2D ZeroPadding3D "
              "Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D Permute RepeatVector PReLU "
              "Resizing CenterCrop SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout "
              "AlphaDropout Attention AdditiveAttention MultiHeadAttention GroupQueryAttention Dot Masking Embedding "
              "ReversibleEmbedding SimpleRNN SimpleRNNCell LSTM LSTMCell GRU GRUCell RNN StackedRNNCells "
              "Bidirectional TimeDistributed ConvLSTM1D ConvLSTM2D ConvLSTM3D EinsumDense SpectralNormalization "
              "Lambda STFTSpectrogram MelSpectrogram CategoryEncoding Discretization HashedCrossing Hashing "
              "IntegerLookup StringLookup TextVectorization "
              "RandomFlip RandomRotation RandomZoom RandomTranslation RandomShear RandomPerspective "
              "RandomElasticTransform RandomCrop RandomContrast RandomBrightness RandomSaturation RandomHue "
              "RandomColorJitter RandomColorDegeneration RandomGrayscale RandomPosterization RandomSharpness "
              "RandomGaussianBlur RandomInvert RandomErasing Solarization AutoContrast Equalization "
              "ContrastLimitedAdaptiveHistogramEqualization MixUp CutMix RandAugment AugMix Pipeline"),
    "loss": (keras.losses, "MeanSquaredError MeanAbsoluteError BinaryCrossentropy CategoricalCrossentropy "
             "SparseCategoricalCrossentropy " + loss_goldens.NAMES),
    "metric": (keras.metrics, "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy "
               "MeanSquaredError MeanAbsoluteError RootMeanSquaredError BinaryCrossentropy "
               "CategoricalCrossentropy SparseCategoricalCrossentropy " + metric_goldens.NAMES),
    "optimizer": (keras.optimizers, "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax Nadam Ftrl Lamb Lion Adafactor "
                  "ScheduleFreeAdamW Muon LossScaleOptimizer"),
    "schedule": (keras.optimizers.schedules, "ExponentialDecay PiecewiseConstantDecay PolynomialDecay "
                 "InverseTimeDecay CosineDecay CosineDecayRestarts"),
    "callback": (keras.callbacks, "History CSVLogger EarlyStopping ModelCheckpoint LearningRateScheduler "
                 "TerminateOnNaN LambdaCallback ReduceLROnPlateau SwapEMAWeights"),
    "initializer": (keras.initializers, "Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal "
                    "VarianceScaling GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal "
                    "Orthogonal Identity STFT"),
    "regularizer": (keras.regularizers, "L1 L2 L1L2 OrthogonalRegularizer"),
    "constraint": (keras.constraints, "MaxNorm MinMaxNorm UnitNorm NonNeg"),
    "activation": (keras.activations, "relu leaky_relu elu gelu sigmoid tanh softmax linear selu softplus softsign "
                   "silu exponential relu6 hard_sigmoid log_softmax log_sigmoid mish celu glu hard_shrink hard_silu "
                   "hard_tanh soft_shrink sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink threshold"),
}


def defaults():
    """Each kind's arguments with their defaults; {"required": true} where there is none."""
    result = {}
    for category, (module, names) in DEFAULTS.items():
        result[category] = {}
        for name in names.split():
            arguments = {}
            for key, parameter in inspect.signature(getattr(module, name)).parameters.items():
                if key in ("self", "x", "name", "dtype") or parameter.kind in (
                        inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
                    continue
                required = parameter.default is inspect.Parameter.empty
                arguments[key] = {"required": True} if required else {"default": parameter.default}
            result[category][name] = arguments
    return result


def surface():
    """The names of all that Keras has of each of these kinds; bases and its own wrappers of functions left out."""
    # What holds modules or services of others, and what is abstract.
    foreign = {"TFOptimizer", "Layer", "Wrapper", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer",
               "CallbackList", "OrbaxCheckpoint", "RemoteMonitor"}
    bases = {"layer": (keras.layers, keras.Layer), "loss": (keras.losses, keras.Loss),
             "metric": (keras.metrics, keras.Metric),
             "optimizer": (keras.optimizers, keras.Optimizer),
             "schedule": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
             "initializer": (keras.initializers, keras.Initializer),
             "regularizer": (keras.regularizers, keras.Regularizer),
             "constraint": (keras.constraints, keras.constraints.Constraint),
             "callback": (keras.callbacks, keras.callbacks.Callback)}
    result = {"activation": sorted(name for name, value in vars(keras.activations).items() if inspect.isfunction(value)
                                   and name not in ("get", "serialize", "deserialize"))}
    for category, (module, base) in bases.items():
        classes = [value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, base)]
        result[category] = sorted({value.__name__ for value in classes if value is not base} - foreign)
    # What Keras takes in their place: functions, short and snake-case names.
    known = {"activation": keras.src.activations, "loss": keras.src.losses, "metric": keras.src.metrics,
             "optimizer": keras.src.optimizers, "initializer": keras.src.initializers,
             "regularizer": keras.src.regularizers, "constraint": keras.src.constraints}
    abstract = {"Regularizer", "regularizer", "Constraint", "constraint", "Loss", "Metric", "metric", "optimizer",
                "optimizermap", "Initializer", "initializer", "LossFunctionWrapper",
                "ReLU", "LogSoftmax", "Mish", "Softmax"}
    return {"names": result, "spellings": {
        category: sorted(name for name in module.ALL_OBJECTS_DICT if name not in abstract)
        for category, module in known.items()}}


def activations():
    x = np.concatenate([np.linspace(-4, 4, 17), [6.5, 7.0, -8.0]]).astype("float32").reshape(5, 4)
    cases = [(name, {}) for name in DEFAULTS["activation"][1].split() if name != "threshold"]
    cases += [("celu", {"alpha": 0.5}), ("celu", {"alpha": -2.0}), ("hard_shrink", {"threshold": 1.0}),
              ("soft_shrink", {"threshold": 1.5}), ("squareplus", {"b": 0.5}), ("sparsemax", {"axis": 1}),
              ("glu", {"axis": 1}), ("threshold", {"threshold": 0.5, "default_value": -3.0})]
    cases += [("relu", {"negative_slope": 0.1}), ("relu", {"max_value": 2.5}), ("relu", {"threshold": 1.0}),
              ("relu", {"negative_slope": 0.1, "max_value": 2.5, "threshold": 1.0}),
              ("leaky_relu", {"negative_slope": 0.05}), ("elu", {"alpha": 0.5}), ("gelu", {"approximate": True}),
              ("softmax", {"axis": 1})]
    return {"x": numbers(x), "cases": [
        {"name": name, "arguments": arguments,
         "y": numbers(getattr(keras.activations, name)(keras.ops.convert_to_tensor(x), **arguments))}
        for name, arguments in cases]}


def layer_cases():
    """(layer, arguments, inputs, weights) for each golden of a layer."""
    x = RNG.normal(size=(3, 4)).astype("float32")
    image = RNG.normal(size=(2, 3, 2)).astype("float32")
    kernel = RNG.normal(size=(4, 5)).astype("float32")
    bias = RNG.normal(size=5).astype("float32")
    cases = [
        ("Dense", {"units": 5}, [x], [kernel, bias]),
        ("Dense", {"units": 5, "activation": "relu", "use_bias": False}, [x], [kernel]),
        ("Dense", {"units": 5, "activation": "softmax"}, [RNG.normal(size=(2, 3, 4)).astype("float32")], [kernel, bias]),
        ("Activation", {"activation": "tanh"}, [x], []),
        ("ReLU", {"max_value": 0.5, "negative_slope": 0.1}, [x], []),
        ("LeakyReLU", {}, [x], []),
        ("ELU", {"alpha": 0.7}, [x], []),
        ("Softmax", {}, [x], []),
        ("Softmax", {"axis": 1}, [image], []),
        ("Dropout", {"rate": 0.5}, [x], []),
        ("Flatten", {}, [image], []),
        ("Flatten", {"data_format": "channels_first"}, [image], []),
        ("Reshape", {"target_shape": [2, -1]}, [image], []),
        ("Rescaling", {"scale": 0.25, "offset": -1.0}, [x], []),
        ("Normalization", {"mean": 0.5, "variance": 4.0}, [x], []),
        ("Normalization", {}, [x], [np.arange(4, dtype="float32"), np.arange(1, 5, dtype="float32"),
                                    np.array(0, dtype="int32")]),
        ("Normalization", {"invert": True}, [x], [np.arange(4, dtype="float32"), np.arange(1, 5, dtype="float32"),
                                                  np.array(0, dtype="int32")]),
        ("Concatenate", {}, [x, kernel[:3]], []),
        ("Concatenate", {"axis": 1}, [image, image[:, :1]], []),
        ("Identity", {}, [x], []),
        ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [x], []),
    ]
    for name in "Add Subtract Multiply Average Maximum Minimum".split():
        cases.append((name, {}, [x, x[::-1] * 2], []))
    cases.append(("Add", {}, [x, x[:, :1], x + 1], []))
    return cases


def layers():
    result = []
    for name, arguments, inputs, weights in layer_cases():
        layer = getattr(keras.layers, name)(**arguments)
        given = [keras.ops.convert_to_tensor(i) for i in inputs]
        argument = given[0] if len(given) == 1 else given
        layer(argument)
        if weights:
            layer.set_weights(weights)
            if name == "Normalization":
                layer.finalize_state()
        result.append({"name": name, "arguments": arguments, "inputs": [numbers(i) for i in inputs],
                       "weights": [numbers(w) for w in weights], "output": numbers(layer(argument)),
                       "losses": [numbers(loss) for loss in layer.losses],
                       "weight_paths": [w.path.split("/", 1)[-1] for w in layer.weights]})
    data = RNG.normal(size=(6, 2, 3)).astype("float32")
    adapted = []
    for axis in (-1, 1, [1, 2], None):
        layer = keras.layers.Normalization(axis=axis)
        layer.adapt(data)
        adapted.append({"axis": axis, "mean": numbers(np.ravel(layer.adapt_mean)),
                        "variance": numbers(np.ravel(layer.adapt_variance)), "output": numbers(layer(data))})
    return {"cases": result, "adapt": {"data": numbers(data), "cases": adapted}}


def edge_losses():
    """Extreme logits, probabilities of 0 and 1, smoothing, rows that hold sequences, and weights of them."""
    rng = np.random.default_rng(17)
    extreme = np.array([[90.0, -90.0, 0.0], [-200.0, 200.0, 1.0], [1e4, 1e4, -1e4], [30.0, 31.0, 29.0]], "float32")
    one_hot = np.eye(3, dtype="float32")[[1, 0, 2, 1]]
    hard = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]], "float32")
    labels = np.array([1, 0, 2, 1])
    bits = np.array([[1.0], [0.0], [1.0], [0.0]], "float32")
    edges = np.array([[0.0], [1.0], [1.0], [0.0]], "float32")
    weight = np.array([0.5, 2.0, 1.0, 3.0], "float32")
    sequence = rng.normal(size=(4, 2, 3)).astype("float32")
    steps = rng.normal(size=(4, 2, 3)).astype("float32")
    tokens = rng.integers(0, 3, size=(4, 2))
    step_weight = rng.integers(0, 4, size=(4, 2)).astype("float32")
    return [
        ("BinaryCrossentropy", {"from_logits": True}, one_hot, extreme, None),
        ("BinaryCrossentropy", {"from_logits": True}, bits, extreme[:, :1], weight),
        ("BinaryCrossentropy", {}, bits, edges, weight),
        ("BinaryCrossentropy", {"label_smoothing": 0.2}, bits, edges, None),
        ("BinaryCrossentropy", {"label_smoothing": 1.0, "from_logits": True}, one_hot, sequence[:, 0], weight),
        ("BinaryCrossentropy", {"axis": 1, "from_logits": True}, np.abs(np.sign(sequence)), steps, None),
        ("CategoricalCrossentropy", {"from_logits": True}, one_hot, extreme, weight),
        ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot, hard, weight),
        ("CategoricalCrossentropy", {"from_logits": True}, np.abs(sequence), steps, step_weight),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, labels, extreme, weight),
        ("SparseCategoricalCrossentropy", {}, labels, hard, None),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, tokens, steps, step_weight),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 0}, tokens, steps, step_weight),
        ("MeanSquaredError", {}, sequence, steps, step_weight),
        ("MeanSquaredError", {}, sequence[:, :, :1], steps, None),
        ("MeanAbsoluteError", {}, sequence[:, 0], steps[:, 0], weight[:, None]),
    ]


def losses():
    p = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.05, 0.9, 0.05], [1.0, 0.0, 0.0]], "float32")
    logits = RNG.normal(size=(4, 3)).astype("float32") * 3
    one_hot = np.eye(3, dtype="float32")[[0, 2, 1, 1]]
    labels = np.array([0, 2, 1, 1])
    bits = np.array([[0.0], [1.0], [1.0], [0.0]], "float32")
    guess = np.array([[0.2], [0.9], [0.8], [1.0]], "float32")
    weight = np.array([1.0, 2.0, 0.5, 0.0], "float32")
    cases = [
        ("MeanSquaredError", {}, one_hot, p, None), ("MeanSquaredError", {}, bits, guess, weight),
        ("MeanSquaredError", {}, bits[:, 0], guess, weight), ("MeanAbsoluteError", {}, one_hot, p, weight),
        ("MeanAbsoluteError", {}, bits, guess[:, 0], None),
        ("BinaryCrossentropy", {}, bits, guess, weight), ("BinaryCrossentropy", {}, one_hot, p, None),
        ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot, logits, weight),
        ("CategoricalCrossentropy", {}, one_hot, p, weight),
        ("CategoricalCrossentropy", {}, one_hot, p * 2, None),
        ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, one_hot, logits, None),
        ("CategoricalCrossentropy", {"axis": 1}, np.moveaxis(np.stack([one_hot, one_hot[::-1]]), 2, 1),
         np.moveaxis(np.stack([p, p]), 2, 1), None),
        ("SparseCategoricalCrossentropy", {}, labels, p, None),
        ("SparseCategoricalCrossentropy", {}, labels[:, None], p, weight),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, labels, logits, weight),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, labels, logits, None),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, labels, logits, weight),
    ] + edge_losses() + loss_goldens.cases()
    result = []
    for name, arguments, y_true, y_pred, sample_weight in cases:
        reduced = {}
        for reduction in ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"):
            loss = getattr(keras.losses, name)(reduction=reduction, **arguments)
            reduced[reduction] = numbers(loss(y_true, y_pred, sample_weight=sample_weight))
        result.append({"name": name, "arguments": arguments, "y_true": numbers(y_true), "y_pred": numbers(y_pred),
                       "sample_weight": None if sample_weight is None else numbers(sample_weight),
                       "reduced": reduced})
    return result


def edge_metrics():
    """Ties, predictions at the threshold, integer labels, logits, and rows that hold sequences."""
    rng = np.random.default_rng(19)
    ties = [np.array([[1, 1, 0], [0, 2, 2], [3, 3, 3], [0, 0, 1], [5, 1, 5]], "float32")] * 2
    at = [np.array([[0.5], [0.500001], [0.4], [1.0], [0.0]], "float32")] * 2
    ones = [np.array([[1], [1], [0], [1], [0]])] * 2
    classes = [np.array([1, 2, 0, 2, 0]), np.array([0, 1, 2, 2, 2])]
    logits = [rng.normal(size=(5, 3)).astype("float32") * 40 for _ in range(2)]
    sequence = [rng.normal(size=(5, 2, 3)).astype("float32") for _ in range(2)]
    steps = [rng.normal(size=(5, 2, 3)).astype("float32") for _ in range(2)]
    tokens = [rng.integers(0, 3, size=(5, 2)) for _ in range(2)]
    return [
        ("CategoricalAccuracy", {}, [np.eye(3, dtype="float32")[c] for c in classes], ties),
        ("SparseCategoricalAccuracy", {}, classes, ties), ("BinaryAccuracy", {}, ones, at),
        ("BinaryAccuracy", {"threshold": 0.4}, ones, at), ("Accuracy", {}, classes, classes),
        ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ones, [v[:, :1] for v in logits]),
        ("CategoricalCrossentropy", {"from_logits": True}, [np.eye(3, dtype="float32")[c] for c in classes], logits),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, classes, logits),
        ("SparseCategoricalAccuracy", {}, tokens, steps), ("CategoricalAccuracy", {}, sequence, steps),
        ("MeanSquaredError", {}, sequence, steps), ("RootMeanSquaredError", {}, sequence, steps),
        ("SparseCategoricalCrossentropy", {"from_logits": True}, tokens, steps),
    ]


def metrics():
    labels = [RNG.integers(0, 3, size=5) for _ in range(2)]
    scores = [RNG.uniform(0.05, 1, size=(5, 3)).astype("float32") for _ in range(2)]
    p = [s / s.sum(axis=1, keepdims=True) for s in scores]
    one_hot = [np.eye(3, dtype="float32")[i] for i in labels]
    bits = [RNG.integers(0, 2, size=(5, 1)).astype("float32") for _ in range(2)]
    guess = [RNG.uniform(0.01, 0.99, size=(5, 1)).astype("float32") for _ in range(2)]
    weights = [RNG.integers(0, 4, size=5).astype("float32") / 2 for _ in range(2)]
    cases = [
        ("Accuracy", {}, bits, [np.round(g) for g in guess]), ("BinaryAccuracy", {}, bits, guess),
        ("BinaryAccuracy", {"threshold": 0.3}, [b[:, 0] for b in bits], guess),
        ("BinaryAccuracy", {}, one_hot, p),
        ("CategoricalAccuracy", {}, one_hot, p), ("SparseCategoricalAccuracy", {}, labels, p),
        ("SparseCategoricalAccuracy", {}, [i[:, None] for i in labels], p),
        ("MeanSquaredError", {}, one_hot, p), ("MeanAbsoluteError", {}, one_hot, p),
        ("RootMeanSquaredError", {}, one_hot, p), ("BinaryCrossentropy", {}, bits, guess),
        ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot, p),
        ("SparseCategoricalCrossentropy", {}, labels, p),
        ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, labels, scores),
    ] + edge_metrics()
    result = []
    for name, arguments, y_true, y_pred in cases:
        for given in (None, weights):
            metric = getattr(keras.metrics, name)(**arguments)
            for i in range(2):
                metric.update_state(y_true[i], y_pred[i], sample_weight=None if given is None else given[i])
            result.append({"name": name, "arguments": arguments, "y_true": [numbers(v) for v in y_true],
                           "y_pred": [numbers(v) for v in y_pred],
                           "sample_weight": None if given is None else [numbers(v) for v in given],
                           "keras_name": metric.name, "result": numbers(metric.result())})
    return result + metric_goldens.cases(numbers)


def schedules():
    cases = [
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
        ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5}),
        ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": True}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01, "power": 2.0,
                             "cycle": True}),
        ("PiecewiseConstantDecay", {"boundaries": [3, 10], "values": [1.0, 0.5, 0.1]}),
        ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
        ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.1,
                         "warmup_steps": 5}),
        ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4}),
        ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.5,
                                 "alpha": 0.1}),
    ]
    cases += [
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 2.0}),
        ("PolynomialDecay", {"initial_learning_rate": 0.01, "decay_steps": 7, "end_learning_rate": 0.1, "power": 0.5}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "cycle": True}),
        ("PiecewiseConstantDecay", {"boundaries": [0, 7], "values": [1.0, 0.5, 0.1]}),
        ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "alpha": 0.2, "warmup_steps": 5}),
        ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 5, "warmup_target": 0.1, "warmup_steps": 10}),
    ]
    # Not 12 and 28, where Keras's own float32 logarithm decides on which side of a restart a step lies.
    steps = [0, 1, 2, 3, 5, 7, 10, 11, 14, 20, 25, 30]
    return {"steps": steps, "cases": [
        {"name": name, "arguments": arguments,
         "rates": [numbers(np.float32(getattr(keras.optimizers.schedules, name)(**arguments)(step)))
                   for step in steps]}
        for name, arguments in cases]}


if __name__ == "__main__":
    write("defaults", defaults())
    write("surface", surface())
    for make in (activations, layers, losses, metrics, schedules):
        write(make.__name__, make())
    write("optimizers", training_goldens.optimizers(numbers))
    write("training", training_goldens.training(numbers))
    write("weights", weight_goldens.weights(numbers))
    write("callbacks", callback_goldens.callbacks())
    write("fits", fit_goldens.fits())
