"""Writes scheduler/tuners/sobol_directions.h and tests/scheduler/goldens/sobol.json from SciPy's tables.

Usage: python tests/peers/scheduler/sobol.py   (scipy)
"""

import json
import pathlib
import textwrap

import numpy as np
import scipy.stats
from scipy.stats import qmc

ROOT = pathlib.Path(__file__).parents[3]
DIMENSIONS = 256
HEADER = """// Made by tests/peers/scheduler/sobol.py. The primitive polynomials and first direction numbers of Joe
// and Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci.
// Comput. 30, 2008 (new-joe-kuo-6.21201), as SciPy has them. Dimension 0, all ones, is left out.
#pragma once

#include <cstdint>

namespace tutti {{

inline constexpr int kSobolDimensions = {dimensions};

// Bit i is the coefficient of x^i.
inline constexpr uint16_t kSobolPolynomials[] = {{
{polynomials}}};

// Of each dimension as many as its polynomial's degree, one dimension after the other.
inline constexpr uint16_t kSobolDirections[] = {{
{directions}}};

}}  // namespace tutti
"""


def wrapped(numbers):
    return "\n".join(textwrap.wrap(", ".join(map(str, numbers)), 96, initial_indent="    ",
                                   subsequent_indent="    "))


if __name__ == "__main__":
    table = np.load(pathlib.Path(scipy.stats.__file__).parent / "_sobol_direction_numbers.npz")
    polynomials = [int(p) for p in table["poly"][1:DIMENSIONS]]
    directions = []
    for polynomial, first in zip(polynomials, table["vinit"][1:DIMENSIONS]):
        directions += [int(m) for m in first[:polynomial.bit_length() - 1]]
    (ROOT / "scheduler/tuners/sobol_directions.h").write_text(HEADER.format(
        dimensions=DIMENSIONS, polynomials=wrapped(polynomials), directions=wrapped(directions)))
    points = qmc.Sobol(DIMENSIONS, scramble=False).random(64)
    some = [0, 1, 2, 7, 40, 150, DIMENSIONS - 1]
    golden = {"dimensions": some, "points": [[row[d] for d in some] for row in points]}
    (ROOT / "tests/scheduler/goldens/sobol.json").write_text(json.dumps(golden) + "\n")
