"""Writes the pictures and goldens of the image readers: formats/*.png, *.jpg and image_goldens.json.

Run with the peers' Python: .venv/bin/python tests/io/make_image_goldens.py
Pictures are made by PIL; what TensorFlow decodes and what Keras's image_dataset_from_directory makes of a tree of
them is written, with the tree.
"""

import json
import os
import pathlib
import shutil
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FORMATS = HERE / "formats"
IMAGES = pathlib.Path(tempfile.mkdtemp())
TREE = ["acorn/rgb.png", "acorn/alpha.png", "acorn/gray.png", "beech/palette.png", "beech/bits.png",
        "beech/old/deep.png", "beech/old/color.jpg", "cedar/luma.JPEG", "cedar/progressive.jpeg", "cedar/fine.jpg",
        ".hidden/none.png", "cedar/notes.txt"]


def smooth(height, width, channels, salt):
    y, x = np.mgrid[0:height, 0:width]
    waves = [127.5 + 127.5 * np.sin(0.3 * salt + 0.45 * x * (c + 1) + 0.37 * y * (salt % 3 + 1)) for c in range(channels)]
    return np.stack(waves, -1).astype("uint8")


def pictures():
    def save(name, pixels, mode, **options):
        pixels = pixels[..., 0] if mode == "L" else pixels
        Image.fromarray(pixels, mode).save(FORMATS / name, **options)

    save("rgb.png", smooth(7, 9, 3, 1), "RGB")
    save("alpha.png", smooth(6, 5, 4, 2), "RGBA")
    save("gray.png", smooth(5, 8, 1, 3), "L")
    Image.fromarray(smooth(6, 6, 3, 4), "RGB").quantize(12).save(FORMATS / "palette.png")
    Image.fromarray((smooth(8, 4, 1, 5)[..., 0] > 127)).save(FORMATS / "bits.png")
    Image.fromarray(smooth(4, 7, 1, 6)[..., 0].astype("uint16") * 257).save(FORMATS / "deep.png")
    save("color.jpg", smooth(17, 11, 3, 7), "RGB", quality=90)
    save("luma.JPEG", smooth(9, 16, 1, 8), "L", quality=85)
    save("progressive.jpeg", smooth(16, 16, 3, 9), "RGB", quality=80, progressive=True)
    save("fine.jpg", smooth(10, 13, 3, 10), "RGB", quality=95, subsampling=0)
    save("none.png", smooth(3, 3, 3, 11), "RGB")
    (FORMATS / "notes.txt").write_text("no picture\n")
    for path in map(pathlib.Path, TREE):
        (IMAGES / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FORMATS / path.name, IMAGES / path)


def decoded():
    cases = []
    for path in (FORMATS / pathlib.Path(name).name for name in TREE if not name.endswith(".txt")):
        for channels in (1, 3, 4):
            if channels == 4 and path.suffix.lower() != ".png":
                continue  # TensorFlow decodes no JPEG to four channels
            pixels = tf.io.decode_image(path.read_bytes(), channels=channels, expand_animations=False).numpy()
            cases.append({"file": path.name, "channels": channels, "shape": list(pixels.shape),
                          "values": pixels.ravel().tolist()})
    return cases


def floats(array):
    return [float(str(np.float32(v))) for v in np.asarray(array, dtype="float32").ravel()]


def datasets():
    cases = []
    options = [
        {"image_size": [5, 6], "shuffle": False},
        {"image_size": [5, 6], "seed": 3, "label_mode": "categorical"},
        {"image_size": [4, 9], "interpolation": "nearest", "shuffle": False, "color_mode": "grayscale"},
        {"image_size": [12, 7], "interpolation": "bicubic", "shuffle": False},
        {"image_size": [6, 5], "interpolation": "lanczos3", "shuffle": False, "labels": None},
        {"image_size": [6, 6], "crop_to_aspect_ratio": True, "shuffle": False},
        {"image_size": [7, 5], "pad_to_aspect_ratio": True, "shuffle": False},
        {"image_size": [3, 3], "seed": 11, "validation_split": 0.35, "subset": "training"},
        {"image_size": [3, 3], "seed": 11, "validation_split": 0.35, "subset": "validation"},
        {"image_size": [3, 3], "class_names": ["cedar", "acorn"], "label_mode": "binary", "shuffle": False},
    ]
    for arguments in options:
        # Batches come in the order of file_paths where nothing is shuffled once more.
        data = keras.utils.image_dataset_from_directory(str(IMAGES), batch_size=None, verbose=False,
                                                        **{**arguments, "color_mode": arguments.get("color_mode", "rgb")})
        files = [os.path.relpath(path, IMAGES) for path in data.file_paths]
        rows = {}
        plain = keras.utils.image_dataset_from_directory(
            str(IMAGES), batch_size=None, verbose=False, shuffle=False,
            **{k: v for k, v in arguments.items() if k not in ("shuffle", "seed", "validation_split", "subset")})
        for path, row in zip(plain.file_paths, plain):
            rows[os.path.relpath(path, IMAGES)] = row
        labelled = arguments.get("labels", "inferred") is not None
        images = [np.asarray(rows[file][0] if labelled else rows[file]) for file in files]
        labels = [np.asarray(rows[file][1]).ravel().tolist() for file in files] if labelled else None
        cases.append({"arguments": arguments, "files": files, "class_names": data.class_names,
                      "shape": list(np.shape(images)), "images": floats(images), "labels": labels})
    return cases


if __name__ == "__main__":
    pictures()
    text = json.dumps({"tree": TREE, "decoded": decoded(), "datasets": datasets()}, separators=(",", ":")).replace("},{", "},\n{")
    (HERE / "image_goldens.json").write_text(text + "\n")
    shutil.rmtree(IMAGES)
