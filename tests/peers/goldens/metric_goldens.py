"""Cases of the metrics beyond errors, accuracies and cross-entropies, over two batches each."""

import keras
import numpy as np

NAMES = ("MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCoshError CosineSimilarity Hinge SquaredHinge "
         "CategoricalHinge KLDivergence Poisson PearsonCorrelation ConcordanceCorrelation TopKCategoricalAccuracy "
         "SparseTopKCategoricalAccuracy TruePositives FalsePositives TrueNegatives FalseNegatives Precision Recall "
         "SensitivityAtSpecificity SpecificityAtSensitivity PrecisionAtRecall RecallAtPrecision AUC FBetaScore F1Score "
         "R2Score IoU BinaryIoU MeanIoU OneHotIoU OneHotMeanIoU Mean Sum MeanMetricWrapper")


def mean_like(rng):
    numbers, guesses, longer, longest = ([rng.normal(size=(5, n)).astype("float32") for _ in range(2)]
                                         for n in (3, 3, 6, 6))
    p, truth = ([rng.dirichlet(np.ones(3), size=5).astype("float32") for _ in range(2)] for _ in range(2))
    rates = [rng.uniform(0.1, 3, size=(5, 3)).astype("float32") for _ in range(2)]
    counts = [rng.integers(0, 4, size=(5, 3)).astype("float32") for _ in range(2)]
    bits = [rng.integers(0, 2, size=(5, 3)).astype("float32") for _ in range(2)]
    labels = [rng.integers(0, 6, size=5) for _ in range(2)]
    one_hot = [np.eye(6, dtype="float32")[i] for i in labels]
    small = [np.eye(3, dtype="float32")[i % 3] for i in labels]
    ties = [np.round(v) for v in longer]
    tokens = [rng.integers(0, 3, size=(5, 2)) for _ in range(2)]
    steps = [rng.normal(size=(5, 2, 3)).astype("float32") for _ in range(2)]
    order = [np.argsort(-v, axis=1) for v in longer]
    return [
        ("MeanAbsolutePercentageError", {}, numbers, guesses), ("MeanSquaredLogarithmicError", {}, rates, counts),
        ("LogCoshError", {}, numbers, guesses), ("CosineSimilarity", {}, numbers, guesses),
        ("CosineSimilarity", {"axis": 1}, steps, [v[::-1].copy() for v in steps]),
        ("Hinge", {}, bits, guesses), ("SquaredHinge", {}, [2 * b - 1 for b in bits], guesses),
        ("CategoricalHinge", {}, small, guesses), ("KLDivergence", {}, truth, p), ("Poisson", {}, counts, rates),
        ("PearsonCorrelation", {}, longer, longest), ("ConcordanceCorrelation", {}, longer, longest),
        ("TopKCategoricalAccuracy", {"k": 2}, one_hot, longer), ("TopKCategoricalAccuracy", {}, one_hot, longer),
        ("TopKCategoricalAccuracy", {"k": 3}, one_hot, ties), ("SparseTopKCategoricalAccuracy", {"k": 2}, labels, longer),
        ("SparseTopKCategoricalAccuracy", {"k": 1}, tokens, steps),
        ("SparseTopKCategoricalAccuracy", {"k": 3, "from_sorted_ids": True}, labels, [o.astype("float32") for o in order]),
        ("R2Score", {}, numbers, [n + 0.3 * g for n, g in zip(numbers, guesses)]),
        ("R2Score", {"class_aggregation": "variance_weighted_average"}, numbers, guesses),
        ("R2Score", {"class_aggregation": None, "num_regressors": 2}, numbers, guesses),
        ("Mean", {}, numbers, guesses), ("Sum", {}, numbers, guesses), ("Mean", {}, tokens, steps),
    ]


def decisions(rng):
    bits = [rng.integers(0, 2, size=(5, 1)).astype("float32") for _ in range(2)]
    chance = [np.round(rng.uniform(size=(5, 1)), 2).astype("float32") for _ in range(2)]
    chance[1][:3, 0] = [0.0, 0.5, 1.0]
    labels = [rng.integers(0, 2, size=(5, 4)).astype("float32") for _ in range(2)]
    scores = [np.round(rng.uniform(size=(5, 4)), 1).astype("float32") for _ in range(2)]
    logits = [rng.normal(size=(5, 4)).astype("float32") * 2 for _ in range(2)]
    flat = [b[:, 0] for b in bits]
    result = []
    for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives", "Precision", "Recall"):
        result += [(name, {}, bits, chance), (name, {"thresholds": [0.7, 0.2, 0.5]}, labels, scores),
                   (name, {"thresholds": [0.0, 0.5, 1.0]}, flat, [c[:, 0] for c in chance])]
    for name in ("Precision", "Recall"):
        result += [(name, {"top_k": 2}, labels, scores), (name, {"class_id": 1}, labels, scores),
                   (name, {"top_k": 2, "class_id": 3, "thresholds": 0.4}, labels, scores)]
    for name, argument in (("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"),
                           ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision")):
        result += [(name, {argument: 0.5}, bits, chance), (name, {argument: 0.7, "num_thresholds": 1}, labels, scores),
                   (name, {argument: 0.6, "num_thresholds": 11, "class_id": 2}, labels, scores)]
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            result.append(("AUC", {"curve": curve, "summation_method": method}, labels, scores))
    result += [
        ("AUC", {}, bits, chance), ("AUC", {"num_thresholds": 5, "from_logits": True}, labels, logits),
        ("AUC", {"thresholds": [0.9, 0.15, 0.5]}, labels, scores), ("AUC", {"thresholds": [0.5]}, labels, scores),
        ("AUC", {"multi_label": True}, labels, scores),
        ("AUC", {"multi_label": True, "num_labels": 4, "label_weights": [1.0, 2.0, 0.5, 3.0], "curve": "PR"}, labels,
         scores),
        ("AUC", {"label_weights": [1.0, 2.0, 0.5, 3.0]}, labels, scores),
    ]
    for average in (None, "micro", "macro", "weighted"):
        result += [("F1Score", {"average": average}, labels, scores),
                   ("FBetaScore", {"average": average, "beta": 2.0, "threshold": 0.5}, labels, scores)]
    return result


def overlaps(rng):
    labels, guesses = ([rng.integers(0, 3, size=5) for _ in range(2)] for _ in range(2))
    pixels, painted = ([rng.integers(-1, 4, size=(5, 2, 2)) for _ in range(2)] for _ in range(2))
    scores = [rng.normal(size=(5, 3)).astype("float32") for _ in range(2)]
    one_hot = [np.eye(3, dtype="float32")[i] for i in labels]
    bits, chance = [i % 2 for i in labels], [np.round(rng.uniform(size=5), 1).astype("float32") for _ in range(2)]
    maps = [rng.normal(size=(5, 2, 3)).astype("float32") for _ in range(2)]
    return [
        ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, labels, guesses),
        ("IoU", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False}, labels, scores),
        ("MeanIoU", {"num_classes": 3}, labels, guesses), ("MeanIoU", {"num_classes": 4}, labels, guesses),
        ("MeanIoU", {"num_classes": 3, "ignore_class": 1}, labels, guesses),
        ("MeanIoU", {"num_classes": 3}, pixels, painted), ("BinaryIoU", {}, bits, chance),
        ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, bits, chance),
        ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 1]}, one_hot, scores),
        ("OneHotMeanIoU", {"num_classes": 3, "sparse_y_pred": True}, one_hot, guesses),
    ], [("MeanIoU", {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False}, maps,
         [m[::-1].copy() for m in maps])]


def run(name, arguments, y_true, y_pred, weights):
    keras.utils.clear_session()  # names begin anew
    metric = getattr(keras.metrics, name)(**arguments)
    for i in range(2):
        given = None if weights is None else weights[i]
        if name in ("Mean", "Sum"):
            metric.update_state(y_pred[i], sample_weight=given)
        else:
            metric.update_state(y_true[i], y_pred[i], sample_weight=given)
    return metric


def cases(numbers):
    rng = np.random.default_rng(31)
    weights = [rng.integers(0, 4, size=5).astype("float32") / 2 for _ in range(2)]
    whole = [w * 2 for w in weights]
    rows, elements = overlaps(rng)
    listed = [(case, given) for case in mean_like(rng) + decisions(rng) for given in (None, weights)]
    listed += [(case, given) for case in rows for given in (None, whole) if given is None or case[2][0].ndim == 1 or
               case[0].startswith("OneHot")]
    listed += [(case, None) for case in elements]
    result = []
    for (name, arguments, y_true, y_pred), given in listed:
        metric = run(name, arguments, y_true, y_pred, given)
        result.append({"name": name, "arguments": arguments, "y_true": [numbers(v) for v in y_true],
                       "y_pred": [numbers(v) for v in y_pred],
                       "sample_weight": None if given is None else [numbers(v) for v in given],
                       "keras_name": metric.name, "result": numbers(metric.result())})
    return result
