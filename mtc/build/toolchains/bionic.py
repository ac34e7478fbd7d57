"""Android's C library for zig, which does not bring it."""

ABIS: tuple[str, ...] = ()
