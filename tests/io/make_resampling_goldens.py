"""Writes resampling_goldens.json: folds of scikit-learn, samples of imbalanced-learn, windows and padding of Keras.

Run it in this folder with the peers' Python. Labels are i * i % 7 % classes, features sines of their index.
"""
import json
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.model_selection import KFold, StratifiedKFold


def labels_of(rows, classes):
    return np.arange(rows) ** 2 % 7 % classes


def features_of(rows, width):
    index = np.arange(rows * width)
    return (2 * np.sin(1.7 * index + 0.4)).astype("float32").reshape(rows, width)


def folds():
    for rows, splits, seed, classes in [
        (10, 3, None, 0), (37, 5, 7, 0), (100, 10, 4294967295, 0),
        (37, 3, None, 3), (101, 5, 42, 4), (60, 2, 1, 2), (23, 4, 5, 3),
    ]:
        kind = StratifiedKFold if classes else KFold
        splitter = kind(n_splits=splits, shuffle=seed is not None, random_state=seed)
        labels = labels_of(rows, classes) if classes else None
        tests = [test.tolist() for _, test in splitter.split(np.zeros(rows), labels)]
        yield {"rows": rows, "splits": splits, "seed": seed, "classes": classes, "tests": tests}


def samples():
    for rows, classes, seed, strategy in [(37, 3, 0, None), (60, 2, 42, None), (50, 4, 7, None), (37, 3, 5, {1: 30})]:
        labels, features = labels_of(rows, classes), features_of(rows, 3)
        case = {"rows": rows, "classes": classes, "seed": seed, "strategy": strategy and list(strategy.items())}
        over = strategy or "auto"
        sampler = RandomOverSampler(random_state=seed, sampling_strategy=over)
        sampler.fit_resample(features, labels)
        case["over"] = sampler.sample_indices_.tolist()
        if not strategy:
            for replacement in (False, True):
                sampler = RandomUnderSampler(random_state=seed, replacement=replacement)
                sampler.fit_resample(features, labels)
                case["under_replacing" if replacement else "under"] = sampler.sample_indices_.tolist()
        x, y = SMOTE(random_state=seed, k_neighbors=3, sampling_strategy=over).fit_resample(features, labels)
        case["smote"] = [float(str(v)) for v in x[rows:].ravel()]
        case["smote_labels"] = y[rows:].tolist()
        yield case


def windows():
    data, targets = np.arange(20.0), np.arange(20.0) * 10
    for length, stride, rate, start, end, aimed in [
        (3, 1, 1, None, None, True), (4, 2, 1, None, None, True), (3, 1, 2, None, None, False), (3, 2, 3, 2, 18, True)
    ]:
        batches = keras.utils.timeseries_dataset_from_array(
            data, targets if aimed else None, length, sequence_stride=stride, sampling_rate=rate, batch_size=100,
            start_index=start, end_index=end)
        for batch in batches:
            x, y = batch if aimed else (batch, None)
            yield {"length": length, "stride": stride, "rate": rate, "start": start, "end": end, "x": x.numpy().tolist(),
                   "y": y.numpy().tolist() if aimed else None}


def padded():
    sequences = [[1, 2, 3, 4, 5], [], [6], [7, 8, 9]]
    for arguments in [{}, {"maxlen": 3}, {"maxlen": 7, "padding": "post"}, {"maxlen": 2, "truncating": "post"},
                      {"maxlen": 4, "padding": "post", "truncating": "post", "value": -1}]:
        yield {"sequences": sequences, **arguments, "padded": keras.utils.pad_sequences(sequences, **arguments).tolist()}


x = features_of(4, 3)
x[2] = 0
normalized = [{"axis": axis, "order": order, "y": [float(str(v)) for v in keras.utils.normalize(x, axis=axis, order=order).ravel()]}
              for axis in (-1, -2) for order in (1, 2)]
with open("resampling_goldens.json", "w") as out:
    json.dump({"folds": list(folds()), "samples": list(samples()), "windows": list(windows()), "padded": list(padded()),
               "normalized": normalized}, out)
    out.write("\n")
