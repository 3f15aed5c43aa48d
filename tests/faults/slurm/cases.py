"""What happens to jobs under Slurm, and that each of them ends with the digest of an undisturbed run of one process."""

import os
import pathlib
import re
import signal
import subprocess
import time

from cluster import GRACE, Failure, wait_until

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
    """A job file, its run and its log in a folder of their own."""

    def __init__(self, cluster, tutti, folder):
        self.cluster, self.tutti, self.folder = cluster, tutti, folder
        self.run, self.log, self.job_file = folder / "run", folder / "log", folder / "job.yaml"
        folder.mkdir(parents=True)

    def write_job(self, epochs, every=f"{EVERY} steps"):
        self.job_file.write_text(JOB.format(epochs=epochs, every=every))

    def submit(self, script, *options):
        return self.cluster.submit(self.log, *options, EXAMPLES / script, self.job_file, self.run)

    def launch(self, *options):
        """The id of the job that `tutti launch --slurm` submits."""
        said = self.cluster.command(
            self.tutti, "launch", "--slurm", "-n", "2", "--nodes", "2", "--interface", "lo", "--run", self.run,
            *options, self.job_file,
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

    def wait_for_epochs(self, epochs, seconds=120):
        wait_until(lambda: self.find(rf"Epoch (?:{epochs}|{epochs + 1})/"), seconds, f"{epochs} epochs in {self.log}")

    def end_soon(self, step):
        """Begun without an end, the job gets one: a little after this step, whatever the machine's speed."""
        epochs = step // STEPS_OF_EPOCH + 5
        self.write_job(epochs)
        return epochs

    def digest(self, epochs):
        """Checks that the run ended as one process that nobody disturbs does."""
        reference = self.folder / "reference"
        command = [self.tutti, "train", self.job_file, "--set", f"fit.epochs={epochs}", "--run", reference]
        subprocess.run(command, check=True, capture_output=True, timeout=300, env=os.environ)
        expected, got = ((run / "result.yaml").read_text() for run in (reference, self.run))
        if expected != got:
            raise Failure(f"ended with {got!r}, undisturbed with {expected!r}")
        return re.search(r"parameters: '?\"?(\w+)", got).group(1)


def ends_well(trial, script, *options):
    trial.write_job(20)
    job = trial.submit(script, *options)
    trial.cluster.wait_for_job(job, {"COMPLETED"}, 120)
    return f"digest {trial.digest(20)}"


@case
def srun(trial):
    """sbatch and srun on two nodes"""
    said = ends_well(trial, "srun.sbatch")
    trial.expect(r" srun.*tutti launch")
    return said


@case
def mpirun(trial):
    """sbatch and mpirun on two nodes"""
    said = ends_well(trial, "mpirun.sbatch")
    trial.expect(r" mpirun.*tutti launch")
    return said


def goes_on_after_requeue(trial, job, seconds):
    """From the step that was saved, when asked to stop, to the end."""
    trial.cluster.wait_for_job(job, {"PENDING"}, seconds, restarts=1)
    saved = int(trial.expect(r"asked to stop: step (\d+) is saved").group(1))
    epochs = trial.end_soon(saved)
    trial.cluster.begin_now(job)
    trial.cluster.wait_for_job(job, {"COMPLETED"}, 120, restarts=1)
    resumed = int(trial.expect(r"going on from step (\d+)").group(1))
    if resumed != saved:
        raise Failure(f"step {saved} was saved, and the run went on from step {resumed}")
    return f"stopped and resumed at step {saved}, digest {trial.digest(epochs)}"


def preempted(trial, submit):
    trial.write_job(ENDLESS, every="never")
    job = submit()
    trial.wait_for_epochs(3)
    more_urgent = trial.cluster.submit(trial.folder / "urgent", "--partition=high", "--nodes=2", "--exclusive", "--wrap=true")
    said = goes_on_after_requeue(trial, job, GRACE + 60)
    trial.cluster.wait_for_job(more_urgent, {"COMPLETED"}, 60)
    return said


@case
def preemption(trial):
    """preempted by a partition of a higher tier, saved in the time of grace, requeued, resumed"""
    return preempted(trial, lambda: trial.submit("srun.sbatch", "--exclusive"))


def at_time_limit(trial, script, signal):
    trial.write_job(ENDLESS, every="never")
    job = trial.submit(script, "--time=1", f"--signal={signal}@40")
    return goes_on_after_requeue(trial, job, 150)


@case
def time_limit(trial):
    """signalled before the time limit, saved, requeued by the script, resumed"""
    return at_time_limit(trial, "srun.sbatch", "TERM")


@case
def time_limit_mpirun(trial):
    """the same, by a signal that mpirun hands on"""
    return at_time_limit(trial, "mpirun.sbatch", "B:USR1")


def reached(trial):
    """The step up to which epochs are over."""
    return STEPS_OF_EPOCH * max(map(int, re.findall(r"Epoch (\d+)/", trial.said())))


@case
def node_down(trial):
    """a node set down in the middle: requeued, resumed on the other from the last checkpoint"""
    trial.write_job(ENDLESS)
    job = trial.submit("srun.sbatch")
    trial.wait_for_epochs(4)
    trial.cluster.set_node("n1", "DOWN")
    try:
        trial.cluster.wait_for_job(job, {"PENDING"}, 60, restarts=1)
        before = reached(trial)
        epochs = trial.end_soon(before)
        trial.cluster.command("scontrol", "update", f"JobId={job}", "NumNodes=1", "NumTasks=1")
        trial.cluster.begin_now(job)
        shown = trial.cluster.wait_for_job(job, {"COMPLETED"}, 120, restarts=1)
    finally:
        trial.cluster.set_node("n1", "RESUME")
    if shown["NumNodes"] != "1":
        raise Failure(f"went on with {shown['NumNodes']} nodes, not with the one that was left")
    resumed = int(trial.expect(r"going on from step (\d+)").group(1))
    if resumed < before - 2 * EVERY:
        raise Failure(f"{before} steps were done, and the run went on from step {resumed}")
    return f"resumed at step {resumed} on {shown['NodeList']}, digest {trial.digest(epochs)}"


def goes_on_without_a_node(trial, submit):
    """The last start is to end a little after what the first can reach until its node is gone."""
    trial.write_job(ENDLESS)
    job = submit()
    trial.wait_for_epochs(4)
    first, began = reached(trial), time.monotonic()
    trial.wait_for_epochs(first // STEPS_OF_EPOCH + 10)
    speed = 10 / (time.monotonic() - began)
    epochs = trial.end_soon(reached(trial) + STEPS_OF_EPOCH * int(10 * speed))
    trial.cluster.set_node("n1", "DOWN")
    try:
        shown = trial.cluster.wait_for_job(job, {"COMPLETED"}, 200)
    finally:
        trial.cluster.set_node("n1", "RESUME")
    if shown["Restarts"] != "0" or shown["NumNodes"] != "1":
        raise Failure(f"{shown['Restarts']} restarts, {shown['NumNodes']} nodes; none and the one left were expected")
    return f"digest {trial.digest(epochs)}"


@case
def no_kill(trial):
    """the same with --no-kill: the job stays, and its ranks go on on the other"""
    said = goes_on_without_a_node(trial, lambda: trial.submit("srun_no_kill.sbatch"))
    return f"resumed at step {trial.expect(r'going on from step (?P<at>[0-9]+)').group('at')}, {said}"


def fails(trial, code, words, *said):
    """A job of `words` that ends with this code and has said so."""
    job = trial.cluster.submit(trial.log, "--nodes=2", "--ntasks=2", "--wrap", f"exec {words}")
    shown = trial.cluster.wait_for_job(job, {"FAILED"}, 120)
    if shown["ExitCode"] != f"{code}:0":
        raise Failure(f"ended with {shown['ExitCode']}, not {code}:0: {trial.said()[-600:]}")
    return " / ".join(trial.expect(pattern).group() for pattern in said)


@case
def without_pmix(trial):
    """srun that does not let ranks meet: one line that names the remedy"""
    trial.write_job(1)
    return fails(trial, 6, f"srun --mpi=none tutti train {trial.job_file} --run {trial.run}", r".*--mpi=pmix.*")


@case
def more_ranks_than_shards(trial):
    """one line that says what to set"""
    trial.write_job(1)
    return fails(
        trial, 6, f"srun --overcommit --ntasks=9 tutti train {trial.job_file} --run {trial.run}", r".*--set shards=.*"
    )


@case
def hang(trial):
    """a rank stopped by SIGSTOP: its peer ends both after 60 s, and says who it waited for"""
    trial.write_job(ENDLESS)
    job = trial.submit("srun.sbatch")
    trial.wait_for_epochs(3)
    os.kill(trial.cluster.task(1), signal.SIGSTOP)
    began = time.monotonic()
    trial.cluster.wait_for_job(job, {"FAILED"}, 100)
    return f"{trial.expect('.*waited 60000 ms for rank 1.*').group()} ({time.monotonic() - began:.0f} s)"


@case
def launch(trial):
    """tutti launch --slurm"""
    trial.write_job(20)
    trial.cluster.wait_for_job(trial.launch(), {"COMPLETED"}, 120)
    return f"digest {trial.digest(20)}"


@case
def launch_preemption(trial):
    """the same, preempted, requeued, resumed"""
    return preempted(trial, lambda: trial.launch("--sbatch=--exclusive"))


@case
def launch_time_limit(trial):
    """the same, signalled before the time limit, requeued, resumed"""
    trial.write_job(ENDLESS, every="never")
    return goes_on_after_requeue(trial, trial.launch("--time", "1", "--lead", "40"), 150)


@case
def launch_no_kill(trial):
    """the same with --no-kill and a node set down: the launcher goes on with the other"""
    return goes_on_without_a_node(trial, lambda: trial.launch("--no-kill"))


@case
def launch_lost_rank(trial):
    """the same, a rank killed: the ranks begin again in the same job"""
    trial.write_job(ENDLESS)
    job = trial.launch()
    trial.wait_for_epochs(4)
    epochs = trial.end_soon(reached(trial) + 400 * STEPS_OF_EPOCH)
    os.kill(trial.cluster.task(1), signal.SIGKILL)
    shown = trial.cluster.wait_for_job(job, {"COMPLETED"}, 200)
    if shown["Restarts"] != "0":
        raise Failure("the job was requeued")
    return f"digest {trial.digest(epochs)}"
