#!/usr/bin/env python3
"""Trains small models of several shapes, sweeps over some, and opens their reports in headless Chromium.

    tests/pages/open_reports.py build/release/bin/tutti [--screenshots FOLDER]

Each page, 1280 and 400 pixels wide, on light and on dark paper: nothing on the console, nothing wider than the
window, every picture drawn, and the words by which a person sees what was trained, how well and on what it fails.
"""

import argparse
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

JOBS = {
    "digits": """
data: {dataset: digits, scale: 0.0625, split: {test: 0.2, seed: 42}}
model: [{Dense: {units: 32, activation: relu}}, {Dense: {units: 10}}]
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
metrics: [accuracy]
fit: {epochs: 4, batch_size: 32, validation_split: 0.2, verbose: 0}
seed: 1
""",
    "convolutions": """
data: {dataset: digits, scale: 0.0625, split: {test: 0.2, seed: 42}}
model:
  - Reshape: {target_shape: [8, 8, 1]}
  - Conv2D: {filters: 8, kernel_size: 3, activation: relu, padding: same}
  - BatchNormalization
  - MaxPooling2D: {pool_size: 2}
  - Conv2D: {filters: 16, kernel_size: 3, activation: relu}
  - Flatten
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
metrics: [accuracy]
fit: {epochs: 3, batch_size: 32, verbose: 0}
seed: 1
""",
    "branches": """
data: {dataset: iris, columns: {"*": standardize}, label: {species_of_the_flower: species, width: petal_width}}
model:
  - Dense: {name: trunk_with_a_name_that_is_rather_long, units: 16, activation: relu, inputs: features}
  - Dense: {name: left, units: 8, activation: tanh, inputs: trunk_with_a_name_that_is_rather_long}
  - Dense: {name: right, units: 8, activation: relu, inputs: trunk_with_a_name_that_is_rather_long}
  - Concatenate: {name: both, inputs: [left, right, features]}
  - Dense: {name: species_of_the_flower, units: 3, activation: softmax, inputs: both}
  - Dense: {name: width, units: 1, inputs: both}
loss: {species_of_the_flower: sparse_categorical_crossentropy, width: mse}
metrics: {species_of_the_flower: [accuracy], width: [mae]}
fit: {epochs: 10, batch_size: 8, validation_split: 0.2, verbose: 0}
seed: 1
""",
    "plane": """
data: {csv: plane.csv, label: side, split: {test: 0.2, seed: 1}}
model: [{Dense: {units: 6, activation: tanh}}, {Dense: {units: 1, activation: sigmoid}}]
loss: binary_crossentropy
optimizer: {Adam: {learning_rate: 0.05}}
metrics: [accuracy]
fit: {epochs: 30, batch_size: 16, validation_split: 0.2, verbose: 0}
seed: 3
""",
    "dead": """
data: {csv: line.csv, inputs: [x], label: y}
model:
  - Dense: {units: 2, activation: relu, kernel_initializer: {Constant: {value: -0.5}}}
  - Dense: {units: 1, kernel_initializer: {Constant: {value: 0.3}}}
loss: mse
optimizer: {SGD: {learning_rate: 0.01}}
fit: {epochs: 100, batch_size: 5, verbose: 0}
seed: 3
""",
}
IRIS = """
job:
  data: {dataset: iris, columns: {"*": standardize}, split: {validation: 0.2, seed: 1}}
  model:
    - Dense: {units: $units_of_the_first_layer, activation: $activation}
    - Dense: {units: $second}
    - Dense: {units: 3, activation: softmax}
  loss: sparse_categorical_crossentropy
  optimizer: Adam
  metrics: [accuracy]
  fit: {epochs: 6, batch_size: 10}
space:
  optimizer.Adam.learning_rate: {float: [1e-4, 1], log: true}
  units_of_the_first_layer: {int: [4, 32], step: 4}
  activation: [relu, tanh, sigmoid]
  layers: {int: [1, 2]}
  second: {int: [4, 16], when: {layers: 2}}
slots: 2
threads: 1
"""
SWEEPS = {
    "sweep": IRIS + "max_trials: 24\npruner: {Median: {n_startup_trials: 4, n_warmup_steps: 1}}\n",
    "trade": IRIS + "max_trials: 16\ntuner: NSGAII\nobjective: [val_loss, {metric: loss, direction: maximize}]\n",
    "ill": IRIS.replace("dataset: iris", "csv: gone.csv, label: species") + "max_trials: 3\n",
}
WORDS = {
    "digits": ["test accuracy", "Confusion matrix", "Misclassified images", "Filters of dense"],
    "convolutions": ["The blocks of", "Feature maps of conv2d", "ROC: hits against false alarms"],
    "branches": ["species_of_the_flower", "Predicted against true: width", "trunk_with_a_name"],
    "plane": ["Decision boundary", "Loss against one weight", "The neurons of"],
    "dead": ["Dead units", "All of the 2 units", "Remedy", "What the model draws"],
    "sweep": ["best val_loss", "Importance in %", "All side by side", "pruned here", "not there", "Trials in time"],
    "trade": ["The Pareto front", "no other is better", "loss by trial"],
    "ill": ["trials failed", "gone.csv", "No trial is complete"],
}
# Measures the page once it is laid out and writes what it found where --dump-dom shows it: around the frame that
# the page stands in, as no window is narrower than 500 pixels.
PROBE = """<script>
const errors = [];
addEventListener('error', event => errors.push(String(event.message || event.target.tagName)), true);
addEventListener('load', () => {
  const scrolls = node => node && (getComputedStyle(node).overflowX === 'auto' || scrolls(node.parentElement));
  const wide = [...document.body.querySelectorAll('*')].filter(
    node => node.getBoundingClientRect().right > innerWidth + 1 && !scrolls(node.parentElement) && !scrolls(node));
  const empty = [...document.querySelectorAll('svg')].filter(
    svg => svg.getBoundingClientRect().height < 20 || svg.children.length < 3);
  const found = {width: innerWidth, overflow: document.documentElement.scrollWidth - innerWidth,
    wide: wide.slice(0, 5).map(node => node.outerHTML.slice(0, 200)), errors, empty: empty.length,
    pictures: document.querySelectorAll('svg').length, paper: getComputedStyle(document.body).backgroundColor};
  parent.document.documentElement.setAttribute('data-found', JSON.stringify(found));
});
</script>"""
FOUND = re.compile(r'data-found="([^"]*)"')


def chromium(*arguments):
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}",
             "--enable-logging=stderr", *arguments],
            capture_output=True, text=True, timeout=120, check=True)


def check_page(name, report, pictures, width, dark, folder, screenshots):
    page = folder / f"{name}.html"
    framed = report.read_text().replace("<head>", "<head>" + PROBE, 1)
    page.write_text(f'<iframe width="{width}" height="900" style="border:0" srcdoc="{html.escape(framed)}"></iframe>')
    options = ["--window-size=1400,1000", *(["--blink-settings=preferredColorScheme=0"] if dark else [])]
    opened = chromium(*options, "--dump-dom", page.as_uri())
    where = f"{name} at {width}{' on dark paper' if dark else ''}"
    said = [line for line in opened.stderr.splitlines() if "CONSOLE" in line]
    assert not said, f"{where}: the console says {said}"
    found = json.loads(FOUND.search(opened.stdout)[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert found["width"] == width, f"{where}: the window is {found['width']} wide"
    assert found["overflow"] <= 0 and not found["wide"], f"{where}: wider than the window: {found}"
    assert not found["errors"] and found["empty"] == 0 and found["pictures"] >= pictures, f"{where}: {found}"
    assert dark == (found["paper"] != "rgb(255, 255, 255)"), f"{where}: the paper is {found['paper']}"
    for word in WORDS[name]:
        assert word in framed, f"{where}: '{word}' is not on the page"
    if screenshots:
        shot = screenshots / f"{name}-{width}{'-dark' if dark else ''}.png"
        chromium(*options, f"--window-size={width},{5200 if width < 600 else 3600}", f"--screenshot={shot}",
                 report.as_uri())


def write_data(folder):
    (folder / "line.csv").write_text("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(1, 6)))
    points = [((i * 37 % 101) / 25 - 2, (i * 53 % 97) / 24 - 2) for i in range(300)]
    (folder / "plane.csv").write_text("x,y,side\n" + "".join(
        f"{x:.3f},{y:.3f},{'inside' if x * x + y * y < 1.6 else 'outside'}\n" for x, y in points))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tutti", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--screenshots", type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    if not shutil.which("chromium"):
        sys.exit("[reports] chromium is not there; install the package chromium")
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_data(folder)
        for name, text in (JOBS | SWEEPS).items():
            verb = "sweep" if name in SWEEPS else "train"
            (folder / f"{name}.yaml").write_text(f"name: {name}\n{text}")
            ran = subprocess.run([options.tutti, verb, f"{name}.yaml", "--run", f"run_{name}"], cwd=folder, timeout=300,
                                 capture_output=True)
            if name == "ill":  # no trial is begun any more, and the page says why
                assert ran.returncode == 3, ran.stderr
                subprocess.run([options.tutti, "sweep", "report", f"run_{name}"], cwd=folder, check=True)
            else:
                assert ran.returncode == 0, ran.stderr
            for width in (1280, 400):
                for dark in (False, True):
                    check_page(name, folder / f"run_{name}/report.html", 1 if name == "ill" else 5, width, dark, folder,
                               options.screenshots)
            print(f"[reports] {name}: nothing overflows, nothing on the console")


if __name__ == "__main__":
    main()
