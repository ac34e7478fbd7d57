"""Photographs that come with scikit-image, other than the one with the face to find."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

NAMES = ("chelsea.png", "coffee.png", "rocket.jpg", "retina.jpg", "hubble_deep_field.jpg", "motorcycle_left.png")


def batches():
    """Each as the network takes it, and mirrored."""
    folder = Path(find_spec("skimage").submodule_search_locations[0], "data")
    for name in NAMES:
        picture = Image.open(folder / name).convert("RGB").resize((512, 512), Image.Resampling.BILINEAR)
        pixels = np.asarray(picture, np.float32).transpose(2, 0, 1)[None]
        for image in (pixels, pixels[..., ::-1]):
            yield np.ascontiguousarray((image - 127.5) / 128)
