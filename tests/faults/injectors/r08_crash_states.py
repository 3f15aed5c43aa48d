"""R8: crash states of the disk while checkpoints are written; the test program injects them."""

from injector import ProgramInjector


class CrashStates(ProgramInjector):
    name, what = "R8", "crash states of the disk while checkpoints are written"
    nightly, ci, chunk = 5000, 5000, 5000
    program, tests = "test_io_checkpoint", "CheckpointCrash.AnyMomentLeavesTheOldOrTheNew"


INJECTORS = [CrashStates()]
