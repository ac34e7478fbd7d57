"""Which files a text names: what native code opens by itself, such as a reader of weights, no Python hook sees."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

_WORD = re.compile(r"""[^\s"'`<>|,;:()\[\]{}=*?$#]+""")
_MOST_BYTES = 1 << 20
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".npz", ".npy", ".h5", ".gguf", ".onnx")


def mentioned_files(texts: Iterable[Path]) -> set[Path]:
    """The existing files that the given files of Python, YAML or JSON name, from their own folder, the current one, or
    a folder that they also name; and the weights in such a folder. Other files than small texts name none."""
    current = os.getcwd()
    kinds: dict[str, int] = {}  # many texts of one folder name the same

    def is_a(path: str, kind: int) -> bool:
        if path not in kinds:
            try:
                kinds[path] = stat.S_IFMT(os.stat(path).st_mode)
            except (OSError, ValueError):
                kinds[path] = 0
        return kinds[path] == kind

    found: set[str] = set()
    listed: set[str] = set()
    for text in texts:
        words = _words(text)
        bases = dict.fromkeys((os.path.dirname(os.path.abspath(text)), current))
        places = [os.path.join(base, word) for base in bases for word in words]
        folders = [place for place in places if is_a(place, stat.S_IFDIR)]
        for folder in {os.path.abspath(folder) for folder in folders} - listed:
            listed.add(folder)
            found |= {file.path for file in os.scandir(folder) if file.name.endswith(_WEIGHTS) and file.is_file()}
        places += [os.path.join(folder, word) for folder in folders for word in words]
        found |= {os.path.abspath(place) for place in places if is_a(place, stat.S_IFREG)}
    return set(map(Path, found))


def _words(text: Path) -> list[str]:
    try:
        if text.stat().st_size > _MOST_BYTES:
            return []
        content = text.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [word for word in dict.fromkeys(_WORD.findall(content)) if set(word) - {".", os.sep} and len(word) < 256]
