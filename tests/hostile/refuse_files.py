#!/usr/bin/env python3
"""Gives each hostile file of the tests to the command, and watches what it says, takes, opens and runs.

    tests/hostile/refuse_files.py build/release/bin [--every N]
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAKERS = {"test_io_keras": "Hostile*", "test_io_onnx": "OnnxHostile*"}
GOOD = {".keras": "keras/files/shared.keras", ".h5": "keras/files/shared.h5", ".onnx": "onnx/mlp.onnx"}
SECONDS, MEBIBYTES = 5, 512
ADDRESSES = 4 << 30  # of libraries, of threads' stacks: far more than is ever touched
CALL = re.compile(r'^(?:\[pid +)?\d*\]? *(\w+)\((.*)$')
PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
ANY = re.compile(r"\d+")


def write_rows(path):
    """Two rows of four zeros, as NumPy writes them."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }".ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(32))


def is_own(path, given):
    """Whether a path is one that the command was given, its folder, below it, or a new file in its place."""
    folder, name = os.path.split(given)
    return path in (given, folder) or path.startswith((f"{given}/", f"{folder}/.{name}."))


class Watched:
    """One run of the command: its exit status, words, seconds, memory, and calls into the system."""

    def __init__(self, tutti, arguments, folder):
        log = folder / "calls"
        started = time.monotonic()
        command = ["strace", "-f", "-qq", "-s", "4096", "-e", "signal=none", "-e", "trace=%file,%network", "-o", log,
                   tutti, *arguments]
        with open(folder / "said", "w+b") as said, open(os.devnull, "wb") as nowhere:
            process = subprocess.Popen(command, stdout=nowhere, stderr=said, start_new_session=True,
                                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES,) * 2))
            deadline = started + 6 * SECONDS  # of the clock, which strace and other work slow
            while True:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    break
                if time.monotonic() > deadline:
                    os.killpg(process.pid, signal.SIGKILL)
                    ended, status, usage = os.wait4(process.pid, 0)
                    break
                time.sleep(0.01)
            process.returncode = self.code = os.waitstatus_to_exitcode(status)
            said.seek(0)
            self.lines = said.read().decode(errors="replace").splitlines()
        own = usage.ru_utime + usage.ru_stime  # others may keep it waiting
        self.seconds = min(time.monotonic() - started, own)
        self.mebibytes = usage.ru_maxrss // 1024
        self.calls = log.read_text(errors="replace").splitlines()

    def errors(self):
        return [line for line in self.lines if not line.startswith(("info: ", "warning: "))]

    def touched(self, arguments):
        """(call, path) of each call, what the command was given left out, numbers of processes as N."""
        given = {os.path.realpath(argument) for argument in arguments if argument.startswith("/")}
        found = set()
        for line in self.calls:
            call = CALL.match(line)
            if not call:
                continue
            path = PATH.search(call[2])
            path = path[1] if path else ""
            if any(is_own(os.path.realpath(path), one) for one in given):
                continue
            found.add((call[1], ANY.sub("N", path)))
        return found

    def executed(self):
        return sum(1 for line in self.calls if "execve" in line and not line.rstrip().endswith("= -1 ENOENT"))


def commands(path, folder):
    return [["summary", str(path)], ["convert", str(path), str(folder / "out.keras")],
            ["predict", str(path), "--input", str(folder / "rows.npy"), "--output", str(folder / "out.npy")]]


def faults(run, arguments, path, allowed):
    """What is wrong with one run."""
    wrong = []
    if run.code != 0:
        errors = run.errors()
        if not 0 < run.code < 10:
            wrong.append(f"ends with {run.code}")
        if len(errors) != 1:
            wrong.append(f"says {len(errors)} lines")
        elif path.name not in errors[0] or not errors[0].startswith("["):
            wrong.append("does not name the file")
        if any(not character.isprintable() for line in run.lines for character in line):
            wrong.append("prints what is no text")
    if run.seconds > SECONDS:
        wrong.append(f"takes {run.seconds:.1f} s")
    if run.mebibytes > MEBIBYTES:
        wrong.append(f"takes {run.mebibytes} MiB")
    strange = run.touched(arguments) - allowed
    if strange:
        wrong.append(f"touches {sorted(strange)[:3]}")
    if run.executed() != 1:
        wrong.append(f"runs {run.executed() - 1} programs")
    return wrong


def check_file(tutti, path, baselines):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_rows(folder / "rows.npy")
        wrong, refused = [], 0
        for arguments in commands(path, folder):
            run = Watched(tutti, arguments, folder)
            refused += run.code != 0
            wrong += [f"{path.name}: tutti {arguments[0]} {what}; it says: {' '.join(run.lines)[:300]}"
                      for what in faults(run, arguments, path, baselines[path.suffix])]
        if refused == 0:
            wrong.append(f"{path.name}: no command refuses it")
        return wrong


def baseline(tutti, ending):
    """What the commands touch for a good model and for one that is not there."""
    touched = set()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_rows(folder / "rows.npy")
        good = folder / f"good{ending}"
        shutil.copy(ROOT / "tests/io" / GOOD[ending], good)
        for path in (good, folder / f"none{ending}"):
            for arguments in commands(path, folder):
                touched |= Watched(tutti, arguments, folder).touched(arguments)
    return touched


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin", type=lambda path: pathlib.Path(path).resolve(), help="of a build with its tests")
    parser.add_argument("--every", type=int, default=1, help="take one file of so many")
    options = parser.parse_args()
    if not shutil.which("strace"):
        sys.exit("[hostile] strace is not there; install the package strace")
    tutti = str(options.bin / "tutti")
    with tempfile.TemporaryDirectory() as folder:
        for test, chosen in MAKERS.items():
            subprocess.run([options.bin / test, f"--gtest_filter={chosen}"], check=True, stdout=subprocess.DEVNULL,
                           env={**os.environ, "TUTTI_HOSTILE_FILES": folder}, timeout=600)
        files = sorted(pathlib.Path(folder).iterdir())[::options.every]
        baselines = {ending: baseline(tutti, ending) for ending in GOOD}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wrong = [fault for found in pool.map(lambda path: check_file(tutti, path, baselines), files)
                     for fault in found]
    for fault in wrong:
        print(f"[hostile] {fault}")
    if wrong:
        sys.exit(f"[hostile] {len(wrong)} faults in {len(files)} files")
    print(f"[hostile] {len(files)} files are refused: in one line, within {SECONDS} s and {MEBIBYTES} MiB, "
          "with nothing else opened, run or connected to")


if __name__ == "__main__":
    main()
