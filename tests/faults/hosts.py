"""Hosts of a cluster on one machine: each a network namespace with a name of its own, joined by a bridge.

The bridge and the hosts' ends are all called eth0, so that one --interface serves everywhere. Made in the network
namespace that tests/faults/run gave itself, with which all of it goes."""

import pathlib
import subprocess
import sys

INTERFACE = "eth0"
DELAY = pathlib.Path(__file__).with_name("delay.py")
AGENT = """\
#!/bin/sh
# What mpirun takes for ssh.
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
if ! ip -o link show "to-$host" | grep -q "[<,]UP[,>]"; then
  sleep 3
  echo "ssh: connect to host $host port 22: No route to host" >&2
  exit 255
fi
exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0"; exec sh -c "$1"' "$host" "$*"
"""


def ip(*words, check=True):
    return subprocess.run(["ip", *map(str, words)], check=check, capture_output=True, text=True).stdout


def may_be_made():
    """Whether this process may make namespaces of networks, and is where they disturb nobody."""
    return pathlib.Path("/run/netns/.faults").exists()


class Hosts:
    def __init__(self, world, count, delay=0):
        """`delay`: seconds that whatever goes to or comes from a host is under way."""
        self.world = world
        self.names = [f"h{number}" for number in range(count)]
        world.cleaners.append(self.remove)
        ip("link", "add", INTERFACE, "type", "bridge")
        ip("addr", "add", "10.77.0.1/24", "dev", INTERFACE)
        ip("link", "set", INTERFACE, "up")
        for number, name in enumerate(self.names):
            ip("netns", "add", name)
            if delay:
                self.join(name, delay)
            else:
                ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", INTERFACE, "netns", name)
            ip("link", "set", f"to-{name}", "master", INTERFACE, "up")
            ip("-n", name, "addr", "add", f"10.77.0.{10 + number}/24", "dev", INTERFACE)
            for link in ("lo", INTERFACE):
                ip("-n", name, "link", "set", link, "up")
        self.agent = world.folder / "agent"
        self.agent.write_text(AGENT)
        self.agent.chmod(0o700)

    def join(self, name, delay):
        """By a wire that takes its time."""
        wire = subprocess.Popen([sys.executable, DELAY, f"to-{name}", f"at-{name}", str(delay)], stdout=subprocess.PIPE)
        self.world.cleaners.append(wire.wait)
        self.world.cleaners.append(wire.kill)
        if wire.stdout.readline() != b"made\n":
            raise SystemExit("[faults] a slow wire cannot be made; it needs /dev/net/tun")
        ip("link", "set", f"at-{name}", "netns", name, "name", INTERFACE)

    def options(self, slots):
        """Of tutti launch, for so many ranks on each."""
        return ["--hosts", ",".join(f"{name}:{slots}" for name in self.names), "--interface", INTERFACE,
                "--mpi-args", f"--mca plm_rsh_agent {self.agent}"]

    def cut(self, name):
        ip("link", "set", f"to-{name}", "down")

    def heal(self, name):
        ip("link", "set", f"to-{name}", "up")

    def narrow(self, name, megabits):
        """What comes to and from it passes so slowly; None: as fast as can be."""
        for where, link in (((), f"to-{name}"), (("-n", name), INTERFACE)):
            subprocess.run(["tc", *where, "qdisc", "del", "dev", link, "root"], capture_output=True)
            if megabits:
                subprocess.run(["tc", *where, "qdisc", "add", "dev", link, "root", "tbf", "rate", f"{megabits}mbit",
                                "burst", "64kbit", "latency", "400ms"], check=True)

    @staticmethod
    def launcher_ports():
        """On which tutti launch listens."""
        listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout.splitlines()
        return [line.split()[3].rsplit(":", 1)[1] for line in listening if '"tutti"' in line]

    @staticmethod
    def reset(name, ports):
        """Its connections to these ports of the launcher are reset."""
        for port in ports:
            subprocess.run(["ip", "netns", "exec", name, "ss", "-K", "dport", "=", port], capture_output=True)

    def processes(self, name):
        """Of ours, those that live there."""
        there = {int(pid) for pid in ip("netns", "pids", name, check=False).split()}
        return [process for process in self.world.processes() if process.pid in there and process.is_tutti()]

    def remove(self):
        for name in self.names:
            ip("netns", "del", name, check=False)
            ip("link", "del", f"to-{name}", check=False)
        ip("link", "del", INTERFACE, check=False)

