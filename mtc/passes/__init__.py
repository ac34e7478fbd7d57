"""Rewrites of the IR, one family a file. A pass is a frozen dataclass with `name` and `run(module)`."""
