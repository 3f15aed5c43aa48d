"""Writes the small files that tests/io/keras reads: models that Keras saved, and HDF5 files that are refused.

Run with the peers' Python: .venv/bin/python tests/peers/travel/make_files.py
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

import layer_cases  # noqa: E402
import model_cases  # noqa: E402

FILES = pathlib.Path(__file__).resolve().parents[2] / "io/keras/files"


def flat(array):
    return [float(str(np.float32(v))) for v in np.asarray(array).ravel()]


def model_files():
    expected = {}
    cases = {make.__name__: make for make in (model_cases.nested, model_cases.shared, model_cases.encoder_decoder)}
    cases["compiled"] = lambda: model_cases.compiled(keras.optimizers.Adam(0.01))
    for name, make in cases.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(3)
        model, arrays = make()
        if name != "compiled":
            layer_cases.draw_weights(model)
        for ending in (".keras", ".h5"):
            model.save(FILES / f"{name}{ending}")
        outputs = model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        expected[name] = {
            "inputs": [{"shape": a.shape, "values": flat(a)} for a in arrays],
            "outputs": [{"shape": o.shape, "values": flat(o)} for o in outputs],
        }
    (FILES / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def refused(name, write, **options):
    with h5py.File(FILES / f"{name}.h5", "w", **options) as file:
        write(file)


def refused_files():
    weights = np.arange(6, dtype="float32")

    def cycle(file):
        group = file.create_group("a")
        group["back"] = group

    def links(kind):
        return lambda file: file.__setitem__("w", kind)

    def external_storage(file):
        file.create_dataset("w", shape=(6,), dtype="float32", external=[("elsewhere.bin", 0, 24)])

    def virtual(file):
        layout = h5py.VirtualLayout(shape=(6,), dtype="float32")
        layout[:] = h5py.VirtualSource("/elsewhere0", "w", shape=(6,))
        file.create_virtual_dataset("w", layout)

    def many_attributes(file):
        for i in range(20):
            file.attrs[f"a{i}"] = "text"

    refused("soft_link", links(h5py.SoftLink("/elsewhere0")))
    refused("external_link", links(h5py.ExternalLink("/elsewhere0", "/")))
    refused("cycle", cycle)
    refused("external_storage", external_storage)
    refused("virtual", virtual, libver="latest")
    refused("dense_attributes", many_attributes, libver="latest")
    refused("chunked", lambda file: file.create_dataset("w", data=weights, chunks=(3,)))
    refused("compressed", lambda file: file.create_dataset("w", data=weights, compression="gzip"))
    refused("big_endian", lambda file: file.create_dataset("w", data=weights.astype(">f4")))
    refused("compound", lambda file: file.create_dataset("w", data=np.zeros(2, [("a", "f4"), ("b", "i4")])))
    refused("shared_type", lambda file: (file.__setitem__("t", np.dtype("f4")),
                                         file.create_dataset("w", data=weights, dtype=file["t"])))


if __name__ == "__main__":
    FILES.mkdir(parents=True, exist_ok=True)
    model_files()
    refused_files()
