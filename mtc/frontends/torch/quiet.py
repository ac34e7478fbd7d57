"""torch without its remarks."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """torch.export warns of its own internals, and logs what it then raises; TORCH_LOGS asks for that."""
    before = logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "TORCH_LOGS" not in os.environ:
            logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(before)
