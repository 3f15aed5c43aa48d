"""Writes goldens of the layers that turn text, categories and numbers into indices and encodings.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/text_goldens.py
It runs on TensorFlow, whose strings and hashes Keras uses for these layers whatever its backend.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent

REVIEWS = [
    "A great, GREAT film!",
    "great acting; a bad plot...",
    "Bad. Really bad: I left (early).",
    "  the plot\tis\n great  ",
    "",
    "Ünïcode über-film ÄÖ",
]
UNSEEN = ["a great plot, sadly", "nothing known here", "", "BAD bad bad film film the", "über ÄÖ a"]
PETS = [["cat", "dog"], ["dog", "bird"], ["cat", "cat"], ["emu", "dog"]]
OTHERS = [["dog", "eel"], ["", "cat"], ["[UNK]", "bird"], ["yak", "gnu"]]
NUMBERS = [[12, 36], [36, 7], [12, 12], [-5, 36]]
OTHER_NUMBERS = [[12, 7], [0, 99], [-1, 36], [1000000007, -6]]
LONG = ["".join(chr(97 + i % 23) for i in range(n)) for n in (0, 1, 3, 5, 9, 17, 33, 65, 130, 200)]

VOCABULARY = ["earth", "wind", "and", "fire"]
MODES = ["multi_hot", "count", "tf_idf"]
IDF = [0.25, 0.75, 0.6, 0.4]


def text_cases():
    name = "TextVectorization"
    yield name, {}, REVIEWS, UNSEEN
    yield name, {"output_sequence_length": 3}, REVIEWS, UNSEEN
    yield name, {"output_sequence_length": 9, "max_tokens": 5}, REVIEWS, UNSEEN
    for standardize in ("lower", "strip_punctuation", None):
        yield name, {"standardize": standardize}, REVIEWS, UNSEEN
    yield name, {"split": "character", "output_sequence_length": 12}, REVIEWS, UNSEEN
    yield name, {"split": None, "standardize": "lower"}, PETS, OTHERS
    yield name, {"split": None, "output_mode": "count"}, PETS, OTHERS
    yield name, {"split": None, "ngrams": 2}, PETS, OTHERS
    yield name, {"ngrams": 2, "output_sequence_length": 8}, REVIEWS, UNSEEN
    yield name, {"ngrams": [2, 3], "output_mode": "count"}, REVIEWS, UNSEEN
    for mode in MODES:
        yield name, {"output_mode": mode}, REVIEWS, UNSEEN
        yield name, {"output_mode": mode, "max_tokens": 4}, REVIEWS, UNSEEN
        yield name, {"output_mode": mode, "max_tokens": 40, "pad_to_max_tokens": True}, REVIEWS, UNSEEN
    yield name, {"vocabulary": VOCABULARY, "output_sequence_length": 5}, None, ["Earth, wind and water", "fire"]
    given = {"vocabulary": VOCABULARY, "idf_weights": IDF, "output_mode": "tf_idf"}
    yield name, given, None, ["Earth, wind and water earth", "fire sea"]


def lookup_cases():
    for name, known, other, mask in (
        ("StringLookup", PETS, OTHERS, ""),
        ("IntegerLookup", NUMBERS, OTHER_NUMBERS, 0),
    ):
        yield name, {}, known, other
        yield name, {"mask_token": mask}, known, other
        yield name, {"max_tokens": 3}, known, other
        yield name, {"num_oov_indices": 3, "mask_token": mask}, known, other
        yield name, {"num_oov_indices": 0}, known, known
        for mode in MODES + ["one_hot"]:
            yield name, {"output_mode": mode, "mask_token": mask}, known, other
            yield name, {"output_mode": mode, "num_oov_indices": 2}, known, other
        yield name, {"output_mode": "one_hot"}, known, [row[:1] for row in other]
        yield name, {"invert": True, "mask_token": mask}, known, [[0, 1], [2, 3], [4, 9], [1, -2]]
        yield name, {"invert": True}, known, [[0, 1], [2, 3], [4, 9], [1, -2]]
    yield "StringLookup", {"vocabulary": VOCABULARY, "num_oov_indices": 4, "salt": [133, 137]}, None, OTHERS
    farm = {"num_oov_indices": 4, "oov_method": "farmhash"}
    yield "IntegerLookup", farm, NUMBERS, OTHER_NUMBERS
    yield "IntegerLookup", {**farm, "salt": 7}, NUMBERS, OTHER_NUMBERS
    full = {"vocabulary": ["[UNK]"] + VOCABULARY, "idf_weights": [0.9] + IDF, "output_mode": "tf_idf"}
    yield "StringLookup", full, None, [["earth", "fire"], ["sea", "sea"]]


def hash_cases():
    texts = [[text] for text in LONG]
    whole = [[0], [1], [-7], [123456789012]]
    for salt in (None, 133, [133, 137]):
        for arguments in ({"num_bins": 1000}, {"num_bins": 5, "mask_value": "abc"}):
            yield "Hashing", {**arguments, "salt": salt}, None, texts
        yield "Hashing", {"num_bins": 50, "salt": salt, "mask_value": 1}, None, whole
    for mode in ("one_hot", "multi_hot", "count"):
        yield "Hashing", {"num_bins": 6, "output_mode": mode}, None, texts
    for mode in ("multi_hot", "count"):
        yield "Hashing", {"num_bins": 6, "output_mode": mode}, None, OTHERS
    for mode in ("int", "one_hot"):
        words, numbers = [[w] for w in "ABABA"], [[101], [101], [101], [102], [-3]]
        yield "HashedCrossing", {"num_bins": 5, "output_mode": mode}, None, (words, numbers)
    yield "HashedCrossing", {"num_bins": 1000}, None, (words, words)
    yield "HashedCrossing", {"num_bins": 1000}, None, (numbers, numbers, words)
    yield "HashedCrossing", {"num_bins": 1000}, None, (numbers, numbers)


def number_cases():
    for mode in ("one_hot", "multi_hot", "count"):
        yield "CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, None, [[0, 1], [3, 3], [4, 2]]
        yield "CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, None, [[0], [3], [4]]
    for mode in ("int", "one_hot", "multi_hot", "count"):
        inputs = [[-1.5, 1.0], [3.4, 0.5], [0.0, 1.3], [1.0, 2.0]]
        yield "Discretization", {"bin_boundaries": [0.0, 1.0, 2.0], "output_mode": mode}, None, inputs
    generator = np.random.default_rng(3)
    for count, bins, epsilon in ((10, 3, 0.01), (7, 4, 0.01), (1000, 5, 0.01), (1000, 7, 0.1), (337, 10, 0.02)):
        data = generator.normal(size=(count, 1)).astype("float32").round(3).tolist()
        yield "Discretization", {"num_bins": bins, "epsilon": epsilon}, data, data[:8]


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(str(np.float32(value)))
    return value.item() if hasattr(value, "item") else value


def golden(name, arguments, known, inputs):
    made = {key: tuple(v) if key == "ngrams" and isinstance(v, list) else v for key, v in arguments.items()}
    layer = getattr(keras.layers, name)(**made)
    if known is not None:
        layer.adapt(np.array(known))
    several = isinstance(inputs, tuple)
    tensors = tuple(np.array(each) for each in inputs) if several else np.array(inputs)
    output = layer(tensors)
    output = np.array(output)
    dtype = "string" if output.dtype == object else str(output.dtype)
    if hasattr(layer, "get_vocabulary") and arguments.get("output_mode", "int") != "int":
        # What a model has; called at once some of these encodings are whole numbers.
        dtype = layer.compute_output_spec(keras.KerasTensor(tensors.shape, "string")).dtype
    result = {
        "layer": name,
        "arguments": arguments,
        "adapt": known,
        "inputs": list(inputs) if several else [inputs],
        "output": plain(output.tolist()),
        "dtype": dtype,
    }
    if hasattr(layer, "get_vocabulary"):
        result["vocabulary"] = plain([v.item() if hasattr(v, "item") else v for v in layer.get_vocabulary()])
    if name == "Discretization":
        result["bin_boundaries"] = plain(list(layer.bin_boundaries))
    return result


def main():
    cases = [*text_cases(), *lookup_cases(), *hash_cases(), *number_cases()]
    lines = [json.dumps(golden(*case), ensure_ascii=False) for case in cases]
    (HERE / "text.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
