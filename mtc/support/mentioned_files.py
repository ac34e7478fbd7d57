"""Which files a text names: what native code opens by itself, such as a reader of weights, no Python hook sees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

_WORD = re.compile(r"""[^\s"'`<>|,;:()\[\]{}=*?$#]+""")
_MOST_BYTES = 1 << 20
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".npz", ".npy", ".h5", ".gguf", ".onnx")


def mentioned_files(texts: Iterable[Path]) -> set[Path]:
    """The existing files that the given files of Python, YAML or JSON name, from their own folder, the current one, or
    a folder that they also name; and the weights in such a folder. Other files than small texts name none."""
    found: set[Path] = set()
    for text in texts:
        words = _words(text)
        bases = dict.fromkeys((text.absolute().parent, Path.cwd()))
        folders = [base / word for base in bases for word in words if (base / word).is_dir()]
        for folder in folders:
            found |= {file for file in folder.iterdir() if file.suffix in _WEIGHTS and file.is_file()}
        found |= {base / word for base in (*bases, *folders) for word in words if (base / word).is_file()}
    return {Path(os.path.abspath(file)) for file in found}


def _words(text: Path) -> list[str]:
    try:
        if text.stat().st_size > _MOST_BYTES:
            return []
        content = text.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [word for word in dict.fromkeys(_WORD.findall(content)) if set(word) - {".", os.sep} and len(word) < 256]
