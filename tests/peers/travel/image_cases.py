"""Layers of images and sounds for keras_travel.py. What draws does so while training alone: here its config travels."""

import keras

from layer_cases import case

L = keras.layers
IMAGE = (8, 10, 3)


def pixels(name, shape=IMAGE, **arguments):
    return case(name, shape, high=255, **arguments)


def geometry():
    # Of another size, Keras's own prediction has not the shape that it says.
    yield pixels("RandomCrop", height=8, width=10)
    yield pixels("RandomFlip", mode="horizontal", seed=3)
    yield pixels("RandomRotation", factor=0.1, fill_mode="constant", fill_value=2.0)
    yield pixels("RandomRotation", factor=(-0.2, 0.3), interpolation="nearest")
    yield pixels("RandomTranslation", height_factor=0.1, width_factor=(-0.2, 0.1))
    yield pixels("RandomZoom", height_factor=0.1)
    yield pixels("RandomShear", x_factor=(0.05, 0.2))  # of one number Keras writes what it does not read
    yield pixels("RandomPerspective", factor=0.7, scale=0.4)
    yield pixels("RandomElasticTransform", factor=0.5, scale=0.7)
    yield pixels("RandomErasing", factor=0.5, scale=(0.1, 0.2), fill_value=3.0)


def colors():
    yield pixels("RandomBrightness", factor=0.2)
    yield pixels("RandomBrightness", factor=(-0.1, 0.2), value_range=(0, 1))
    yield pixels("RandomColorDegeneration", factor=0.5)
    yield pixels("RandomColorJitter", brightness_factor=0.2, contrast_factor=0.3, saturation_factor=0.4, hue_factor=0.1)
    yield pixels("RandomContrast", factor=0.4)
    yield pixels("RandomGaussianBlur", factor=0.5, kernel_size=3, sigma=0.7)
    yield pixels("RandomGrayscale", factor=0.3)
    yield pixels("RandomHue", factor=0.2)
    yield pixels("RandomInvert", factor=0.5)
    yield pixels("RandomPosterization", factor=4)
    yield pixels("RandomSaturation", factor=0.4)
    yield pixels("RandomSharpness", factor=0.4)


def policies():
    yield pixels("AugMix", num_chains=2, chain_depth=2)
    yield pixels("CutMix", factor=0.5)
    yield pixels("MixUp", alpha=0.3)
    yield pixels("RandAugment", num_ops=1, factor=0.4)
    yield pixels("Pipeline", layers=[L.RandomFlip("vertical"), L.Rescaling(1 / 255), L.CenterCrop(4, 5)])


def fixed():
    yield pixels("AutoContrast")
    # Alone Keras has it in no model: its output is its input.
    yield pixels("Pipeline", layers=[L.Equalization(bins=64), L.Rescaling(0.5)])
    yield pixels("ContrastLimitedAdaptiveHistogramEqualization", clip_limit=2.0, tile_grid_size=(2, 2))
    yield pixels("Solarization", addition_factor=0.3, threshold_factor=0.4, seed=1)


def sounds():
    yield case("MelSpectrogram", (600,), fft_length=128, sequence_stride=64, num_mel_bins=12, tolerance=1e-4)
    yield case("STFTSpectrogram", (60, 2), mode="log", frame_length=16, frame_step=5, fft_length=32, tolerance=1e-4)
    yield case("STFTSpectrogram", (60, 1), mode="real", frame_length=16, expand_dims=True, padding="same")


def cases():
    for group in (geometry, colors, policies, fixed, sounds):
        yield from group()
