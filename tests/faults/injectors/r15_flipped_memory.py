"""R15: bits flipped in a rank's parameters and optimizer state; the test program injects them."""

import re

from injector import ProgramInjector


class FlippedMemory(ProgramInjector):
    name, what = "R15", "bits flipped in a rank's parameters and optimizer state"
    nightly, ci, chunk = 200, 20, 200
    program, tests = "test_model", "MemoryGuard.FindsEveryFlipInAShareAndNamesRankAndTensor:MemoryGuard.FindsSome*"
    noted = re.compile(r"^(flips in received parameters that were found: .*)$", re.MULTILINE)


INJECTORS = [FlippedMemory()]
