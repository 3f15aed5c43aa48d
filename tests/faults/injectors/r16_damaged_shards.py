"""R16: data shards flipped, cut, missing, swapped; the test program injects them."""

from injector import ProgramInjector


class DamagedShards(ProgramInjector):
    name, what = "R16", "data shards flipped, cut, missing, swapped"
    nightly, ci, chunk = 500, 60, 60
    program, tests = "test_io_sharded", "damaged_shards.none_goes_unseen"


INJECTORS = [DamagedShards()]
