"""A real Slurm of two nodes on this machine: its own munge, controller and node daemons, all on loopback and below
one folder, for whoever runs it. What is started is ended by its own process ids, also after a failure."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from processes import become_reaper, descendants, end_descendants, end_with_parent, reap

NODES = ("n0", "n1")
OF_OTHERS = ("SLURM_", "SBATCH_", "SRUN_", "OMPI_MCA_", "PMIX_")  # variables that are not ours to pass on
GRACE = 20  # seconds between the SIGTERM of a preemption and the end

OVER = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT",
}

CONFIGURATION = """
ClusterName=two
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool.%n
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdLogFile={folder}/slurmd.%n.log
TmpFS={folder}/tmp.%n
PlugStackConfig={folder}/plugstack.conf
MailProg=/bin/true
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=5
SlurmdTimeout=300
KillWait=5
ReturnToService=1
NodeName=n0 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cpus} State=UNKNOWN
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={cpus} State=UNKNOWN
PartitionName=low Nodes=n0,n1 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime={grace}
PartitionName=high Nodes=n0,n1 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


class Failure(Exception):
    """What did not hold, in one line."""


def wait_until(ready, seconds, awaited):
    """The first true value of ready(); Failure after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        reap()
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s for {awaited}")
        time.sleep(0.2)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class SlurmCluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.daemons = set()  # process ids
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)}
        self.environment |= {
            "SLURM_CONF": f"{self.folder}/slurm.conf",
            # The two nodes are one host: what MPI keeps for the ranks of a host would be taken twice.
            "OMPI_MCA_btl": "tcp,self",
            "OMPI_MCA_btl_tcp_if_include": "lo",
            "OMPI_MCA_oob_tcp_if_include": "lo",
            "OMPI_MCA_mpi_yield_when_idle": "1",
        }
        if os.geteuid() == 0:
            self.environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}

    def __enter__(self):
        for program in ("munged", "slurmctld", "slurmd", "srun", "sbatch"):
            if not shutil.which(program, path=self.search_path()):
                raise Failure(f"{program} is missing; install the packages slurm-wlm and munge")
        become_reaper()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.daemons:
                self.cancel_all()
        finally:
            end_descendants()

    @staticmethod
    def search_path():
        return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

    def daemon(self, name, *command):
        program = shutil.which(command[0], path=self.search_path())
        with open(self.folder / f"{name}.out", "w") as out:
            subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment,
                start_new_session=True, preexec_fn=end_with_parent,
            )

    def start(self):
        for name in ("state", *(f"{kind}.{node}" for kind in ("spool", "tmp") for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "plugstack.conf").touch()
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0], folder=self.folder, ports=free_ports(3),
                user=self.command("id", "-un").strip(), cpus=os.cpu_count(), grace=GRACE,
            )
        )
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        place = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log",
                 "seed-file": "munged.seed"}
        self.daemon("munged", "munged", "--foreground", *(f"--{o}={self.folder}/{f}" for o, f in place.items()))
        wait_until((self.folder / "munge.socket").exists, 20, "munged")
        self.daemon("slurmctld", "slurmctld", "-D")
        for node in NODES:
            self.daemon(f"slurmd.{node}", "slurmd", "-D", "-N", node)
        wait_until(lambda: self.states() == {node: "idle" for node in NODES}, 60, f"idle nodes; see {self.folder}")
        self.daemons = descendants()

    def command(self, *words, folder=None):
        done = subprocess.run(words, env=self.environment, cwd=folder, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failure(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def states(self):
        try:
            lines = self.command("sinfo", "-h", "-N", "-p", "low", "-o", "%N %t").split("\n")
        except Failure:
            return {}
        return dict(line.split() for line in lines if line)

    @contextlib.contextmanager
    def without(self, node):
        """The node is set down, and is well again afterwards."""
        update = ("scontrol", "update", f"NodeName={node}", "Reason=a_test")
        self.command(*update, "State=DOWN")
        try:
            yield
        finally:
            self.command(*update, "State=RESUME")

    def submit(self, log, *words):
        """The id of the job. `words` are sbatch's options, the script and what it takes."""
        return self.command("sbatch", "--parsable", "--open-mode=append", f"--output={log}", *words).strip()

    def job(self, job):
        text = self.command("scontrol", "--oneliner", "show", "job", job)
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def wait_for_job(self, job, states, seconds, restarts=0):
        """What scontrol shows of it once it is in one of the states after so many restarts."""

        def there():
            shown = self.job(job)
            if shown["JobState"] in OVER - states:
                raise Failure(f"job {job} ended as {shown['JobState']}, not {' or '.join(states)}")
            return shown if shown["JobState"] in states and int(shown["Restarts"]) >= restarts else None

        return wait_until(there, seconds, f"job {job} to be {' or '.join(states)}")

    @staticmethod
    def task(rank):
        """The process of a rank that runs now."""
        for pid in descendants():
            folder = pathlib.Path(f"/proc/{pid}")
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended
            if words[0].endswith(b"tutti") and words[1:2] == [b"train"] and f"PMIX_RANK={rank}".encode() in variables:
                return pid
        raise Failure(f"rank {rank} does not run")

    def cancel_all(self):
        """Returns when no process of a job is left, or after 20 s."""
        cancel = ["scancel", "--user", str(os.getuid())]
        with contextlib.suppress(subprocess.TimeoutExpired):  # a controller that is gone
            subprocess.run(cancel, env=self.environment, capture_output=True, timeout=30)
        end = time.monotonic() + 20
        while time.monotonic() < end and descendants() - self.daemons:
            time.sleep(0.2)
            reap()

    def is_idle(self):
        """Whether nothing is left of any job."""
        return not self.command("squeue", "--noheader") and not descendants() - self.daemons

    def ask_to_stop(self, job, script=False):
        """As Slurm does before a time limit: the tasks of srun, or the shell of the script and nothing below it."""
        number = int(self.job(job)["JobId"])
        if not script:
            self.command("scancel", "--signal=TERM", str(number))
            return
        for pid in descendants():
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if any(word.endswith(b"/job%05d/slurm_script" % number) for word in words):
                os.kill(pid, signal.SIGTERM)
                return
        raise Failure(f"the script of job {job} does not run")

    def hold(self, job):
        """Slurm begins a requeued job two minutes later; this one waits for begin()."""
        self.command("scontrol", "hold", job)

    def begin(self, job):
        """Nodes know a job that was requeued by seconds: what begins in the same one they take for the old."""
        time.sleep(2.5)
        self.command("scontrol", "release", job)
        self.command("scontrol", "update", f"JobId={job}", "StartTime=now")
