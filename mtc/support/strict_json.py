"""JSON of files that anyone may have written: whatever is in one, a reader gets what it says or a ValueError."""

from __future__ import annotations

import json
from typing import Any


def load(text: str | bytes) -> Any:
    """What the text says. ValueError if it is no JSON, or nested deeper than Python follows."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
