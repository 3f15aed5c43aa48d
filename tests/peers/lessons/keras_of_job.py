"""A job file as a program in Keras: the same layers with the same arguments, the same rows, loss and optimizer."""

import csv

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from lesson import ROOT, read_job


def named(item):
    """A kind as a job names it: its name and arguments."""
    if isinstance(item, str):
        return item, {}
    name, arguments = next(iter(item.items()))
    return name, dict(arguments or {})


def shipped_rows(job):
    """Inputs and outputs by name, ((x, y) to train on, (x, y) to test on), as the job's `data` says of a shipped set."""
    data = job["data"]
    with open(ROOT / "io/datasets" / f"{data['dataset']}.csv") as file:
        names, *rows = csv.reader(file)
    columns = {}
    for name, values in zip(names, zip(*rows)):
        try:
            columns[name] = np.array([float(value) for value in values])
        except ValueError:
            columns[name] = np.unique(values, return_inverse=True)[1]
    label = data.get("label", {"labels": names[-1]})
    label = label if isinstance(label, dict) else {label: label}
    inputs = data.get("inputs", [name for name in names if name not in label.values()])
    inputs = inputs if isinstance(inputs, dict) else {"features": inputs}
    split = data["split"]
    train, test = train_test_split(np.arange(len(rows)), test_size=split["test"], random_state=split["seed"])
    if data.get("columns") == {"*": "standardize"}:
        for name, values in columns.items():
            if values.dtype.kind == "f":
                columns[name] = (values - values[train].mean()) / values[train].std()

    def taken(indices):
        x = {name: np.stack([columns[c][indices] for c in wanted], 1).astype("float32") * data.get("scale", 1.0)
             for name, wanted in inputs.items()}
        return x, {name: columns[column][indices] for name, column in label.items()}

    return taken(train), taken(test)


def keras_model(job, x):
    inputs = {name: keras.Input(array.shape[1:], name=name, dtype=str(array.dtype)) for name, array in x.items()}
    values, taken, last = dict(inputs), set(inputs), next(iter(inputs))
    for item in job["model"]:
        kind, arguments = named(item)
        wanted = arguments.pop("inputs", last)
        wanted = [wanted] if isinstance(wanted, str) else wanted
        given = [values[name] for name in wanted]
        layer = getattr(keras.layers, kind)(**arguments)
        last = arguments.get("name", layer.name)
        values[last] = layer(*given) if len(given) == 1 or kind == "MultiHeadAttention" else layer(given)
        taken.update(wanted)
    outputs = {name: value for name, value in values.items() if name not in taken}
    return keras.Model(inputs, outputs if len(outputs) > 1 else values[last])


def made(part, item):
    """A loss or an optimizer: by its name alone as Keras reads it, or with arguments."""
    name, arguments = named(item)
    return name if isinstance(item, str) else getattr(part, name)(**arguments)


def compile_as(model, job):
    loss = job["loss"]
    if len(model.outputs) > 1:
        loss = {name: made(keras.losses, item) for name, item in loss.items()}
    else:
        loss = made(keras.losses, loss)
    model.compile(made(keras.optimizers, job.get("optimizer", "rmsprop")), loss, metrics=job.get("metrics"),
                  loss_weights=job.get("loss_weights"))


def job_in_keras(name, measure="accuracy", rows=None):
    """`rows(bench, job)` gives the rows of a job whose set is not shipped, as shipped_rows does."""

    def in_keras(bench, seed):
        job = read_job(name)
        (x, y), (test_x, test_y) = rows(bench, job) if rows else shipped_rows(job)
        keras.utils.set_random_seed(seed)
        model = keras_model(job, x)
        compile_as(model, job)
        if len(y) == 1:
            (y,), (test_y,) = y.values(), test_y.values()
        model.fit(x, y, verbose=0, **job["fit"])
        return model.evaluate(test_x, test_y, verbose=0, return_dict=True)[measure]

    return in_keras
