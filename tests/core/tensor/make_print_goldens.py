"""Writes print_goldens.txt: arrays as NumPy prints them. Needs NumPy; run it in this folder.

Each block: a line `dtype shape`, a line with the elements, the printed lines, a line `----`.
"""
import numpy as np

nan, inf = np.nan, np.inf
CASES = [
    ("float32", [1, 2, 3]), ("float32", [0.1, 0.25, -3]), ("float32", [1e-5, 1]), ("float32", [1e8, 1]),
    ("float32", [1 / 3, 2 / 3, 1e3]), ("float64", [1 / 3, 2 / 3, 100]), ("float64", [1 / 3, 1e-3, 123456.789]),
    ("float32", [nan, 1.5, inf]), ("float32", [-inf, 1, 2.25]), ("float32", [nan, inf]),
    ("float32", [-inf, 1e20, 1]), ("float32", [0, 0]), ("float32", [0.0001, 0.01]), ("float32", [16777216, 1e5]),
    ("float64", [1e100, 1e-100, 3]), ("float64", [1e5, 123.456]), ("float32", [1.23456789, 0.000123456]),
    ("float32", [5.1, 3.5, 1.4, 0.2]), ("float32", [-0.0, 1]), ("float64", [0.1 + 0.2, 1]),
    ("int64", [1, -200, 30]), ("int32", list(range(40))), ("bool", [True, False]), ("uint8", [0, 255]),
    ("float32", [[1, 2], [3, 4.5]]), ("int64", np.arange(2 * 3 * 4).reshape(2, 3, 4)),
    ("float32", np.arange(60) / 7), ("float64", np.arange(50).reshape(2, 25) * 1.5),
    ("float32", np.arange(1200)), ("int64", np.arange(40 * 50).reshape(40, 50)),
    ("float32", np.arange(10 * 10 * 11).reshape(10, 10, 11) / 3), ("float32", np.arange(4 * 400).reshape(4, 400)),
    ("float32", [[[1]]]), ("float32", [[]]), ("float32", 0.1), ("float32", 3), ("float64", 1e16),
    ("float64", 12345.678), ("float64", 1e-5), ("int64", 7), ("bool", True), ("float32", nan),
    ("float32", [123456.7, 1234567.8]), ("float64", [0.123456785, 0.5]), ("float32", [2.5e-8]),
]

with open("print_goldens.txt", "w") as out:
    for dtype, values in CASES:
        array = np.array(values, dtype=dtype)
        shape = " ".join(map(str, array.shape))
        out.write(f"{dtype} {shape}".rstrip() + "\n")
        out.write(" ".join(repr(float(v)) for v in array.ravel()) + "\n")
        out.write(str(array) + "\n----\n")
