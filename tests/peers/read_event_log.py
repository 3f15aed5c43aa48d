#!/usr/bin/env python3
"""Reads what a training's TensorBoard callback wrote with the tensorboard package, and compares it.

    tests/peers/read_event_log.py build/release/bin/tutti

Scalars are those of history.csv to f32, histograms hold every weight, images are PNG of the right size, the
graph has a node for each layer; TensorFlow reads each frame and its checksums. Tags, plugins, steps and the
sizes of tensors are those that Keras's own callback writes for the same model."""

import csv
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import graph_pb2

JOB = """
name: board
data: {dataset: iris, columns: {"*": standardize}}
model: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {Adam: {learning_rate: 0.01}}
metrics: [accuracy]
fit: {epochs: 4, batch_size: 30, validation_split: 0.2, verbose: 0}
callbacks: [{TensorBoard: {histogram_freq: 1, write_images: true, update_freq: batch}}]
seed: 1
"""


def scalars(accumulator, tag):
    return [(event.step, tf.make_ndarray(event.tensor_proto).item()) for event in accumulator.Tensors(tag)]


def load(folder):
    files = list(folder.glob("events.out.tfevents.*"))
    assert len(files) == 1, files
    frames = sum(1 for _ in tf.data.TFRecordDataset(str(files[0])))  # throws where a checksum is wrong
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator, frames


def check_training(train, history):
    for name in ("loss", "accuracy"):
        wanted = [(int(row["epoch"]), float(row[name])) for row in history]
        assert np.allclose(scalars(train, f"epoch_{name}"), wanted, rtol=1e-6), name
    assert len(scalars(train, "batch_loss")) == 4 * 4
    assert [value for _, value in scalars(train, "epoch_learning_rate")] == [np.float32(0.01)] * 4
    for event in train.Tensors("sequential/dense/kernel/histogram"):
        buckets = tf.make_ndarray(event.tensor_proto)
        assert buckets.shape == (30, 3) and buckets[:, 2].sum() == 4 * 8, buckets
    width, height, image = tf.make_ndarray(train.Tensors("sequential/dense/kernel/image")[0].tensor_proto)
    assert (int(width), int(height)) == (8, 4)
    assert tf.io.decode_png(image).shape == (4, 8, 1)
    text = tf.make_ndarray(train.Tensors("model")[0].tensor_proto).item().decode()
    assert "Trainable params: 67" in text, text
    graph = train.Graph()
    assert isinstance(graph, graph_pb2.GraphDef)
    assert [node.op for node in graph.node] == ["InputLayer", "Dense", "Dense"]
    assert list(graph.node[2].input) == [graph.node[1].name]


def check_validation(validation, history):
    for name in ("loss", "accuracy"):
        wanted = [(int(row["epoch"]), float(row[f"val_{name}"])) for row in history]
        assert np.allclose(scalars(validation, f"epoch_{name}"), wanted, rtol=1e-6), name
        steps = [step for step, _ in scalars(validation, f"evaluation_{name}_vs_iterations")]
        assert steps == [4, 8, 12, 16], steps


def shape_of(accumulator):
    """Of each tag the plugin, the steps and the shapes; what only one of the two writes is left out."""
    found = {}
    for tag in accumulator.Tags()["tensors"]:
        if tag in ("keras", "model"):  # the graph of layers as JSON, the summary as text
            continue
        plugin = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
        events = accumulator.Tensors(tag)
        found[tag] = (plugin, [event.step for event in events],
                      [tuple(d.size for d in event.tensor_proto.tensor_shape.dim) for event in events])
    return found


def train_keras(folder):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu", name="dense"),
                              keras.layers.Dense(3, "softmax", name="dense_1")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    board = keras.callbacks.TensorBoard(str(folder), histogram_freq=1, write_images=True, update_freq="batch",
                                        write_graph=False)
    x, y = np.random.default_rng(0).normal(size=(150, 4)), np.arange(150) % 3
    model.fit(x, y, epochs=4, batch_size=30, validation_split=0.2, verbose=0, callbacks=[board])


def check_against_keras(train, validation, folder):
    train_keras(folder)
    for ours, part in ((train, "train"), (validation, "validation")):
        theirs = EventAccumulator(str(folder / part), size_guidance={"tensors": 0})
        theirs.Reload()
        ours, theirs = shape_of(ours), shape_of(theirs)
        assert ours == theirs, (part, {tag: (ours.get(tag), theirs.get(tag)) for tag in {*ours, *theirs}
                                       if ours.get(tag) != theirs.get(tag)})


def main():
    tutti = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "job.yaml").write_text(JOB)
        subprocess.run([tutti, "train", "job.yaml", "--run", "run"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        history = list(csv.DictReader((folder / "run/history.csv").open()))
        train, frames = load(folder / "run/logs/train")
        check_training(train, history)
        validation, more = load(folder / "run/logs/validation")
        check_validation(validation, history)
        check_against_keras(train, validation, folder / "keras")
    print(f"[event log] {frames + more} events are what the training said, read by tensorboard")


if __name__ == "__main__":
    main()
