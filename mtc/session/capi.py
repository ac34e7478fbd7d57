"""The runtime's C API by ctypes: its structures and functions, and tensors as arrays. See runtime/include/mtc/mtc.h."""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT, CANNOT_READ
from mtc.ir.dtype import DType

MAX_RANK = 8
# The instruction sets that mtc's own kernels may use: mtc_cpu.
CPUS = {"best": 0, "base": 1, "avx2": 2, "avx512": 3}


class Error(ctypes.Structure):
    _fields_ = [("message", ctypes.c_char * 2048)]


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("dtype", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_int64 * MAX_RANK),
    ]


class LoadOptions(ctypes.Structure):
    _fields_ = [("max_memory", ctypes.c_uint64), ("max_cpu", ctypes.c_int)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_uint32), ("max_memory", ctypes.c_uint64), ("profile", ctypes.c_bool)]


class InputOrOutput(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_int64 * MAX_RANK),
        ("min_dims", ctypes.c_int64 * MAX_RANK),
        ("max_dims", ctypes.c_int64 * MAX_RANK),
    ]


class MemoryUse(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("arena", "scratch", "state", "packed")]


class RunEvent(ctypes.Structure):
    _fields_ = [
        ("kernel", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("location", ctypes.c_char_p),
        ("start_ns", ctypes.c_uint64),
        ("duration_ns", ctypes.c_uint64),
        ("function", ctypes.c_uint32),
        ("instruction", ctypes.c_uint32),
    ]


def library(path: Path) -> ctypes.CDLL:
    """A runtime's shared library with its functions declared. CANNOT_READ if there is none.

    A runtime that was built again at the same path is loaded again.
    """
    try:
        status = path.stat()
        return _library(path.resolve(), status.st_ino, status.st_mtime_ns)
    except (OSError, AttributeError) as error:
        raise CANNOT_READ.error(f"`{path}` is not the library of an mtc runtime: {error}") from error


_opened: set[Path] = set()


def _open(path: Path) -> ctypes.CDLL:
    """The dynamic linker goes by names: at a path that it knows it gives the library that stood there first."""
    if path not in _opened:
        _opened.add(path)
        return ctypes.CDLL(str(path))
    with tempfile.TemporaryDirectory(prefix="mtc-runtime-") as folder:
        return ctypes.CDLL(shutil.copy(path, folder))


@lru_cache
def _library(path: Path, inode: int, modified: int) -> ctypes.CDLL:
    lib = _open(path)
    size, status, handle = ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p
    error, out = ctypes.POINTER(Error), ctypes.POINTER(ctypes.c_void_p)
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "mtc_version": (ctypes.c_char_p, []),
        "mtc_runtime_kernel": (ctypes.c_char_p, [size]),
        "mtc_program_load_file": (status, [ctypes.c_char_p, ctypes.POINTER(LoadOptions), out, error]),
        "mtc_program_destroy": (None, [handle]),
        "mtc_program_function_count": (size, [handle]),
        "mtc_program_function_name": (ctypes.c_char_p, [handle, size]),
        "mtc_program_kernel": (ctypes.c_char_p, [handle, size]),
        "mtc_program_metadata": (ctypes.c_char_p, [handle, ctypes.c_char_p]),
        "mtc_program_input_count": (size, [handle, size]),
        "mtc_program_output_count": (size, [handle, size]),
        "mtc_program_input": (status, [handle, size, size, ctypes.POINTER(InputOrOutput)]),
        "mtc_program_output": (status, [handle, size, size, ctypes.POINTER(InputOrOutput)]),
        "mtc_program_sample": (status, [handle, size, ctypes.c_bool, size, ctypes.POINTER(Tensor)]),
        "mtc_session_create": (status, [handle, ctypes.POINTER(SessionOptions), out, error]),
        "mtc_session_destroy": (None, [handle]),
        "mtc_session_run": (status, [handle, size, ctypes.POINTER(Tensor), size, error]),
        "mtc_session_output": (status, [handle, size, size, ctypes.POINTER(Tensor)]),
        "mtc_session_cancel": (None, [handle]),
        "mtc_session_set_step_budget": (None, [handle, ctypes.c_uint64]),
        "mtc_session_state_size": (size, [handle]),
        "mtc_session_reset_state": (status, [handle, error]),
        "mtc_session_save_state": (status, [handle, ctypes.c_void_p, size, error]),
        "mtc_session_restore_state": (status, [handle, ctypes.c_void_p, size, error]),
        "mtc_session_memory": (MemoryUse, [handle]),
        "mtc_session_event_count": (size, [handle]),
        "mtc_session_event": (status, [handle, size, ctypes.POINTER(RunEvent)]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def from_array(array: np.ndarray) -> Tensor:
    if array.ndim > MAX_RANK:
        raise BAD_INPUT.error(f"an input has {array.ndim} axes; {MAX_RANK} is the most")
    dims = (ctypes.c_int64 * MAX_RANK)(*array.shape)
    return Tensor(array.ctypes.data, array.nbytes, DType.of(array.dtype).number, array.ndim, dims)


def to_array(tensor: Tensor) -> np.ndarray:
    """A copy: the session's memory holds until the next run only."""
    shape = tuple(tensor.dims[: tensor.rank])
    array = np.empty(shape, DType.numbered(tensor.dtype).numpy)
    if array.nbytes:
        ctypes.memmove(array.ctypes.data, tensor.data, array.nbytes)
    return array
