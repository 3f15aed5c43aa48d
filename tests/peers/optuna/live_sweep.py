#!/usr/bin/env python3
"""Opens a sweep with Optuna and optuna-dashboard while it runs, and once it is over.

    .venv/bin/python tests/peers/optuna/live_sweep.py build/release/bin/tutti

Live: what Optuna reads is whole, and what it enqueues and notes is taken up and kept. Over: trials, states, values,
parameters, curves and the best trial are those that `tutti sweep` and the runs tell. The dashboard, in headless
Chromium: trials, importances and intermediate values are drawn, and nothing is on the console.
"""

import argparse
import collections
import csv
import html
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import optuna
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pages"))
from open_reports import chromium  # noqa: E402

TRIALS, EPOCHS = 14, 5000
RATE = "optimizer.Adam.learning_rate"
STUDY = """
job:
  data: {dataset: iris, columns: {"*": standardize}, split: {validation: 0.2, seed: 1}}
  model: [{Dense: {units: $units, activation: $activation}}, {Dense: {units: 3, activation: softmax}}]
  loss: sparse_categorical_crossentropy
  optimizer: Adam
  fit: {epochs: 5000, batch_size: 10}
space:
  optimizer.Adam.learning_rate: {float: [1e-4, 1e-1], log: true}
  units: {int: [4, 32], step: 4}
  activation: [relu, tanh]
objective: val_loss
tuner: {TPE: {n_startup_trials: 4}}
pruner: {Median: {n_startup_trials: 3, n_warmup_steps: 500}}
max_trials: 14
seed: 1
slots: 2
threads: 1
fuse: false
"""
DEADLINE = 120  # seconds, for anything that is waited for


def load(journal):
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.load_study(study_name="study", storage=storage)


def wait_for(what, ready):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            if (found := ready()):
                return found
        except (KeyError, OSError):  # no study yet, no answer yet
            pass
        time.sleep(0.05)
    sys.exit(f"[optuna] {what} did not come within {DEADLINE} s")


def finished(study):
    return [trial for trial in study.trials if trial.state.is_finished()]


def meddle(journal):
    """While it runs: reads, enqueues, notes."""
    study = wait_for("a finished trial", lambda: (found := load(journal)) and finished(found) and found)
    study.set_user_attr("note", "by a person")
    study.enqueue_trial({"units": 20, "activation": "tanh"}, user_attrs={"by": "a person"})
    study.enqueue_trial({"units": 5})  # the space has no 5
    running = wait_for("a running trial", lambda: [trial for trial in study.get_trials(deepcopy=False)
                                                   if trial.state == optuna.trial.TrialState.RUNNING])
    study._storage.set_trial_user_attr(running[-1]._trial_id, "seen", True)
    assert study.best_trial.value == min(trial.value for trial in finished(study) if trial.state.name == "COMPLETE")
    return running[-1].number


def command(tutti, *words):
    return subprocess.run([tutti, "sweep", *words], check=True, capture_output=True, text=True, timeout=60).stdout


def check_taken_up(study, noted):
    assert study.user_attrs == {"note": "by a person"}, study.user_attrs
    assert study.trials[noted].user_attrs.get("seen") is True, study.trials[noted]
    theirs, refused = [trial for trial in study.trials if "fixed_params" in trial.system_attrs]
    assert theirs.user_attrs["by"] == "a person" and theirs.state.name in ("COMPLETE", "PRUNED"), theirs
    assert theirs.params["units"] == 20 and theirs.params["activation"] == "tanh" and RATE in theirs.params
    assert refused.state.name == "FAIL" and "5 is not" in refused.user_attrs["failure"], refused


def check_told(tutti, folder, study):
    """Optuna's trials against the status, the best, and each run's own files."""
    status = command(tutti, "status", folder)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (complete|pruned|failed|running)", status)}
    words = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    assert counts == collections.Counter(words[trial.state.name] for trial in study.trials), status
    rows = re.findall(r"^ +(\d+)  complete +([\d.]+) +(\d+)", status, re.MULTILINE)
    complete = sorted((trial for trial in study.trials if trial.state.name == "COMPLETE"), key=lambda one: one.value)
    assert rows == [(str(one.number), f"{one.value:.4f}", str(one.last_step)) for one in complete], status
    best = re.match(r"\[trial (\d+)\] complete: val_loss ([\d.]+)", command(tutti, "best", folder))
    assert int(best[1]) == study.best_trial.number and best[2] == f"{study.best_value:.4f}", best
    for trial in study.trials:
        if trial.state.name == "FAIL":
            continue
        job = yaml.safe_load((folder / f"jobs/{trial.number}.yaml").read_text())
        dense = job["model"][0]["Dense"]
        assert dense["units"] == trial.params["units"] and dense["activation"] == trial.params["activation"], dense
        assert job["optimizer"]["Adam"]["learning_rate"] == trial.params[RATE], trial
        with open(folder / f"trials/{trial.number}/history.csv") as file:
            curve = {int(row["epoch"]) + 1: float(row["val_loss"]) for row in csv.DictReader(file)}
        assert curve == trial.intermediate_values, (trial.number, curve, trial.intermediate_values)
        assert trial.value == curve[max(curve)], trial
        assert (len(curve) == EPOCHS) == (trial.state.name == "COMPLETE"), trial


class Dashboard:
    def __init__(self, journal):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = pathlib.Path(sys.executable).with_name("optuna-dashboard")
        self.process = subprocess.Popen([program, journal, "--host", "127.0.0.1", "--port", str(port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def texts(self, path):
        """What a person reads on a page."""
        opened = chromium("--window-size=1400,3000", "--virtual-time-budget=15000", "--dump-dom", self.url + path)
        said = [line for line in opened.stderr.splitlines() if "CONSOLE" in line]
        assert not said, f"{path}: the console says {said}"
        page = re.sub(r"<(script|style).*?</\1>", "", opened.stdout, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())

    def end(self):
        self.process.terminate()
        self.process.wait(30)


def check_pages(dashboard, study):
    # It reads the journal every few seconds.
    wait_for("the whole study in the dashboard", lambda: all(
        trial["state"] in ("Complete", "Pruned", "Fail") for trial in dashboard.get("/api/studies/0")["trials"]
    ) and len(dashboard.get("/api/studies/0")["trials"]) == len(study.trials))
    analysis = dashboard.texts("/dashboard/studies/0")
    wanted = [f"Best Trial (number={study.best_trial.number})", "Hyperparameter Importance", "Intermediate values",
              *study.best_trial.params, "by a person"]
    wanted += [f"trial #{trial.number}" for trial in study.trials if trial.intermediate_values]
    listed = dashboard.texts("/dashboard/studies/0/trials")
    for text, words in ((analysis, wanted), (listed, [f"{len(study.trials)} Trials", "Best Trial", "Pruned", "Fail",
                                                      str(study.trials[0].value)])):
        missing = [word for word in words if word not in text]
        assert not missing, f"{missing} is not on the page: {text}"
    importances = dashboard.get("/api/studies/0/param_importances")["param_importances"][0]
    assert {one["name"] for one in importances} == set(study.best_trial.params), importances
    assert abs(sum(one["importance"] for one in importances) - 1) < 1e-6, importances


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tutti", type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    if not shutil.which("chromium"):
        sys.exit("[optuna] chromium is not there; install the package chromium")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "sweep"
        journal = folder / "journal.log"
        (pathlib.Path(name) / "study.yaml").write_text(STUDY)
        with open(pathlib.Path(name) / "said", "wb") as said:
            sweep = subprocess.Popen([options.tutti, "sweep", pathlib.Path(name) / "study.yaml", "--run", folder],
                                     stdout=said, stderr=said)
        dashboard = None
        try:
            wait_for("the journal", journal.exists)
            dashboard = Dashboard(journal)
            noted = meddle(journal)
            live = wait_for("the live dashboard", lambda: dashboard.get("/api/studies/0")["trials"])
            assert sweep.poll() is None, "it was over before anybody looked"
            assert sweep.wait(DEADLINE) == 0, (pathlib.Path(name) / "said").read_text()
            study = load(journal)
            assert len(study.trials) == TRIALS and len(finished(study)) == TRIALS, study.trials
            check_taken_up(study, noted)
            check_told(options.tutti, folder, study)
            print(f"[optuna] {TRIALS} trials as tutti sweep tells them; taken up and kept: what Optuna enqueued and "
                  f"noted while {len(live)} were there")
            check_pages(dashboard, study)
            print("[optuna] optuna-dashboard draws trials, importances and intermediate values")
        finally:
            sweep.kill()
            sweep.wait()
            if dashboard:
                dashboard.end()


if __name__ == "__main__":
    main()
