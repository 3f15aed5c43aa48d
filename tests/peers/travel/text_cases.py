"""Layers that take text and categories, for keras_travel.py; Keras runs them on TensorFlow, whatever its backend."""

import numpy as np

from layer_cases import case

REVIEWS = ["A great, GREAT film!", "great acting; a bad plot...", "Bad. Really bad: I left (early).", "the plot, \"great\"", ""]
UNSEEN = ["a great plot, sadly", "nothing known here", "", "BAD bad bad film film the", "acting a"]
PETS = [["cat", "dog"], ["dog", "bird"], ["cat", "cat"], ["emu", "dog"], ["cat", "emu"]]
OTHERS = [["dog", "eel"], ["", "cat"], ["[UNK]", "bird"], ["yak", "gnu"], ["emu", "cat"]]
NUMBERS = [[12, 36], [36, 7], [12, 12], [5, 36], [7, 7]]
OTHER_NUMBERS = [[12, 7], [0, 99], [1, 36], [1000000007, 6], [5, 5]]
PLACES = [[0, 1], [2, 3], [4, 9], [1, 2], [3, 0]]


def learnt(name, known, rows, **arguments):
    """A layer that learns from `known`, if that is anything, on inputs of the kind of `rows`, of any number of columns."""
    rows = np.array(rows if isinstance(rows[0], list) else [[row] for row in rows])
    rows = rows if rows.dtype.kind == "U" else rows.astype("int64")
    return case(name, rows.shape[1:], rows=rows, known=known, backend="tensorflow", **arguments)


def texts():
    for mode in ("multi_hot", "count", "tf_idf"):
        yield learnt("TextVectorization", REVIEWS, UNSEEN, output_mode=mode)
    yield learnt("TextVectorization", REVIEWS, UNSEEN, output_sequence_length=5, max_tokens=6, ngrams=2)
    yield learnt("TextVectorization", REVIEWS, UNSEEN, output_sequence_length=9, split="character", standardize="lower")
    given = ["earth", "great", "a", "film"]
    yield learnt("TextVectorization", None, UNSEEN, vocabulary=given, output_sequence_length=4)
    yield learnt("TextVectorization", None, UNSEEN, vocabulary=given, idf_weights=[0.25, 0.75, 0.6, 0.4],
                 output_mode="tf_idf")


def lookups():
    for name, known, rows, mask in (("StringLookup", PETS, OTHERS, ""), ("IntegerLookup", NUMBERS, OTHER_NUMBERS, 0)):
        yield learnt(name, known, rows)
        yield learnt(name, known, rows, mask_token=mask, num_oov_indices=2)
        yield learnt(name, known, rows, output_mode="tf_idf")
        yield learnt(name, known, rows, output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True)
        yield learnt(name, known, PLACES, invert=True)
    yield learnt("StringLookup", None, OTHERS, vocabulary=["cat", "dog"], num_oov_indices=3)
    yield learnt("IntegerLookup", None, OTHER_NUMBERS, vocabulary=[12, 36], output_mode="count")


def hashes():
    yield learnt("Hashing", None, OTHERS, num_bins=7)
    yield learnt("Hashing", None, OTHER_NUMBERS, num_bins=5, salt=[133, 137], output_mode="count")
    yield case("HashedCrossing", (1,), (1,), backend="tensorflow", num_bins=9, known=None,
               rows=[np.array([row[:1] for row in OTHERS]), np.array([row[1:] for row in OTHERS])])


def cases():
    for group in (texts, lookups, hashes):
        yield from group()
