"""Writes tests/io/formats/*.tfrecord with TensorFlow. Run: .venv/bin/python tests/io/make_tfrecord_goldens.py"""

import pathlib

import tensorflow as tf

FOLDER = pathlib.Path(__file__).parent / "formats"


def feature(value):
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if any(isinstance(one, float) for one in value):
        return tf.train.Feature(float_list=tf.train.FloatList(value=value))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value))


def write(name, rows):
    with tf.io.TFRecordWriter(str(FOLDER / name)) as writer:
        for row in rows:
            features = tf.train.Features(feature={key: feature(value) for key, value in row.items()})
            writer.write(tf.train.Example(features=features).SerializeToString(deterministic=True))


def picture(seed):
    pixels = tf.constant([[[(seed * 50 + 7 * i + 3 * j + k) % 256 for k in range(3)] for j in range(4)]
                          for i in range(3)], tf.uint8)
    return tf.io.encode_png(pixels).numpy()


# Row i: 6 raw bytes i, i + 1, ...; three floats; a label of either sign; a picture.
write("examples.tfrecord", [{
    "image": bytes(range(i, i + 6)),
    "point": [i + 0.25, -1.5 * i, 1e-3],
    "label": [i - 2],
    "picture": picture(i),
    "unused": [1, 2, 3],
} for i in range(5)])
