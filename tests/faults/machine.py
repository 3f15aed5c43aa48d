"""How much of the processors others take: a bound on time holds for a machine left alone."""

import os
import pathlib

TICK = 1 / os.sysconf("SC_CLK_TCK")
SHORTEST = 2.0  # seconds of a processor, from which on a share of them says something
MOST = 0.9  # that others take, for all that is measured


def all_processors():
    """Seconds that anybody used, and that there were."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) * TICK, sum(ticks) * TICK


def living(pid):
    """Seconds that a process and those that it has buried used."""
    try:
        words = pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) * TICK


class Machine:
    """From its making on."""

    def __init__(self, ours):
        """`ours`: gives the ids of all processes that we started and that live."""
        self.ours = ours
        self.begin = self.now()

    def now(self):
        return *all_processors(), sum(living(pid) for pid in {os.getpid(), *self.ours()})

    def slowness(self):
        """How many times longer than alone something takes that needs all of the processors; 1 where nobody else is."""
        used, were, our = (now - before for now, before in zip(self.now(), self.begin))
        return 1 / (1 - min(MOST, max(0.0, used - our) / were)) if were > SHORTEST else 1.0
