"""R7: simulated worlds: loss, reordering, partitions, crashes, clocks; the test program injects them."""

from injector import ProgramInjector


class SimulatedWorlds(ProgramInjector):
    name, what = "R7", "simulated worlds: loss, reordering, partitions, crashes, clocks"
    nightly, ci, chunk = 200000, 1000, 5000
    program, tests = "test_distributed_membership", "Simulation.SeedsKeepTheInvariants"
    count_name, seed_name = "TUTTI_SIMULATED_SEEDS", "TUTTI_FIRST_SEED"


INJECTORS = [SimulatedWorlds()]
