"""Writes split_goldens.txt and scaler_goldens.txt. Needs scikit-learn; run it in this folder.

A split: `rows test_size seed classes`, where classes is 0 (plain) or the number of classes of the
stratified labels (i * i % 7 % classes); then the test rows and the training rows.
"""
import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

with open("split_goldens.txt", "w") as out:
    for rows, size, seed, classes in [
        (150, 0.2, 42, 0), (10, 0.25, 0, 0), (37, 0.1, 7, 0), (100, 0.333, 4294967295, 0),
        (150, 0.2, 42, 3), (37, 0.3, 1, 2), (101, 0.25, 3, 4), (60, 0.5, 11, 3), (200, 0.07, 5, 3),
    ]:
        labels = np.arange(rows) ** 2 % 7 % classes if classes else None
        train, test = train_test_split(np.arange(rows), test_size=size, random_state=seed, stratify=labels)
        out.write(f"{rows} {size} {seed} {classes}\n")
        out.write(" ".join(map(str, test)) + "\n" + " ".join(map(str, train)) + "\n")

with open("scaler_goldens.txt", "w") as out:
    for x in (load_iris().data, load_digits().data, np.full((7, 1), 0.1), np.arange(5.0)[:, None] * 1e-9 + 1e9):
        scaler = StandardScaler().fit(x)
        out.write(" ".join(repr(float(v)) for v in scaler.mean_) + "\n")
        out.write(" ".join(repr(float(v)) for v in scaler.scale_) + "\n")
