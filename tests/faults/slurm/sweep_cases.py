"""Sweeps on Slurm: over the nodes of one job, and as an array of jobs that share one. Each ends with the trials of
one process that nobody disturbs."""

import csv

from cluster import Failure, wait_until
from trial import case

STUDY = """job:
  data: {{dataset: iris, columns: {{"*": standardize}}, split: {{validation: 0.2, seed: 1}}}}
  model:
    - Dense: {{units: $units, activation: relu}}
    - Dense: {{units: 3, activation: softmax}}
  loss: sparse_categorical_crossentropy
  optimizer: Adam
  fit: {{epochs: {epochs}, batch_size: 10}}
  report: false
space:
  optimizer.Adam.learning_rate: {{float: [1e-4, 1e-1], log: true}}
  units: {{int: [4, 32], step: 4}}
objective: {{metric: val_loss}}
tuner: Random
seed: 3
max_trials: 8
fuse: false
"""
RESULTS = ("number", "state", "value", "parameters")


class Sweep:
    """A sweep of a case, in the case's folder."""

    def __init__(self, trial, epochs):
        self.trial, self.folder = trial, trial.folder / "sweep"
        self.study = trial.folder / "study.yaml"
        self.study.write_text(STUDY.format(epochs=epochs))

    def submit(self, *options):
        said = self.trial.cluster.command(
            self.trial.tutti, "sweep", self.study, "--run", self.folder, "--slurm", "--interface", "lo", *options
        )
        return said.split()[1].rstrip(":")

    def results(self, folder):
        table = folder.with_suffix(".csv")
        self.trial.cluster.command(self.trial.tutti, "sweep", "export", folder, table)
        with table.open() as lines:
            rows = list(csv.DictReader(lines))
        columns = [name for name in rows[0] if name in RESULTS or name.startswith("params_") or "digest" in name]
        return [tuple(row[name] for name in columns) for row in rows]

    def expect_as_alone(self):
        alone = self.trial.folder / "alone"
        self.trial.cluster.command(self.trial.tutti, "sweep", self.study, "--run", alone)
        ours, theirs = self.results(self.folder), self.results(alone)
        if ours != theirs:
            raise Failure(f"{ours} are not the trials of one process: {theirs}")
        return f"{len(ours)} trials as by one process"

    def said(self):
        return "".join(log.read_text() for log in sorted(self.folder.glob("slurm-*.log")))

    def wait_for(self, words, times=1):
        wait_until(lambda: self.folder.is_dir() and self.said().count(words) >= times, 60, f"{times} times '{words}'")


@case
def sweep_nodes(trial):
    """one job of two nodes: a worker on each"""
    sweep = Sweep(trial, 60)
    trial.cluster.wait_for_job(sweep.submit("--slots", "2", "--nodes", "2"), {"COMPLETED"}, 120)
    if sweep.said().count("] joins with 1 at a time") != 2:
        raise Failure("not each node has a worker")
    return sweep.expect_as_alone()


@case
def sweep_array(trial):
    """an array of two jobs that share the sweep"""
    sweep = Sweep(trial, 300)
    job = sweep.submit("--array", "2")
    for number in range(2):
        trial.cluster.wait_for_job(f"{job}_{number}", {"COMPLETED"}, 120)
    if sweep.said().count("sweep: over") != 1 and sweep.said().count("joins") < 2:
        raise Failure("the two did not meet")
    return sweep.expect_as_alone()


@case
def sweep_array_leader_killed(trial):
    """the job that leads is killed: the other leads"""
    sweep = Sweep(trial, 1500)
    job = sweep.submit("--array", "2")
    sweep.wait_for("] joins with 1 at a time", 2)
    leads = [log for log in sweep.folder.glob("slurm-*.log") if "sweep: 0 of" in log.read_text()][0]
    number = leads.stem.rsplit("_", 1)[1]
    trial.cluster.command("scancel", "--signal=KILL", "--full", f"{job}_{number}")
    trial.cluster.wait_for_job(f"{job}_{1 - int(number)}", {"COMPLETED"}, 200)
    return sweep.expect_as_alone()
