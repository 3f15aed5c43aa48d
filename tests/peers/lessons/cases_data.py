"""The lessons that need data: `tutti make` writes it into the lesson's folder, and both sides read it there."""

import csv
import dataclasses
import subprocess

import keras
import numpy as np
from PIL import Image
from sklearn.model_selection import train_test_split

from keras_of_job import job_in_keras, shipped_rows
from lesson import Lesson, job, program


def makes(name, *options):
    return lambda bench: subprocess.run([bench.programs / "tutti", "make", name, *options], cwd=bench.folder, check=True,
                                        capture_output=True)


def parts(job, rows, stratify=None):
    """Indices to train on and to test on."""
    split = job["data"]["split"]
    return train_test_split(np.arange(rows), test_size=split["test"], random_state=split["seed"], stratify=stratify)


def standardized(values, train):
    return (values - values[train].mean(0)) / values[train].std(0)


def taken(x, y, *halves):
    return [tuple({name: values[half] for name, values in some.items()} for some in (x, y)) for half in halves]


def read_columns(path):
    with open(path) as file:
        names, *rows = csv.reader(file)
    return {name: np.array(values) for name, values in zip(names, zip(*rows))}


def digits_csv(bench, job):
    table = np.loadtxt(bench.folder / job["data"]["csv"], delimiter=",", skiprows=1, dtype="float32")
    x = {"features": table[:, 1:] * job["data"]["scale"]}
    return taken(x, {"labels": table[:, 0].astype("int32")}, *parts(job, len(table)))


def read_idx(path):
    file = path.read_bytes()
    dims = np.frombuffer(file, ">i4", file[3], 4)
    return np.frombuffer(file, "u1", offset=4 + 4 * file[3]).reshape(dims)


def mnist(bench, job):
    folder = bench.folder / job["data"]["mnist"]
    x = {"features": read_idx(folder / "train-images-idx3-ubyte").astype("float32") * job["data"]["scale"]}
    y = {"labels": read_idx(folder / "train-labels-idx1-ubyte").astype("int32")}
    return taken(x, y, *parts(job, len(y["labels"])))


def leaves(bench, job):
    files = sorted((bench.folder / job["data"]["images"]).glob("*/*.png"))
    labels = np.unique([file.parent.name for file in files], return_inverse=True)[1]
    x = np.stack([np.asarray(Image.open(file), "float32") for file in files]) * job["data"]["scale"]
    return taken({"features": x}, {"labels": labels}, *parts(job, len(files), labels))


def scans(bench, job):
    column = {name: np.load(bench.folder / path) for name, path in job["data"]["npy"]["files"].items()}
    train, test = parts(job, len(column["age"]))
    x = {"image": column["image"].astype("float32") * job["data"]["scale"],
         "age": standardized(column["age"][:, None], train)}
    return taken(x, {"risk": column["risk"], "percent": column["percent"]}, train, test)


def machines(bench, job):
    column = read_columns(bench.folder / job["data"]["csv"])
    train, test = parts(job, len(column["fault"]))
    sensors = np.stack([column[name] for name in list(column)[:5]], 1).astype("float32")
    hours = column["remaining_hours"].astype("float32")
    y = {"fault": np.unique(column["fault"], return_inverse=True)[1], "remaining": standardized(hours, train)}
    return taken({"features": standardized(sensors, train)}, y, train, test)


def power(bench, job):
    """The last share of the steps tests; no row reaches from one part into the other."""
    data = job["data"]
    column = read_columns(bench.folder / data["csv"])
    steps = np.stack([column[name] for name in data["inputs"]], 1).astype("float64")
    cut = len(steps) - int(np.ceil(len(steps) * data["split"]["test"]))
    steps = standardized(steps, slice(0, cut)).astype("float32")
    length = data["timeseries"]["sequence_length"]
    both = []
    for part in (steps[:cut], steps[cut:]):
        batches = keras.utils.timeseries_dataset_from_array(
            part, part[length:, data["inputs"].index(data["label"])], length, batch_size=len(part))
        (x, y), = [(x.numpy(), y.numpy()) for x, y in batches]
        both.append(({"features": x}, {"labels": y}))
    return both


def reviews(bench, job):
    """Words as numbers: TextVectorization, adapted to the rows to train on, as the job's first layer does it here."""
    files = sorted((bench.folder / job["data"]["text_folder"]).glob("*/*.txt"))
    texts = np.array([file.read_text() for file in files])
    labels = np.array([file.parent.name == "positive" for file in files], "int32")
    train, test = parts(job, len(files))
    words = keras.layers.TextVectorization(**job["model"].pop(0)["TextVectorization"])
    words.adapt(texts[train])
    return taken({"text": np.asarray(words(texts))}, {"labels": labels}, train, test)


def autoencoder(bench, seed):
    (x, y), (test_x, test_y) = shipped_rows({"data": {"dataset": "digits", "scale": 1 / 16,
                                                      "split": {"test": 0.2, "seed": 42}}})
    (x,), (y,), (test_x,), (test_y,) = (values.values() for values in (x, y, test_x, test_y))
    keras.utils.set_random_seed(seed)
    dense, image = keras.layers.Dense, keras.Input((64,))
    code = dense(16, "relu")(dense(64, "relu")(image))
    drawn = keras.Model(image, dense(64, "sigmoid")(dense(64, "relu")(code)))
    drawn.compile(keras.optimizers.Adam(0.003), "mse")
    drawn.fit(x, x, epochs=60, verbose=0)
    encoder = keras.Model(image, code)
    classifier = keras.Sequential([dense(32, "relu"), dense(10, "softmax")])
    classifier.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    classifier.fit(encoder.predict(x[:100], verbose=0), y[:100], epochs=100, verbose=0)
    return classifier.evaluate(encoder.predict(test_x, verbose=0), test_y, verbose=0)[1]


def lesson(name, data, rows, measure="accuracy", margin=0.01):
    title = name if measure == "accuracy" else f"{name} {measure}"
    return Lesson(title, job(name, measure), job_in_keras(name, measure, rows), measure, margin, prepare=makes(data))


LESSONS = [
    lesson("digits_csv", "digits_csv", digits_csv),
    lesson("mnist", "mnist", mnist),
    Lesson("resnet20", job("resnet20"), job_in_keras("resnet20")),
    Lesson("autoencoder", program("autoencoder", "classified with accuracy"), autoencoder),
    # More leaves than the lesson's: of 80 to test on, one is more than a point.
    dataclasses.replace(lesson("leaf_disease", "leaves", leaves), prepare=makes("leaves", "--rows", "1200")),
    lesson("scan_and_age", "scans", scans, "risk_accuracy"),
    lesson("scan_and_age", "scans", scans, "percent_mae", margin=-0.2),
    lesson("machine_health", "machines", machines, "fault_accuracy"),
    lesson("machine_health", "machines", machines, "remaining_mae", margin=-0.01),
    lesson("power_forecast", "power", power, "mae", margin=-0.01),
    lesson("sentiment", "reviews", reviews),
]
