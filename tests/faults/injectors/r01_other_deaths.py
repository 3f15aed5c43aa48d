"""R1d: deaths other than a rank's by SIGKILL: by exit(1), by a defect's signal, its supervisor's, mpirun's, and that of
the whole world at once, which goes on from what lies in shared memory."""

import shutil
import signal
import subprocess

from injector import Injector, needs_launch
from recovery import hurt, tail
from training import COMMIT, Run
from world import World, send

NOTICED, ON = 1, 10  # seconds


def exit_of_a_rank(run, chance, outcome):
    mark = run.world.folder / "reached"
    fault = {"TUTTI_FAULT_AT": f"train/step_run:{chance.randint(1, run.bench.steps * 3 // 4)}", "TUTTI_FAULT_EXIT": "1",
             "TUTTI_FAULT_RANK": str(chance.randrange(run.ranks)), "TUTTI_FAULT_ONCE": str(mark)}
    run.options = [word for name, value in fault.items() for word in ("--env", f"{name}={value}")]
    run.start()
    return run.wait_for(mark.exists) and hurt(run, outcome)


def defect_of_a_rank(run, chance, outcome):
    return kill(run, chance, outcome, signal.SIGSEGV, lambda process: process.is_rank())


def death_of_a_supervisor(run, chance, outcome):
    return kill(run, chance, outcome, signal.SIGKILL, lambda process: process.is_supervisor())


def death_of_mpirun(run, chance, outcome):
    return kill(run, chance, outcome, signal.SIGKILL, lambda process: process.name in ("mpirun", "orterun", "prterun"))


def death_of_all(run, chance, outcome):
    return kill(run, chance, outcome, signal.SIGKILL, lambda process: process.is_rank() or process.is_supervisor(),
                everybody=True)


def kill(run, chance, outcome, number, is_victim, everybody=False):
    """One of them, or everybody, when there has certainly been a commit; None if it ended before."""
    run.start()
    if not run.wait_for(lambda: run.epochs_done() > 0) or not run.pause(chance.uniform(4 * COMMIT, 6 * COMMIT)):
        return None
    victims = [process.pid for process in run.world.processes() if is_victim(process)]
    recovery = hurt(run, outcome)
    send(victims if everybody else [chance.choice(victims)], number)
    return recovery


def clean(run):
    """As after a power cut: of what MPI made, who would remove it was killed too; its session's folder is left alone."""
    subprocess.run([run.bench.tutti, "doctor", "--clean"], env=run.world.environment, capture_output=True, timeout=120)
    for folder in run.world.temporary.glob("ompi.*"):
        shutil.rmtree(folder)


DEATHS = [exit_of_a_rank, defect_of_a_rank, death_of_a_supervisor, death_of_mpirun, death_of_all]


NOBODY_LEFT = [death_of_mpirun, death_of_all]


class OtherDeaths(Injector):
    name, what = "R1d", "death of a rank by exit(1), by SIGSEGV, of its supervisor, of mpirun, of all at once"
    nightly, ci = 100, len(DEATHS)

    def missing(self, bench):
        return needs_launch(bench)

    def variant(self, number):
        return (DEATHS[number % len(DEATHS)],)

    @staticmethod
    def inject_one(bench, chance, outcome, death):
        with World() as world:
            run = Run(bench, world)
            recovery = death(run, chance, outcome)
            if not outcome.check(recovery, f"{death.__name__}: ended before it was hit: {tail(run)}"):
                return
            recovery.was_noticed(NOTICED)
            recovery.went_on(ON)
            recovery.lost_at_most_an_interval()
            committed = death is exit_of_a_rank or (run.worlds()[-1][2] or 0) > 0
            outcome.check(committed, f"{death.__name__}: goes on from no commit: {tail(run)}")
            if death in NOBODY_LEFT:
                world.cleaned_by = lambda: clean(run)
            outcome.recovered += recovery.finish()


INJECTORS = [OtherDeaths()]
