"""One job on the cluster: its file, its run and its log, and what a case asks of them."""

import os
import pathlib
import re
import subprocess

from cluster import Failure, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "launch/examples/slurm"
STEPS_OF_EPOCH = 36
ENDLESS = 10_000_000  # epochs
EVERY = 50  # steps between two checkpoints
CASES = {}

JOB = """name: digits
data:      {{dataset: digits, split: {{test: 0.2, seed: 42}}, validation_split: 0.2}}
model:
  - Dense: {{units: 64, activation: relu}}
  - Dropout: {{rate: 0.2}}
  - Dense: {{units: 10}}
loss:      {{SparseCategoricalCrossentropy: {{from_logits: true}}}}
optimizer: {{Adam: {{learning_rate: 0.001}}}}
metrics:   [accuracy]
fit:       {{epochs: {epochs}, batch_size: 32}}
checkpoint: {{every: {every}}}
report: false
seed: 42
"""


def case(function):
    CASES[function.__name__] = function
    return function


class Trial:
    """All of it is in a folder of its own."""

    def __init__(self, cluster, tutti, folder, run="run"):
        self.cluster, self.tutti, self.folder = cluster, tutti, folder
        self.run, self.log, self.job_file = folder / run, folder / "log", folder / "job.yaml"
        folder.mkdir(parents=True, exist_ok=True)

    def write_job(self, epochs, every=f"{EVERY} steps"):
        self.job_file.write_text(JOB.format(epochs=epochs, every=every))

    def submit(self, script, *options):
        return self.cluster.submit(self.log, *options, EXAMPLES / script, self.job_file, self.run)

    def launch(self, *options, ranks=2):
        """The id of the job that `tutti launch --slurm` submits."""
        said = self.cluster.command(
            self.tutti, "launch", "--slurm", "-n", str(ranks), "--nodes", str(ranks), "--interface", "lo",
            "--run", self.run, *options, self.job_file,
        )
        job = re.fullmatch(r"job (\d+): .*\n", said).group(1)
        self.log = self.run / f"slurm-{job}.log"
        return job

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def find(self, pattern):
        """The last place in the log, as a match."""
        found = list(re.finditer(pattern, self.said()))
        return found[-1] if found else None

    def expect(self, pattern):
        found = self.find(pattern)
        if not found:
            raise Failure(f"the log lacks '{pattern}': {self.said()[-600:]}")
        return found

    def reached(self):
        """The step up to which epochs are over."""
        return STEPS_OF_EPOCH * max(map(int, re.findall(r"Epoch (\d+)/", self.said())), default=0)

    def wait_for_epochs(self, epochs, seconds=120, after="^"):
        """So many, of those that the log has behind the last place of that pattern."""

        def there():
            found = self.find(after)
            return found and len(re.findall(r"\nEpoch \d+/", self.said()[found.end():])) >= epochs

        wait_until(there, seconds, f"{epochs} epochs after '{after}' in {self.log}: {self.said()[-300:]}")

    def end_soon(self, step):
        """Begun without an end, the job gets one: a little after this step, whatever the machine's speed."""
        epochs = step // STEPS_OF_EPOCH + 5
        self.write_job(epochs)
        return epochs

    def digest(self, epochs, *sets):
        """Checks that the run ended as one process that nobody disturbs does."""
        reference = self.run.with_name(f"{self.run.name}_reference")
        command = [self.tutti, "train", self.job_file, "--run", reference]
        for one in (f"fit.epochs={epochs}", *sets):
            command += ["--set", one]
        subprocess.run(command, check=True, capture_output=True, timeout=300, env=os.environ)
        expected, got = ((run / "result.yaml").read_text() for run in (reference, self.run))
        if expected != got:
            raise Failure(f"ended with {got!r}, undisturbed with {expected!r}")
        return re.search(r"parameters: '?\"?(\w+)", got).group(1)

    def wait_for_requeue(self, job, seconds):
        """The step that was saved, when asked to stop. The job waits."""
        self.cluster.wait_for_job(job, {"PENDING"}, seconds, restarts=1)
        self.cluster.hold(job)
        return int(self.expect(r"asked to stop: step (\d+) is saved").group(1))

    def goes_on(self, job, saved, epochs, *sets):
        """From there to the end."""
        self.cluster.begin(job)
        self.cluster.wait_for_job(job, {"COMPLETED"}, 120, restarts=1)
        resumed = int(self.expect(r"going on from step (\d+)").group(1))
        if resumed != saved:
            raise Failure(f"step {saved} was saved, and the run went on from step {resumed}")
        return f"stopped and resumed at step {saved}, digest {self.digest(epochs, *sets)}"

    def goes_on_after_requeue(self, job, seconds):
        saved = self.wait_for_requeue(job, seconds)
        return self.goes_on(job, saved, self.end_soon(saved))
