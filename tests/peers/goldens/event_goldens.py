#!/usr/bin/env python3
"""tests/io/event_log/golden.tfevents: what TensorBoard's own classes write for the events of event_writer_test.

The file's bytes, frames included, but for the packed pixels of images: those are zlib's."""

import io
import pathlib
import struct
import zlib

import numpy as np
from tensorboard.compat.proto import event_pb2, graph_pb2, summary_pb2, tensor_shape_pb2
from tensorboard.plugins.histogram import summary_v2 as histogram
from tensorboard.summary.writer.record_writer import RecordWriter

WALL_TIME = 1700000000.25


def value(event, tag, plugin):
    made = event.summary.value.add(tag=tag)
    made.metadata.plugin_data.plugin_name = plugin
    return made


def png(pixels):
    height, width, channels = pixels.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def events():
    yield event_pb2.Event(file_version="brain.Event:2")

    event = event_pb2.Event(step=3)
    tensor = value(event, "epoch_loss", "scalars").tensor
    tensor.dtype = 1
    tensor.tensor_shape.SetInParent()
    tensor.float_val.append(0.125)
    yield event

    event = event_pb2.Event(step=4)
    data = np.array([(i * 37 % 101) / 8 for i in range(100)])
    # TensorBoard's own buckets.
    buckets = histogram.histogram_pb("dense/kernel/histogram", data).value[0].tensor
    numbers = np.frombuffer(buckets.tensor_content, np.float64) if buckets.tensor_content else buckets.double_val
    tensor = value(event, "dense/kernel/histogram", "histograms").tensor
    tensor.dtype = 2
    for extent in (30, 3):
        tensor.tensor_shape.dim.add(size=extent)
    tensor.double_val.extend(numbers)
    yield event

    event = event_pb2.Event(step=5)
    tensor = value(event, "dense/kernel/image", "images").tensor
    tensor.dtype = 7
    tensor.tensor_shape.dim.add(size=3)
    pixels = np.array([[[0, 63, 255]], [[127, 0, 255]]], np.uint8)  # 2 x 1 of -1, .25, 2 and .5, 0, 1
    tensor.string_val.extend([b"1", b"2", png(pixels)])
    yield event

    event = event_pb2.Event(step=6)
    tensor = value(event, "note", "text").tensor
    tensor.dtype = 7
    tensor.tensor_shape.SetInParent()
    tensor.string_val.append("*naïve*".encode())
    yield event

    graph = graph_pb2.GraphDef()
    graph.versions.producer = 1
    last = None
    for name, op, width in (("in", "InputLayer", 3), ("hidden", "Dense", 4), ("out", "Dense", 1)):
        node = graph.node.add(name=name, op=op, input=[last] if last else [])
        shape = node.attr["_output_shapes"].list.shape.add()
        shape.dim.add(size=-1)
        shape.dim.add(size=width)
        last = name
    yield event_pb2.Event(graph_def=graph.SerializeToString(deterministic=True))


def main():
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for event in events():
        event.wall_time = WALL_TIME
        writer.write(event.SerializeToString(deterministic=True))
    path = pathlib.Path(__file__).parents[2] / "io/event_log/golden.tfevents"
    path.write_bytes(buffer.getvalue())
    print(path, len(buffer.getvalue()))


if __name__ == "__main__":
    main()
