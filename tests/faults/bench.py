"""What all injectors share: the build, the undisturbed training that digests are compared with, and its pace."""

import hashlib
import os
import subprocess

from training import STEPS_OF_EPOCH, Run
from world import World

EPOCHS = 48


class Bench:
    def __init__(self, root, binaries, epochs=EPOCHS, tolerant_mpi=None):
        self.root, self.bin, self.epochs = root, binaries, epochs
        self.tutti = binaries / "tutti"
        self.build = build_id(binaries)
        self.launches = can(self.tutti, "launch")
        self.tolerant = environment_of(tolerant_mpi) if tolerant_mpi else None
        self.states, self.digests = {}, {}
        self.measured = None

    @property
    def steps(self):
        return self.epochs * STEPS_OF_EPOCH

    @property
    def digest(self):
        return self.measured[0]

    @property
    def epoch_seconds(self):
        """Of an undisturbed epoch, alone."""
        return self.measured[1]

    def digest_after(self, epochs):
        """Of an undisturbed training of so many."""
        if epochs not in self.digests:
            with World() as world:
                run = Run(self, world, ranks=1, epochs=epochs)
                run.start(launch=False)
                if run.end() != 0:
                    raise SystemExit(f"[faults] the undisturbed training of {epochs} epochs does not end:\n{run.output()}")
                self.digests[epochs] = run.digest()
        return self.digests[epochs]

    def measure(self):
        """An undisturbed training first of all."""
        self.state(1)

    def state(self, ranks):
        """Hashes of the last checkpoint of an undisturbed training on so many ranks."""
        if ranks in self.states:
            return self.states[ranks]
        with World() as world:
            run = Run(self, world, ranks=ranks)
            begin = os.times().elapsed
            run.start(launch=False)
            if run.end() != 0:
                raise SystemExit(f"[faults] the undisturbed training on {ranks} ranks does not end:\n{run.output()}")
            measured = run.digest(), (os.times().elapsed - begin) / self.epochs
            if self.measured is None:
                self.measured = measured
            elif measured[0] != self.measured[0]:
                raise SystemExit(f"[faults] {ranks} ranks undisturbed end with {measured[0]}, one with {self.measured[0]}")
            self.states[ranks] = run.state()
        return self.states[ranks]


def environment_of(prefix):
    """In which an Open MPI 5 that lies there is used, whatever tutti was built with."""
    if not (prefix / "bin/mpirun").exists():
        raise SystemExit(f"[faults] there is no {prefix}/bin/mpirun; give the prefix of an Open MPI 5")
    return {"OPAL_PREFIX": str(prefix), "LD_LIBRARY_PATH": str(prefix / "lib"), "PMIX_MCA_gds": "hash",
            "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}"}


def build_id(binaries):
    """Of the library, so that results of two builds can be told apart."""
    library = binaries.parent / "lib" / "libtutti.so"
    return hashlib.sha256(library.read_bytes()).hexdigest()[:12]


def can(tutti, command):
    """Whether there is such a command."""
    return subprocess.run([tutti, command, "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=120).returncode == 0
