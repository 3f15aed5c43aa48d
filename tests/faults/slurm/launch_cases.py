"""What happens to jobs of `tutti launch --slurm`, and that each ends as one process that nobody disturbs."""

import os
import signal
import subprocess

from cluster import Failure
from script_cases import get_their_processors, goes_on_without_a_node, preempted, stays_cancelled
from trial import ENDLESS, Trial, case

MPIRUN = ("--starter", "mpirun")
ONE_RANK = r"\[world \d+\] 1 ranks, from .*"


def ends_well(trial, *options):
    trial.write_job(20)
    trial.cluster.wait_for_job(trial.launch(*options), {"COMPLETED"}, 120)
    return f"digest {trial.digest(20)}"


@case
def launch(trial):
    """tutti launch --slurm"""
    return ends_well(trial)


@case
def launch_mpirun(trial):
    """the same, by mpirun"""
    return ends_well(trial, *MPIRUN)


@case
def launch_setup(trial):
    """what --setup sets is there for the ranks, and the script may be submitted by hand from elsewhere"""
    trial.write_job(20)
    setup = trial.folder / "setup"
    setup.write_text("export OMPI_MCA_btl_tcp_if_include=lo\necho loaded $not_set\n")
    script = trial.cluster.command(
        trial.tutti, "launch", "--slurm", "--dry-run", "-n", "2", "--nodes", "2", "--interface", "lo",
        "--setup", f". {setup}", "--run", "a run", trial.job_file, folder=trial.folder,
    )
    (trial.folder / "script").write_text(script)
    trial.run = trial.folder / "a run"
    trial.run.mkdir()
    job = trial.cluster.command("sbatch", "--parsable", trial.folder / "script", folder="/").strip()
    trial.log = trial.run / f"slurm-{job}.log"
    trial.cluster.wait_for_job(job, {"COMPLETED"}, 120)
    trial.expect(r"loaded\n")
    return f"digest {trial.digest(20)}"


@case
def launch_preemption(trial):
    """preempted, requeued, resumed"""
    return preempted(trial, lambda: trial.launch("--sbatch=--exclusive"))


@case
def launch_time_limit(trial):
    """signalled before the time limit, requeued, resumed"""
    trial.write_job(ENDLESS, every="never")
    return trial.goes_on_after_requeue(trial.launch("--time", "1", "--lead", "40"), 150)


@case
def launch_cancelled(trial):
    """cancelled by scancel: not requeued"""
    return stays_cancelled(trial, trial.launch)


@case
def launch_no_kill(trial):
    """--no-kill and a node set down: the launcher goes on with the other"""
    return goes_on_without_a_node(trial, lambda: trial.launch("--no-kill"), ONE_RANK, script=True)


def outlives_a_rank(trial, *options):
    trial.write_job(ENDLESS)
    job = trial.launch(*options)
    trial.wait_for_epochs(4)
    os.kill(trial.cluster.task(1), signal.SIGKILL)
    again = r"\[world 2\] 2 ranks, from .*"
    trial.wait_for_epochs(4, after=again)
    if trial.cluster.job(job)["Restarts"] != "0":
        raise Failure("the job was requeued")
    trial.cluster.ask_to_stop(job, script=True)
    return f"{trial.expect(again).group()}, {trial.goes_on_after_requeue(job, 60)}"


@case
def launch_lost_rank(trial):
    """a rank killed: the ranks begin again in the same job"""
    return outlives_a_rank(trial)


@case
def launch_mpirun_lost_rank(trial):
    """the same, by mpirun"""
    return outlives_a_rank(trial, *MPIRUN)


@case
def launch_mpirun_no_kill(trial):
    """--no-kill and a node set down, by mpirun"""
    return goes_on_without_a_node(trial, lambda: trial.launch("--no-kill", *MPIRUN), ONE_RANK, script=True)


@case
def launch_processors(trial):
    """--cpus-per-task reaches the ranks"""
    return get_their_processors(trial, lambda option: trial.launch(option, "--resume", ranks=1))


@case
def launch_processors_mpirun(trial):
    """the same, by mpirun"""
    return get_their_processors(trial, lambda option: trial.launch(option, "--resume", *MPIRUN, ranks=1))


@case
def array(trial):
    """--array: each of its jobs trains with words of its own, is stopped, requeued and resumed by itself"""
    trial.write_job(ENDLESS, every="never")
    lines = ("seed=1", "seed=2 optimizer.learning_rate=0.01")
    (trial.folder / "sweep").write_text("\n".join(lines))
    array = trial.launch("--array", trial.folder / "sweep")
    jobs = [f"{array}_{number}" for number in range(len(lines))]
    parts = []
    for number, job in enumerate(jobs):
        part = Trial(trial.cluster, trial.tutti, trial.folder, f"run/{number}")
        part.log = trial.run / f"slurm-{job}.log"
        parts.append(part)
        part.wait_for_epochs(3)
    for job in jobs:
        trial.cluster.ask_to_stop(job, script=True)
    saved = [part.wait_for_requeue(job, 60) for part, job in zip(parts, jobs)]
    epochs = trial.end_soon(max(saved))
    said = [part.goes_on(job, at, epochs, *line.split()) for part, job, at, line in zip(parts, jobs, saved, lines)]
    return "; ".join(said)


def refused(trial, expected, *words):
    done = subprocess.run(
        [trial.tutti, "launch", "--slurm", "-n", "2", "--run", trial.run, *words, trial.job_file],
        env=trial.cluster.environment, capture_output=True, text=True, timeout=60,
    )
    if done.returncode == 0 or expected not in done.stderr or done.stderr.count("\n") != 1:
        raise Failure(f"{words} gave {done.returncode}: {done.stdout}{done.stderr}")
    return done.stderr.strip()


@case
def launch_refused(trial):
    """what sbatch refuses: one line with its words"""
    trial.write_job(20)
    said = [
        refused(trial, "[sbatch] ", "--partition", "nowhere"),
        refused(trial, "[sbatch] ", "--time", "soon"),
        refused(trial, "[sbatch] ", "--sbatch=--no-such-option"),
    ]
    if not trial.cluster.is_idle():
        raise Failure("something was submitted")
    return " / ".join(said)
