"""Journals between Optuna and Tutti, each reading what the other wrote.

    optuna_journals.py make FOLDER             Optuna's journal, and what Optuna says is in it
    optuna_journals.py view JOURNAL            what Optuna says is in a journal, as JSON
    optuna_journals.py alternate PROGRAM       both append to one journal, in turns and at the same time
    optuna_journals.py dashboard JOURNAL       optuna-dashboard opens it, on the loopback

`tests/scheduler/goldens` holds what `make` wrote, and `tutti_journal.log` of PROGRAM (simulated_study)
with the view of it; the C++ tests compare with both. Needs optuna and optuna-dashboard.
"""

import json
import math
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.ERROR)


def storage_of(path):
    return JournalStorage(JournalFileBackend(str(path)))


def plain(value):
    """JSON without NaN and Infinity, which it has no numbers for."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def view_of(path):
    storage = storage_of(path)
    studies = []
    for study in storage.get_all_studies():
        loaded = optuna.load_study(study_name=study.study_name, storage=storage)
        trials = [
            {
                "number": trial.number,
                "state": int(trial.state),
                "params": trial.params,
                "distributions": {
                    name: json.loads(optuna.distributions.distribution_to_json(distribution))
                    for name, distribution in trial.distributions.items()
                },
                "values": trial.values,
                "intermediate": trial.intermediate_values,
                "user": trial.user_attrs,
                "system": trial.system_attrs,
            }
            for trial in loaded.get_trials(deepcopy=False)
        ]
        best = loaded.best_trial.number if len(loaded.directions) == 1 else None
        studies.append(
            {
                "name": study.study_name,
                "directions": [int(direction) for direction in loaded.directions],
                "user": loaded.user_attrs,
                "system": study.system_attrs,
                "trials": trials,
                "best": best,
            }
        )
    return plain(studies)


def write_view(path):
    text = json.dumps(view_of(path), indent=1, sort_keys=True, allow_nan=False)
    path.with_suffix(".json").write_text(text + "\n")


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_int("n", 1, 9, step=2)
    trial.suggest_float("part", 0, 1, step=0.25)
    if trial.suggest_categorical("c", ["a", None, 2, 0.5]) == "a":
        trial.suggest_float("rate", 1e-4, 1, log=True)
    trial.set_user_attr("of", {"what": [1, "x\u00e9\n", float("nan")]})
    trial.set_constraint("memory", 0.2 - x)
    for step in range(3):
        trial.report(float("nan") if step == 1 else x + step, step)
    if trial.number == 2:
        raise ValueError
    if trial.should_prune():
        raise optuna.TrialPruned
    return x


def make(folder):
    path = folder / "optuna_journal.log"
    path.unlink(missing_ok=True)
    storage = storage_of(path)

    def study(name, sampler, **arguments):
        return optuna.create_study(storage=storage, study_name=name, sampler=sampler, **arguments)

    one = study("random", optuna.samplers.RandomSampler(seed=1))
    one.enqueue_trial({"x": 0.25})
    one.optimize(objective, n_trials=4, catch=(ValueError,))
    one.set_user_attr("note", "of a person")
    one.enqueue_trial({"x": 0.75, "n": 3})
    gone = study("gone", None)
    gone.ask()
    optuna.delete_study(study_name="gone", storage=storage)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    two = study("tpe", optuna.samplers.TPESampler(seed=2, n_startup_trials=2), pruner=pruner,
                direction="maximize")
    two.optimize(objective, n_trials=6, catch=(ValueError,))
    two.ask()  # and is never told
    three = study("two", optuna.samplers.RandomSampler(seed=3), directions=["minimize", "maximize"])
    three.set_metric_names(["loss", "accuracy"])
    three.optimize(lambda trial: (trial.suggest_float("x", 0, 1), float("inf")), n_trials=2)
    # Who wrote it tells nobody anything.
    path.write_text(re.sub(r'"worker_id":"[^"]*"', '"worker_id":"optuna"', path.read_text()))
    write_view(path)


def alternate(program):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "journal.log"

        def tutti(trials):
            subprocess.run([program, path, str(trials)], check=True, timeout=60)

        tutti(4)
        storage = storage_of(path)
        study = optuna.load_study(study_name="simulated", storage=storage)
        assert [trial.state.is_finished() for trial in study.trials] == [True] * 4
        study.enqueue_trial({"rate": 0.03, "layers": 2})
        theirs = study.ask()  # it takes what it enqueued
        assert theirs.number == 4
        study.enqueue_trial({"rate": 0.07, "kind": "plain"}, user_attrs={"by": "a person"})
        tutti(8)
        assert len(study.trials) == 8
        taken = study.trials[5]
        assert taken.state.is_finished() and taken.user_attrs == {"by": "a person"}, taken
        assert taken.params["rate"] == 0.07 and taken.params["kind"] == "plain"
        assert study.trials[4].state == optuna.trial.TrialState.RUNNING, "left to us"
        theirs.suggest_float("rate", 1e-4, 1e-1, log=True)
        study.tell(theirs, 0.5)
        tutti(10)
        again = optuna.load_study(study_name="simulated", storage=storage_of(path))
        assert len(again.trials) == 10
        assert all(trial.state.is_finished() for trial in again.trials)
        assert again.trials[4].value == 0.5 and again.trials[4].params == {"rate": 0.03}
        print("alternating: 10 trials, 9 of Tutti and 1 of Optuna, none lost")


def together(program):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "journal.log"
        subprocess.run([program, path, "1"], check=True, timeout=60)
        study = optuna.load_study(study_name="simulated", storage=storage_of(path))
        running = subprocess.Popen([program, path, "300"])
        notes = 0
        while running.poll() is None and notes < 100:
            study.enqueue_trial({"rate": 0.01, "layers": 1}, user_attrs={"note": notes})
            notes += 1
        assert running.wait(120) == 0
        trials = optuna.load_study(study_name="simulated", storage=storage_of(path)).trials
        found = [trial.user_attrs["note"] for trial in trials if "note" in trial.user_attrs]
        assert found == list(range(notes)), "all that was enqueued, in order"
        waiting = [trial for trial in trials if trial.state == optuna.trial.TrialState.WAITING]
        assert len(trials) == 300 + len(waiting), (len(trials), len(waiting))
        taken = [trial for trial in trials if "note" in trial.user_attrs and trial not in waiting]
        assert all(trial.params["rate"] == 0.01 for trial in taken)
        print(f"at the same time: 300 trials begun, {notes} enqueued meanwhile, {len(taken)} of them taken")


def dashboard(journal):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = pathlib.Path(sys.executable).with_name("optuna-dashboard")
    server = subprocess.Popen([command, journal, "--host", "127.0.0.1", "--port", str(port)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60

        def get(path):
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
                        return json.load(reply)
                except OSError:
                    assert server.poll() is None and time.monotonic() < deadline, "it does not answer"
                    time.sleep(0.2)

        for study in get("/api/studies")["study_summaries"]:
            detail = get(f"/api/studies/{study['study_id']}")
            steps = sum(len(trial["intermediate_values"]) for trial in detail["trials"])
            print(f"dashboard: {study['study_name']}, {len(detail['trials'])} trials, "
                  f"{steps} intermediate values, {len(detail['union_search_space'])} hyperparameters")
            assert detail["trials"]
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    action, target = sys.argv[1:]
    if action == "make":
        make(pathlib.Path(target))
    elif action == "view":
        write_view(pathlib.Path(target))
    elif action == "alternate":
        alternate(target)
        together(target)
    elif action == "dashboard":
        dashboard(target)
    else:
        sys.exit(__doc__)
