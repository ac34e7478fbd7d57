"""Random numbers that a user's code draws: the same ones whenever it is executed."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Within, the global generators of Python, NumPy and PyTorch start at `seed`; afterwards they go on as if nothing
    had happened. So a model.py that draws its weights is one model, however often it is executed.

    PyTorch counts only if it has been imported before: this module does not.
    """
    torch = sys.modules.get("torch")
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        random.seed(seed)
        np.random.seed(seed)
        if torch is not None:
            used = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
            stack.enter_context(torch.random.fork_rng(devices=used))
            torch.manual_seed(seed)
        yield
