"""The C++ tests on other processors, in qemu, with and without what new ones have."""

from __future__ import annotations

import subprocess

import pytest
from emulation import DEVICES, missing

from mtc.build.cpp_tests import cpp_tests
from mtc.devices.local import emulator


@pytest.mark.all_targets
@pytest.mark.parametrize("device", DEVICES)
def test_cpp_tests_pass(device: str) -> None:
    if reason := missing(device):
        pytest.skip(reason)
    _, architecture, cpu = device.split(":")
    access = emulator(device, architecture, cpu)
    tests = cpp_tests(keys=(), target=access.built_for)
    done = subprocess.run(
        [*access.launcher, tests], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout
    assert "[  PASSED  ]" in done.stdout
