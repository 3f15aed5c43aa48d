"""Cases of the losses beyond errors and cross-entropies: margins, divergences, focus, overlap, sequences."""

import numpy as np

NAMES = ("MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh CosineSimilarity Hinge SquaredHinge "
         "CategoricalHinge KLDivergence Poisson BinaryFocalCrossentropy CategoricalFocalCrossentropy "
         "CategoricalGeneralizedCrossEntropy Dice Tversky Circle CTC")


def cases():
    """(loss, arguments, y_true, y_pred, weight of the rows)"""
    rng = np.random.default_rng(29)
    numbers, guesses = (rng.normal(size=(4, 3)).astype("float32") * 2 for _ in range(2))
    positive, rates = (rng.uniform(0.1, 3, size=(4, 3)).astype("float32") for _ in range(2))
    counts = rng.integers(0, 5, size=(4, 3)).astype("float32")
    p = rng.dirichlet(np.ones(3), size=4).astype("float32")
    truth = rng.dirichlet(np.ones(3), size=4).astype("float32")
    edges = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.2, 0.8]], "float32")
    one_hot, labels = np.eye(3, dtype="float32")[[0, 2, 1, 1]], np.array([0, 2, 1, 1])
    bits = rng.integers(0, 2, size=(4, 3)).astype("float32")
    chances = rng.uniform(0.02, 0.98, size=(4, 3)).astype("float32")
    signs = np.where(bits == 0, -1, 1).astype("float32")
    weight = np.array([1.0, 2.0, 0.5, 0.0], "float32")
    sequence, steps = (rng.normal(size=(4, 2, 3)).astype("float32") for _ in range(2))
    masks, scores = rng.integers(0, 2, size=(4, 2, 3)).astype("float32"), rng.uniform(size=(4, 2, 3)).astype("float32")
    words = np.array([[1, 2, 0], [3, 3, 1], [2, 0, 0], [1, 1, 0]])
    spoken = rng.normal(size=(4, 6, 4)).astype("float32") * 2
    result = []
    for name in ("MeanAbsolutePercentageError", "Huber", "LogCosh", "CosineSimilarity"):
        result += [(name, {}, numbers, guesses, None), (name, {}, numbers, guesses, weight),
                   (name, {}, sequence, steps, None)]
    result += [
        ("MeanAbsolutePercentageError", {}, bits, guesses, None),
        ("Huber", {"delta": 0.5}, numbers, guesses, weight),
        ("Huber", {"delta": 3.0}, numbers[:, 0], guesses[:, :1], None),
        ("LogCosh", {}, numbers * 30, guesses * 30, None),
        ("CosineSimilarity", {"axis": 1}, sequence, steps, None),
        ("CosineSimilarity", {}, numbers * 0, guesses, weight),
        ("MeanSquaredLogarithmicError", {}, positive, rates, weight),
        ("MeanSquaredLogarithmicError", {}, numbers, rates, None),
        ("KLDivergence", {}, truth, p, weight), ("KLDivergence", {}, edges, edges[::-1].copy(), None),
        ("Poisson", {}, counts, rates, weight), ("Poisson", {}, counts[:, 0], rates[:, :1], None),
        ("Hinge", {}, bits, guesses, weight), ("Hinge", {}, signs, guesses, None), ("Hinge", {}, numbers, guesses, None),
        ("SquaredHinge", {}, bits, guesses, None), ("SquaredHinge", {}, signs, guesses, weight),
        ("CategoricalHinge", {}, one_hot, p, weight), ("CategoricalHinge", {}, one_hot, guesses, None),
        ("BinaryFocalCrossentropy", {}, bits, chances, weight),
        ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0}, bits, chances, None),
        ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, bits, guesses, weight),
        ("BinaryFocalCrossentropy", {"axis": 1, "gamma": 1.5}, masks, scores, None),
        ("CategoricalFocalCrossentropy", {}, one_hot, p, weight),
        ("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 1.0, "alpha": 0.5}, one_hot, guesses, None),
        ("CategoricalFocalCrossentropy", {"label_smoothing": 0.2}, one_hot, p * 2, weight),
        ("CategoricalGeneralizedCrossEntropy", {}, labels, p, weight),
        ("CategoricalGeneralizedCrossEntropy", {"q": 0.9}, labels, p, None),
        ("CTC", {}, words, spoken, None), ("CTC", {}, words, spoken, weight),
        ("CTC", {}, words, spoken * 10, None),
    ]
    near = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    group, alone = np.array([0, 1, 0, 1]), np.array([0, 0, 2, 1])
    result += [("Circle", {}, group, near, None), ("Circle", {"gamma": 3.0, "margin": 0.2}, group, near, weight),
               ("Circle", {"gamma": 10.0}, alone, near, weight),
               ("Circle", {"gamma": 5.0, "remove_diagonal": False}, alone[:, None], near, None)]
    for name, arguments in (("Dice", {}), ("Tversky", {}), ("Tversky", {"alpha": 0.3, "beta": 0.8})):
        result += [(name, arguments, masks, scores, None), (name, arguments, bits, chances, None),
                   (name, dict(arguments, axis=[1, 2]), masks, scores, weight)]
    return result
