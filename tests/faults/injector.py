"""What an injector is, and what came of the faults that it injected."""

import dataclasses
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile


@dataclasses.dataclass
class Outcome:
    """Of some faults of one injector, from one seed on."""

    faults: int = 0
    recovered: int = 0
    noticed: list = dataclasses.field(default_factory=list)  # seconds until the launcher named the fault
    lost: list = dataclasses.field(default_factory=list)  # steps that were done again
    lost_seconds: list = dataclasses.field(default_factory=list)  # that these had taken
    seconds: list = dataclasses.field(default_factory=list)  # until training went on
    ratios: list = dataclasses.field(default_factory=list)  # of a step's time beside the fault, and alone
    late: int = 0  # bounds on time that did not hold by the clock, whoever else used the machine
    hangs: int = 0
    orphans: int = 0
    leftovers: int = 0
    digests: int = 0  # compared with the undisturbed run's
    equal: int = 0
    reached: list = dataclasses.field(default_factory=list)  # fault points
    notes: list = dataclasses.field(default_factory=list)  # what else was found, for the table
    wrong: list = dataclasses.field(default_factory=list)  # what did not hold, a line each

    def check(self, holds, words):
        if not holds:
            self.wrong.append(words)
        return bool(holds)

    def hold(self, world, what, seconds, limit):
        """A bound on time, for a machine left alone: where others take processors it is longer by as much.
        `seconds`: None if it never came."""
        self.late += seconds is None or seconds > limit
        slowness = world.machine.slowness()
        took = "does not come" if seconds is None else f"takes {seconds:.2f} s"
        return self.check(seconds is not None and seconds <= limit * slowness,
                          f"{what} {took}, at most {limit} s x {slowness:.2f} for others' use of the machine")


class Injector:
    name, what = "", ""
    nightly, ci, chunk = 0, 1, 1  # how many faults: of a night, of --ci, of one call at most
    tenth = None  # a tenth of a night's, if it is not said
    waits = False  # for clocks, most of its time: in --ci it runs beside others
    points = ()  # fault points, of which all have to be reached

    def missing(self, bench):
        """What it needs and is not there; "" if it can run."""
        return ""

    def inject(self, bench, seed, count):
        """An Outcome. The same seed injects the same."""
        outcome = Outcome()
        for number in range(seed, seed + count):
            self.inject_one(bench, random.Random(number), outcome, *self.variant(number))
        return outcome

    def variant(self, number):
        """What else inject_one() takes: successive seeds go through all that an injector does."""
        return ()

    def inject_one(self, bench, chance, outcome, *variant):
        raise NotImplementedError


class ProgramInjector(Injector):
    """Faults that a test program injects, as many as TUTTI_FAULT_COUNT says, from TUTTI_FAULT_SEED on."""

    program, tests = "", ""
    noted = None  # a pattern of what it prints and is worth telling
    count_name, seed_name = "TUTTI_FAULT_COUNT", "TUTTI_FAULT_SEED"
    limit = 900  # seconds

    def missing(self, bench):
        return "" if (bench.bin / self.program).exists() else f"{self.program} is not built"

    def inject(self, bench, seed, count):
        outcome = Outcome()
        with tempfile.TemporaryDirectory(prefix="tutti-faults-") as folder:
            report = pathlib.Path(folder) / "report.json"
            environment = {**os.environ, self.count_name: str(count), self.seed_name: str(seed), "TMPDIR": folder}
            command = [str(bench.bin / self.program), f"--gtest_filter={self.tests}", f"--gtest_output=json:{report}"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                       errors="replace", env=environment, start_new_session=True)
            try:
                said, _ = process.communicate(timeout=self.limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said, _ = process.communicate()
                outcome.hangs = 1
                outcome.wrong.append(f"{self.program} did not end within {self.limit} s")
            outcome.leftovers = len([path for path in pathlib.Path(folder).iterdir() if path != report])
            outcome.faults = self.faults_in(report, count)
        outcome.recovered = outcome.faults
        outcome.notes += self.noted.findall(said) if self.noted else []
        if process.returncode != 0 or outcome.faults == 0:
            outcome.recovered = 0
            failures = [line for line in said.splitlines() if "Failure" in line or "seed" in line or "error:" in line]
            outcome.wrong.append(f"{self.program} ends with {process.returncode}: {' | '.join(failures[:5]) or said[-300:]}")
        outcome.check(outcome.leftovers == 0, f"{self.program} leaves {outcome.leftovers} temporary files")
        return outcome

    @staticmethod
    def faults_in(report, otherwise):
        """As many as the tests recorded as "faults"."""
        if not report.exists():
            return 0
        recorded = [int(test.get("faults", 0)) for suite in json.loads(report.read_text())["testsuites"]
                    for test in suite["testsuite"]]
        return sum(recorded) if any(recorded) else (otherwise if recorded else 0)


def needs_launch(bench):
    return "" if bench.launches else "needs tutti launch"
