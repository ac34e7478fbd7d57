"""Prepares a recipe's inputs: an image or an array, as the model was trained to take it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_RECIPE, CANNOT_READ, MISSING_PACKAGE
from mtc.recipe.reader import Recipe
from mtc.session import tensors

_BROUGHT_BY = {"skimage": "scikit-image", "sklearn": "scikit-learn", "cv2": "opencv-python"}  # other names than theirs


def prepared(entry: Mapping[str, Any], beside: Path) -> np.ndarray:
    """The array of one input. Paths are relative to `beside`; `package:skimage/data/cat.png` is a package's file."""
    if "array" in entry:
        arrays = tensors.read(located(entry["array"], beside))
        if len(arrays) != 1:
            raise BAD_RECIPE.error(f"`{entry['array']}` holds {len(arrays)} arrays, not one")
        return next(iter(arrays.values()))
    return _image(entry, located(entry["image"], beside))


def image_preparation(recipe: Recipe) -> Callable[[Path], list[np.ndarray]]:
    """Makes the arrays of all inputs from one image's file, which stands for the recipe's own image. BAD_RECIPE if it
    has not just one."""
    images = [name for name, entry in recipe.inputs.items() if "image" in entry]
    if len(images) != 1:
        raise BAD_RECIPE.error(f"`{recipe.path}` prepares {len(images)} images, not one", at=str(recipe.path))

    def prepare(file: Path) -> list[np.ndarray]:
        return [
            _image(entry, file) if name in images else prepared(entry, recipe.path.parent)
            for name, entry in recipe.inputs.items()
        ]

    return prepare


def located(name: str, beside: Path) -> Path:
    """The file that `name` stands for. CANNOT_READ or MISSING_PACKAGE if it is not there."""
    if not name.startswith("package:"):
        path = beside / name
    else:
        package, _, inner = name.removeprefix("package:").partition("/")
        spec = importlib.util.find_spec(package) if package.isidentifier() else None
        if spec is None or not spec.submodule_search_locations:
            raise MISSING_PACKAGE.error(
                f"the package `{package}`, which holds `{inner}`, is not installed",
                help=f"pip install {_BROUGHT_BY.get(package, package)}",
            )
        path = Path(spec.submodule_search_locations[0], inner)
    if not path.is_file():
        raise CANNOT_READ.error(f"`{path}` does not exist")
    return path


def _image(entry: Mapping[str, Any], path: Path) -> np.ndarray:
    """Red, green, blue; resized to `size` (width, height) if given; (value - mean) / std of values from 0 to 255."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MISSING_PACKAGE.error(
            "Pillow, which reads images, is not installed", help="pip install pillow"
        ) from error
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CANNOT_READ.error(f"`{path}` is not an image that Pillow reads: {error}") from error
    if "size" in entry:
        picture = picture.resize(entry["size"], Image.Resampling.BILINEAR)
    pixels = np.asarray(picture, np.float32)
    mean, std = (np.asarray(entry.get(key, default), np.float32) for key, default in (("mean", (0,)), ("std", (1,))))
    scaled: np.ndarray = (pixels - mean) / std
    if entry.get("layout", "nchw") == "nchw":
        scaled = scaled.transpose(2, 0, 1)
    return np.ascontiguousarray(scaled[None] if entry.get("batch", True) else scaled)
