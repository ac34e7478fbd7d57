"""What processor a machine has, from Linux's /proc/cpuinfo."""

from __future__ import annotations

from mtc.support.plural import counted

# In the order of how much they say. ARM's kernels name no model; boards say what they are.
_KEYS = ("model name", "Model", "Hardware", "Processor")


def described(cpuinfo: str, otherwise: str) -> str:
    """The processor's name, or `otherwise`, and how many cores there are."""
    rows = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in cpuinfo.splitlines())]
    named = (value for wanted in _KEYS for key, value in rows if key == wanted and value)
    cores = sum(key == "processor" for key, _ in rows)
    return f"{next(named, otherwise)}, {counted(cores or 1, 'core')}"
