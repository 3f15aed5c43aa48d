"""S4: wrong, replayed, duplicate and oversized handshakes; the test program injects them."""

from injector import ProgramInjector


class BadHandshakes(ProgramInjector):
    name, what = "S4", "wrong, replayed, duplicate and oversized handshakes"
    nightly, ci, chunk = 1000, 1000, 1000
    program, tests = "test_launch_control", "ControlHandshakes.AThousandBadOnesAreRefused"


INJECTORS = [BadHandshakes()]
