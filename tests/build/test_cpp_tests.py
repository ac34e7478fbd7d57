"""The C++ tests, compiled as a runtime is: without the sanitizers and the real kernels of scripts/sanitize."""

from __future__ import annotations

import subprocess

from mtc.build.cpp_tests import cpp_tests


def test_cpp_tests_pass_without_sanitizers() -> None:
    done = subprocess.run([cpp_tests(keys=())], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert "[  PASSED  ]" in done.stdout
