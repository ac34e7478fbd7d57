"""Builds runtimes: targets, toolchains, third-party sources, the CMake driver, the size report."""
