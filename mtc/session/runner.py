"""What can run a program: a session of this process, or one on a device."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from mtc.session.signature import Signature


class Runner(Protocol):
    """See `Session`, which says more of each."""

    def run(self, *inputs: Any, function: str = "forward") -> list[np.ndarray]: ...

    def inputs(self, function: str = "forward") -> list[Signature]: ...

    def outputs(self, function: str = "forward") -> list[Signature]: ...

    def samples(self, function: str = "forward") -> tuple[list[np.ndarray], list[np.ndarray]] | None: ...

    def metadata(self, key: str) -> str | None: ...

    def reset_state(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Runner: ...

    def __exit__(self, *_: object) -> None: ...
