#!/usr/bin/env python3
"""Opens the live page of a run that goes on in headless Chromium.

    tests/pages/open_live_page.py build/release/bin/tutti [--screenshots FOLDER]

Launches two ranks with --page and looks at it, 1280 and 400 pixels wide, once epochs are over: curves are drawn,
ranks are listed, nothing is wider than the window, nothing on the console.
"""

import argparse
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from open_reports import FOUND, PROBE, chromium

JOB = """
data: {dataset: digits, scale: 0.0625, split: {test: 0.2, seed: 42}}
model: [{Dense: {units: 64, activation: relu}}, {Dense: {units: 10}}]
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
metrics: [accuracy]
fit: {epochs: 100000, batch_size: 32, validation_split: 0.2, verbose: 0}
checkpoint: {every: 2 s}
report: false
seed: 1
"""
WORDS = ["val_loss", "val_accuracy", "epochs", "checkpoint at step", "commit at step"]
DEADLINE = 120  # seconds, for the run to have curves


def start(tutti, folder):
    """The launcher, and where its page is; what it says goes to a file, which nobody has to read."""
    (folder / "job.yaml").write_text(JOB)
    words = [tutti, "launch", "-n", "2", "--threads", "1", "--page", "0", "job.yaml", "--run", "digits"]
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    with open(folder / "said", "wb") as said:
        launcher = subprocess.Popen(words, cwd=folder, stdout=said, stderr=said, env={**os.environ, **allowed})
    found = None
    end = time.monotonic() + DEADLINE
    while found is None and launcher.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
        found = re.search(r"can be seen at (\S+)", (folder / "said").read_text(errors="replace"))
    if found is None:
        sys.exit("the launcher tells of no page:\n" + (folder / "said").read_text(errors="replace"))
    return launcher, found.group(1)


def wait_for_curves(url):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with urllib.request.urlopen(url + "status.json", timeout=10) as answer:
            status = json.load(answer)
        if status["curves"] and len(status["curves"][0]["points"]) > 5 and status["checkpoint_step"]:
            return status
        time.sleep(0.5)
    sys.exit(f"the page has no curves after {DEADLINE} s: {status}")


def check_live(url):
    seen = chromium("--window-size=1280,1400", "--virtual-time-budget=4000", "--dump-dom", url)
    found = [f"'{words}' is not there" for words in WORDS if words not in seen.stdout]
    lines = re.findall(r'<polyline points="([^"]*)"', seen.stdout)
    if len(lines) != 4 or any(len(set(line.split())) < 2 for line in lines):
        found.append(f"{len(lines)} curves are drawn")
    found += [line for line in seen.stderr.splitlines() if "CONSOLE" in line]
    return [f"live page: {one}" for one in found]


def check_width(url, status, width, folder, screenshots):
    """A copy in a frame, as no window is narrower than 500 pixels and the page itself lets nobody frame it."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        page = answer.read().decode()
    text = json.dumps(status).replace("</", "<\\/")
    told = f"<script>fetch = async () => ({{ok: true, json: async () => ({text})}});</script>"
    page = page.replace("<head>", "<head>" + PROBE + told, 1)
    copy = folder / f"copy-{width}.html"
    copy.write_text(f'<iframe width="{width}" height="1300" style="border:0" srcdoc="{html.escape(page)}"></iframe>')
    if screenshots:
        chromium("--window-size=1300,1320", f"--screenshot={screenshots / f'live-{width}.png'}", copy.as_uri())
    measured = FOUND.search(chromium("--window-size=1300,1320", "--dump-dom", copy.as_uri()).stdout)
    if not measured:
        return [f"live page at {width}: nothing was measured"]
    seen = json.loads(html.unescape(measured.group(1)))
    seen["overflow"] = max(0, seen["overflow"])
    wrong = [key for key in ("overflow", "wide", "errors") if seen[key]]
    return [f"live page at {width}: {key} {seen[key]}" for key in wrong]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tutti", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    given = parser.parse_args()
    if given.screenshots:
        given.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        launcher, url = start(given.tutti.resolve(), pathlib.Path(name))
        try:
            status = wait_for_curves(url)
            found = check_live(url)
            for width in (1280, 400):
                found += check_width(url, status, width, pathlib.Path(name), given.screenshots)
        finally:
            launcher.terminate()
            try:
                launcher.wait(60)
            except subprocess.TimeoutExpired:
                launcher.kill()
    print("\n".join(found) or "the live page is well")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
