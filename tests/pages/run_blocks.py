#!/usr/bin/env python3
"""Runs every fenced block of the pages given: what a page shows must work.

sh is run by bash, yaml is a job and is trained, cpp is a program: it is built against the library and run.
All of a page's blocks run in order in one folder that looks like the repository's root, its build/release
being the build under test. A comment directly above a block, <!-- not run: reason -->, leaves it out.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

FENCE = re.compile(r"^```(\w*)\s*$")
NOT_RUN = re.compile(r"^<!-- not run: \S.*-->$")
LEFT_OUT = {"text"}


class Block:
    def __init__(self, page, line, language, text, not_run):
        self.place = f"{page}:{line}"
        self.language = language
        self.text = text
        self.not_run = not_run


def blocks_of(page, text):
    blocks, language, body, above = [], None, [], ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and language is None:
            language, body, begin, not_run = fence[1], [], number, bool(NOT_RUN.match(above))
        elif fence:
            blocks.append(Block(page, begin, language, "\n".join(body) + "\n", not_run))
            language = None
        elif language is not None:
            body.append(line)
        above = line
    return blocks


def command_of(block, options, folder):
    """What runs the block; writes the files that it needs into the folder."""
    if block.language == "sh":
        return ["bash", "-euo", "pipefail", "-c", block.text]
    if block.language == "yaml":
        (folder / "job.yaml").write_text(block.text)
        return ["build/release/bin/tutti", "train", "job.yaml"]
    if block.language == "cpp":
        (folder / "program.cpp").write_text(block.text)
        library = options.build / "lib"
        build = [options.compiler, "-std=c++20", *options.flags.split(), f"-I{options.source}",
                 f"-I{options.build / 'include'}", "program.cpp", f"-L{library}", f"-Wl,-rpath,{library}",
                 "-ltutti", "-lfmt", "-pthread", "-o", "program"]
        return ["bash", "-ec", '"$@"; ./program', "build", *map(str, build)]
    sys.exit(f"{block.place}: a block of language {block.language!r}; write sh, yaml, cpp or text")


def make_folder(options, page):
    folder = options.work / page.replace("/", "_")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "build").mkdir(parents=True)
    (folder / "build/release").symlink_to(options.build)
    for name in ("launch", "tests", "benchmarks"):
        (folder / name).symlink_to(options.source / name)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("source", "build", "work"):
        parser.add_argument(f"--{name}", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--flags", default="")
    parser.add_argument("pages", nargs="+")
    options = parser.parse_args()
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.getuid() == 0 else {}
    seen = 0
    for page in options.pages:
        folder = make_folder(options, page)
        for block in blocks_of(page, (options.source / page).read_text()):
            seen += 1
            if block.not_run or block.language in LEFT_OUT:
                continue
            result = subprocess.run(command_of(block, options, folder), cwd=folder, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **root})
            if result.returncode != 0:
                sys.exit(f"{block.place}: ended with {result.returncode}\n{block.text}\n{result.stdout}")
            print(f"{block.place}: {block.language} runs")
    if seen == 0:
        sys.exit("no block was found")


if __name__ == "__main__":
    main()
