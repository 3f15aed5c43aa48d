"""Writes augmentations.json: what Keras draws for image layers, and what it makes of images with those draws.

Run with the peers' Python: .venv/bin/python tests/peers/goldens/augmentation_goldens.py
Draws are named and shaped as in core/layers/image_augmentation.h: one of each row, (rows, 1, 1, k). Where Keras
draws once for the batch the draw is repeated; where it takes in the whole batch there is one image.
"""

import json
import os
import pathlib
import random

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def array_of(array):
    array = np.asarray(array)
    kind = "bool" if array.dtype == bool else "float"
    return {"shape": list(array.shape), "dtype": kind,
            "values": [float(str(np.float32(v))) for v in array.astype("float32").ravel()]}


def drawn_as_rows(array, rows):
    array = np.asarray(array)
    if array.ndim == 4:
        return array
    if array.ndim == 3 and array.shape[0] == rows and array.shape[1:] != (4, 2):
        return array[..., None]  # noise of each pixel
    if array.ndim == 0 or array.shape[0] != rows:
        array = np.broadcast_to(array, (rows,) + array.shape)
    return array.reshape(rows, 1, 1, -1)


IGNORED = {"input_shape", "start_points", "rotation_matrix", "image_height", "image_width", "batch_size", "seed"}


def images_of(rows=3, height=6, width=5, channels=3, high=256):
    rng = np.random.default_rng(rows * 100 + height * 10 + width + channels)
    return rng.integers(0, high, (rows, height, width, channels)).astype("float32")


def rows_of(drawn, rows):
    return {name: drawn_as_rows(value, rows) for name, value in (drawn or {}).items() if name not in IGNORED}


def elastic(layer, x, drawn):
    """Its noise is drawn while it transforms."""
    noise, normal = [], jax.random.normal

    def recorded(*args, **kwargs):
        noise.append(normal(*args, **kwargs))
        return noise[-1]

    jax.random.normal = recorded
    try:
        y = layer.transform_images(x, drawn)
    finally:
        jax.random.normal = normal
    return y, {**rows_of(drawn, len(x)), "dx": np.asarray(noise[0])[..., None], "dy": np.asarray(noise[1])[..., None]}


def jitter(layer, x, drawn):
    found = {}
    for name in ("random_brightness", "random_contrast", "random_saturation", "random_hue"):
        if part := getattr(layer, name):
            draw = part.get_random_transformation

            def recorded(images, seed=None, name=name, draw=draw):
                t = draw(images, seed=seed)
                found.update({f"{name}.{key}": value for key, value in rows_of(t, len(x)).items()})
                return t

            part.get_random_transformation = recorded
    return layer.transform_images(x, drawn), found


def policy(layer, x, drawn):
    found = {"layer_idxes": drawn_as_rows(drawn["layer_idxes"], len(x))}
    for name, t in drawn["transforms"].items():
        found.update({f"{name}.{key}": value for key, value in rows_of(t, len(x)).items()})
    return layer.transform_images(x, drawn), found


def chains(layer, x, drawn):
    names = [name for name in keras.layers.RandAugment._AUGMENT_LAYERS if name in layer._augment_layers]
    found = {"chain_mixing_weights": drawn_as_rows(np.asarray(drawn["chain_mixing_weights"])[None], len(x)),
             "weight_sample": drawn_as_rows(drawn["weight_sample"], len(x))}
    for chain, steps in enumerate(drawn["chain_transforms"]):
        for step in range(layer.chain_depth):
            taken = steps[step] if step < len(steps) else {"layer_name": None}
            choice = names.index(taken["layer_name"]) if taken["layer_name"] else len(names)
            found[f"{chain}.{step}.choice"] = drawn_as_rows(float(choice), len(x))
            for name in names:
                t = taken["transformation"] if name == taken["layer_name"] else getattr(
                    layer, name).get_random_transformation(x, training=True)
                found.update({f"{chain}.{step}.{name}.{key}": v for key, v in rows_of(t, len(x)).items()})
    return layer.transform_images(x, drawn), found


def plain(layer, x, drawn):
    y = layer.transform_images(x, drawn)
    if isinstance(drawn, tuple):
        drawn = {"h_start": drawn[0], "w_start": drawn[1]} if not isinstance(drawn[0], int) else {}
    elif drawn is not None and not isinstance(drawn, dict):
        drawn = {"should_apply": drawn}
    drawn = dict(drawn or {})
    if "permutation_order" in drawn:
        drawn["others"] = np.asarray(x)[np.asarray(drawn.pop("permutation_order"))]
        if "batch_masks" in drawn:
            drawn.pop("mix_weight")
    return y, rows_of(drawn, len(x))


SPECIAL = {"RandomElasticTransform": elastic, "RandomColorJitter": jitter, "RandAugment": policy, "AugMix": chains}


def golden(name, arguments, x=None, seed=5):
    keras.utils.set_random_seed(seed)
    random.seed(seed)
    x = images_of() if x is None else x
    layer = getattr(keras.layers, name)(**{"seed": seed, **arguments} if name not in (
        "AutoContrast", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization") else arguments)
    drawn = layer.get_random_transformation(x, training=True)
    y, rows = SPECIAL.get(name, plain)(layer, jax.numpy.asarray(x), drawn)
    return {"layer": name, "arguments": arguments, "x": array_of(x), "y": array_of(y),
            "drawn": {key: array_of(value) for key, value in rows.items()}}


def unit(x):
    return (x / np.float32(255)).astype("float32")


def cases():
    for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
        yield golden("RandomFlip", {"mode": mode})
    for fill in ("reflect", "wrap", "constant", "nearest"):
        yield golden("RandomRotation", {"factor": 0.4, "fill_mode": fill, "fill_value": 7.0})
        yield golden("RandomZoom", {"height_factor": [-0.5, 0.8], "width_factor": 0.6, "fill_mode": fill,
                                    "fill_value": 3.0})
        yield golden("RandomTranslation", {"height_factor": 0.9, "width_factor": [-0.7, 0.2], "fill_mode": fill})
        yield golden("RandomShear", {"x_factor": 0.9, "y_factor": [0.2, 0.7], "fill_mode": fill, "fill_value": 9.0})
    for name, arguments in (("RandomRotation", {"factor": 0.4}), ("RandomZoom", {"height_factor": 0.7}),
                            ("RandomTranslation", {"height_factor": 0.6, "width_factor": 0.5})):
        yield golden(name, {**arguments, "interpolation": "nearest"})
    yield golden("RandomPerspective", {"scale": 0.6}, images_of(4, 7, 6))
    yield golden("RandomPerspective", {"factor": [0.2, 0.6], "fill_value": 20.0, "interpolation": "nearest"},
                 images_of(5, 6, 6))
    for fill in ("reflect", "mirror", "constant"):
        yield golden("RandomElasticTransform", {"fill_mode": fill}, images_of(2, 8, 9, 1))
    yield golden("RandomElasticTransform", {"factor": [0.3, 0.7], "scale": [0.6, 0.9], "value_range": [10, 200]},
                 images_of(3, 20, 14, 1))
    for height, width in ((3, 2), (6, 5), (6, 3), (7, 9), (3, 8)):
        yield golden("RandomCrop", {"height": height, "width": width})
    yield golden("RandomContrast", {"factor": [0.3, 0.8]})
    yield golden("RandomContrast", {"factor": 0.5, "value_range": [0, 1]}, unit(images_of()))
    yield golden("RandomBrightness", {"factor": 0.5})
    yield golden("RandomBrightness", {"factor": [-0.9, 0.1], "value_range": [0, 1]}, unit(images_of()))
    yield golden("RandomSaturation", {"factor": [0.2, 0.9]})
    yield golden("RandomSaturation", {"factor": [0.2, 0.9], "value_range": [0, 1]}, unit(images_of()))
    yield golden("RandomHue", {"factor": 0.8})
    yield golden("RandomHue", {"factor": [0.1, 1.0], "value_range": [-1, 1]}, unit(images_of()) * 2 - 1)
    yield golden("RandomColorJitter", {"brightness_factor": 0.3, "contrast_factor": 0.4, "saturation_factor": [0.3, 0.7],
                                       "hue_factor": 0.5})
    yield golden("RandomColorJitter", {"contrast_factor": 0.4})
    yield golden("RandomColorDegeneration", {"factor": [0.2, 0.9]})
    yield golden("RandomGrayscale", {"factor": 0.6}, images_of(6, 2, 2))
    yield golden("RandomPosterization", {"factor": 8}, images_of(6, 3, 3))
    yield golden("RandomPosterization", {"factor": 3, "value_range": [0, 1]}, unit(images_of(6, 3, 3)))
    yield golden("RandomSharpness", {"factor": [0.1, 0.9]})
    yield golden("RandomGaussianBlur", {"kernel_size": [5, 3], "sigma": [0.5, 0.9]})
    yield golden("RandomGaussianBlur", {"factor": [0.2, 0.8], "value_range": [20, 180]}, images_of(6, 3, 3))
    yield golden("RandomInvert", {"factor": [0.2, 0.8]}, images_of(6, 2, 2))
    yield golden("RandomErasing", {"scale": [0.1, 0.6]}, images_of(5, 6, 7))
    yield golden("RandomErasing", {"factor": [0.2, 0.8], "fill_value": 300.0}, images_of(6, 6, 7))
    yield golden("Solarization", {"addition_factor": 0.3, "threshold_factor": [0.2, 0.7]})
    yield golden("Solarization", {"value_range": [0, 1]}, unit(images_of()))
    flat = images_of(2, 4, 4)
    flat[0, :, :, 1] = 12
    yield golden("AutoContrast", {}, flat)
    yield golden("AutoContrast", {"value_range": [0, 1]}, unit(flat))
    for bins in (256, 16):
        for row in range(2):
            yield golden("Equalization", {"bins": bins}, flat[row:row + 1])
    yield golden("Equalization", {"value_range": [0, 1]}, unit(images_of(1, 5, 5)))
    yield golden("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": [2, 3]}, images_of(2, 6, 9))
    yield golden("ContrastLimitedAdaptiveHistogramEqualization",
                 {"tile_grid_size": [2, 4], "clip_limit": 0.0, "value_range": [0, 1]}, unit(images_of(2, 7, 10)))
    yield golden("MixUp", {"alpha": 0.7})
    yield golden("CutMix", {}, images_of(4, 6, 7))
    for seed in range(4):
        yield golden("RandAugment", {"num_ops": 3}, images_of(1), seed)
    yield golden("AugMix", {}, images_of(1), 3)
    yield golden("AugMix", {"all_ops": False, "num_chains": 2}, images_of(1), 4)


if __name__ == "__main__":
    text = json.dumps(list(cases()), separators=(",", ":")).replace("},{", "},\n{")
    (HERE / "augmentations.json").write_text(text + "\n")
