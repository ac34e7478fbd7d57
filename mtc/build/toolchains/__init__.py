"""Where compilers come from: one file for each kind of toolchain."""
