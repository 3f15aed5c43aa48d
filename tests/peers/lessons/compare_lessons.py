"""Trains the lessons of launch/examples here and in Keras, and holds the mean here against the mean there.

lesson.py says what a lesson is; the files cases_*.py have them. With --write the table in README.md gets the rows of
the lessons that were trained; the others stay."""

import argparse
import importlib
import os
import pathlib
import re
import sys
import tempfile
import time

os.environ.update(KERAS_BACKEND="jax", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np

from lesson import ROOT, Bench

PAGE = pathlib.Path(__file__).with_name("README.md")


def all_lessons():
    files = sorted(pathlib.Path(__file__).parent.glob("cases_*.py"))
    return [lesson for file in files for lesson in importlib.import_module(file.stem).LESSONS]


def compare(lesson, programs):
    """The mean here and the mean in Keras."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(programs, pathlib.Path(folder))
        lesson.prepare(bench)
        here = np.mean([lesson.here(bench, seed) for seed in lesson.seeds])
        in_keras = np.mean([lesson.keras(bench, seed) for seed in lesson.seeds])
    print(f"{lesson.name}: {lesson.measure} {here:.4f} here, {in_keras:.4f} in Keras, "
          f"{time.monotonic() - begin:.0f} s", flush=True)
    return here, in_keras


def write_row(lesson, here, in_keras):
    """Puts the lesson's row into the page's table, which is kept in order of name."""
    text = PAGE.read_text()
    table = re.search(r"(\| lesson \|.*\n\|[-|]+\n)((?:\|.*\n)*)", text)
    rows = {row.split("`")[1]: row for row in table[2].splitlines()}
    rows[lesson.name] = f"| `{lesson.name}` | {lesson.measure} | {len(lesson.seeds)} | {here:.4g} | {in_keras:.4g} |"
    PAGE.write_text(text.replace(table[0], table[1] + "".join(rows[name] + "\n" for name in sorted(rows))))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", help="names; all if none is given")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--write", action="store_true", help="write the table")
    arguments = parser.parse_args()
    lessons = all_lessons()
    unknown = set(arguments.lessons) - {lesson.name for lesson in lessons}
    if unknown:
        parser.error(f"no lesson {', '.join(sorted(unknown))}; there are {', '.join(l.name for l in lessons)}")
    behind = []
    for lesson in lessons:
        if arguments.lessons and lesson.name not in arguments.lessons:
            continue
        here, in_keras = compare(lesson, arguments.programs.resolve())
        if arguments.write:
            write_row(lesson, here, in_keras)
        if lesson.behind(here, in_keras):
            behind.append(lesson.name)
    if behind:
        sys.exit(f"behind Keras by more than their margin: {', '.join(behind)}")


if __name__ == "__main__":
    main()
