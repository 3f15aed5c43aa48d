"""What happens to the scripts of launch/examples/slurm, and that each ends as one process that nobody disturbs."""

import os
import pathlib
import signal
import time

from cluster import GRACE, Failure, wait_until
from trial import ENDLESS, EVERY, case


def ends_well(trial, script, starter):
    trial.write_job(20)
    job = trial.submit(script)
    trial.cluster.wait_for_job(job, {"COMPLETED"}, 120)
    said = trial.said()
    if not 0 <= said.find(f"2 ranks by {starter}: ") < said.find("\nEpoch 1/") or "need tutti launch" not in said:
        raise Failure(f"the log's first lines do not say what needs tutti launch: {said[:600]}")
    return f"digest {trial.digest(20)}"


@case
def srun(trial):
    """sbatch and srun on two nodes"""
    return ends_well(trial, "srun.sbatch", "srun")


@case
def mpirun(trial):
    """sbatch and mpirun on two nodes"""
    return ends_well(trial, "mpirun.sbatch", "mpirun")


def preempt(trial):
    """The job of higher tier that takes both nodes."""
    urgent = ("--partition=high", "--nodes=2", "--exclusive", "--wrap=true")
    return trial.cluster.submit(trial.folder / "urgent", *urgent)


def preempted(trial, submit):
    trial.write_job(ENDLESS, every="never")
    job = submit()
    trial.wait_for_epochs(3)
    more_urgent = preempt(trial)
    said = trial.goes_on_after_requeue(job, GRACE + 60)
    trial.cluster.wait_for_job(more_urgent, {"COMPLETED"}, 60)
    return said


@case
def preemption(trial):
    """preempted by a partition of a higher tier, saved in the time of grace, requeued, resumed"""
    return preempted(trial, lambda: trial.submit("srun.sbatch", "--exclusive"))


@case
def preemption_mpirun(trial):
    """the same by mpirun, whose ranks Slurm does not signal: resumed from the last checkpoint"""
    trial.write_job(ENDLESS)
    job = trial.submit("mpirun.sbatch", "--exclusive")
    trial.wait_for_epochs(4)
    preempt(trial)
    return goes_on_from_a_checkpoint(trial, job)[1]


def at_time_limit(trial, script, signal):
    trial.write_job(ENDLESS, every="never")
    job = trial.submit(script, "--time=1", f"--signal={signal}@40")
    return trial.goes_on_after_requeue(job, 150)


@case
def time_limit(trial):
    """signalled before the time limit, saved, requeued by the script, resumed"""
    return at_time_limit(trial, "srun.sbatch", "TERM")


@case
def time_limit_mpirun(trial):
    """the same, by a signal that mpirun hands on"""
    return at_time_limit(trial, "mpirun.sbatch", "B:USR1")


@case
def no_requeue(trial):
    """asked to stop where the job may not be requeued: saved, ended with 10, and resumed when it is submitted again"""
    trial.write_job(ENDLESS, every="never")
    job = trial.submit("srun.sbatch", "--no-requeue")
    trial.wait_for_epochs(3)
    trial.cluster.ask_to_stop(job)
    shown = trial.cluster.wait_for_job(job, {"FAILED"}, 60)
    if shown["ExitCode"] != "10:0":
        raise Failure(f"ended with {shown['ExitCode']}, not 10:0")
    saved = int(trial.expect(r"asked to stop: step (\d+) is saved").group(1))
    epochs = trial.end_soon(saved)
    trial.cluster.wait_for_job(trial.submit("srun.sbatch"), {"COMPLETED"}, 120)
    trial.expect(rf"going on from step {saved}\b")
    return f"stopped and resumed at step {saved}, digest {trial.digest(epochs)}"


def stays_cancelled(trial, submit):
    trial.write_job(ENDLESS)
    job = submit()
    trial.wait_for_epochs(3)
    trial.cluster.command("scancel", job)
    shown = trial.cluster.wait_for_job(job, {"CANCELLED"}, 60)
    wait_until(trial.cluster.is_idle, 60, "the end of what was cancelled")
    shown = trial.cluster.job(job)
    if shown["JobState"] != "CANCELLED" or shown["Restarts"] != "0":
        raise Failure(f"is {shown['JobState']} after {shown['Restarts']} restarts")
    return "stays so"


@case
def cancelled(trial):
    """cancelled by scancel: not requeued"""
    return stays_cancelled(trial, lambda: trial.submit("srun.sbatch"))


@case
def cancelled_mpirun(trial):
    """the same, of a script that takes signals itself"""
    return stays_cancelled(trial, lambda: trial.submit("mpirun.sbatch"))


def goes_on_from_a_checkpoint(trial, job, *changes):
    """Requeued, with `changes` to the job: what scontrol shows at its end, and what is to say."""
    trial.cluster.wait_for_job(job, {"PENDING"}, GRACE + 60, restarts=1)
    trial.cluster.hold(job)
    before = trial.reached()
    epochs = trial.end_soon(before)
    if changes:
        trial.cluster.command("scontrol", "update", f"JobId={job}", *changes)
    trial.cluster.begin(job)
    shown = trial.cluster.wait_for_job(job, {"COMPLETED"}, 120, restarts=1)
    resumed = int(trial.expect(r"going on from step (\d+)").group(1))
    if resumed < before - 2 * EVERY:
        raise Failure(f"{before} steps were done, and the run went on from step {resumed}")
    return shown, f"resumed at step {resumed} on {shown['NodeList']}, digest {trial.digest(epochs)}"


@case
def node_down(trial):
    """a node set down in the middle: requeued, resumed on the other from the last checkpoint"""
    trial.write_job(ENDLESS)
    job = trial.submit("srun.sbatch")
    trial.wait_for_epochs(4)
    with trial.cluster.without("n1"):
        shown, said = goes_on_from_a_checkpoint(trial, job, "NumNodes=1", "NumTasks=1")
    if shown["NumNodes"] != "1":
        raise Failure(f"went on with {shown['NumNodes']} nodes, not with the one that was left")
    return said


def goes_on_without_a_node(trial, submit, again, script=False):
    """Where `again` is what the log says of the new start. It is asked to stop only to get an end."""
    trial.write_job(ENDLESS)
    job = submit()
    trial.wait_for_epochs(4)
    with trial.cluster.without("n1"):
        wait_until(lambda: trial.cluster.job(job)["NumNodes"] == "1", 60, "the job to lose a node")
        trial.wait_for_epochs(4, after=again)
        shown = trial.cluster.job(job)
        if shown["Restarts"] != "0" or shown["NumNodes"] != "1":
            raise Failure(f"{shown['Restarts']} restarts, {shown['NumNodes']} nodes; expected none and the one left")
        went_on = trial.expect(again).group()
    trial.cluster.ask_to_stop(job, script)
    return f"{went_on}, {trial.goes_on_after_requeue(job, 60)}"


@case
def no_kill(trial):
    """the same with --no-kill: the job stays, and its ranks go on on the other"""
    return goes_on_without_a_node(trial, lambda: trial.submit("srun_no_kill.sbatch"), r"going on from step \d+")


def threads(process):
    """Those that stay: others write files now and then."""
    counts = []
    for _ in range(10):
        counts.append(len(list(pathlib.Path(f"/proc/{process}/task").iterdir())))
        time.sleep(0.1)
    return min(counts)


def get_their_processors(trial, submit):
    """One processor makes no thread, two make one."""
    trial.write_job(ENDLESS, every="never")
    seen = []
    for processors in (1, 2):
        trial.log = trial.folder / f"log_{processors}"
        submit(f"--cpus-per-task={processors}")
        trial.wait_for_epochs(3)
        seen.append(threads(trial.cluster.task(0)))
        trial.cluster.cancel_all()
    if seen[1] != seen[0] + 1:
        raise Failure(f"{seen[0]} threads with one processor, {seen[1]} with two")
    return "one and two threads"


@case
def processors(trial):
    """--cpus-per-task reaches a rank of srun"""
    return get_their_processors(trial, lambda option: trial.submit("srun.sbatch", "--nodes=1", option))


@case
def processors_mpirun(trial):
    """--cpus-per-task reaches a rank of mpirun"""
    return get_their_processors(trial, lambda option: trial.submit("mpirun.sbatch", "--nodes=1", option))


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
