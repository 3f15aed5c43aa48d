"""R9: bits, cuts and swapped shards of checkpoints; the test program injects them."""

from injector import ProgramInjector


class DamagedCheckpoints(ProgramInjector):
    name, what = "R9", "bits, cuts and swapped shards of checkpoints"
    nightly, ci, chunk = 2700, 2700, 2700
    program, tests = "test_io_checkpoint", "CheckpointFiles.EveryDamageIsSeenAndTheOneBeforeServes"


INJECTORS = [DamagedCheckpoints()]
