"""Runs programs from Python, on the host runtime, through the C API."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT, CANNOT_READ, INVALID_PROGRAM, MISSING_KERNELS, RUN_FAILED, Code
from mtc.ir.types import DType
from mtc.program.header import UNBOUNDED

MAX_RANK = 8


class _Error(ctypes.Structure):
    _fields_ = [("message", ctypes.c_char * 2048)]


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("dtype", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_int64 * MAX_RANK),
    ]


class _LoadOptions(ctypes.Structure):
    _fields_ = [("max_memory", ctypes.c_uint64)]


class _SessionOptions(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_uint32), ("max_memory", ctypes.c_uint64), ("profile", ctypes.c_bool)]


class _Signature(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_int64 * MAX_RANK),
        ("min_dims", ctypes.c_int64 * MAX_RANK),
        ("max_dims", ctypes.c_int64 * MAX_RANK),
    ]


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("arena", "scratch", "state", "packed")]


class _Event(ctypes.Structure):
    _fields_ = [
        ("kernel", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("location", ctypes.c_char_p),
        ("start_ns", ctypes.c_uint64),
        ("duration_ns", ctypes.c_uint64),
        ("function", ctypes.c_uint32),
        ("instruction", ctypes.c_uint32),
    ]


@dataclass(frozen=True)
class Signature:
    """What the program says of an input or output. A size is None where the caller decides it."""

    name: str
    dtype: DType
    shape: tuple[int | None, ...]
    bounds: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True)
class Event:
    """One executed instruction of a profiled run; times in nanoseconds since the run began."""

    kernel: str
    name: str
    location: str
    start: int
    duration: int
    function: int
    instruction: int


@dataclass(frozen=True)
class Memory:
    """Bytes that a session uses."""

    arena: int
    scratch: int
    state: int
    packed: int


_CODES: dict[int, Code] = {1: BAD_INPUT, 2: INVALID_PROGRAM, 3: MISSING_KERNELS, 5: CANNOT_READ}


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
    error, out = ctypes.POINTER(_Error), ctypes.POINTER(ctypes.c_void_p)
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "mtc_version": (ctypes.c_char_p, []),
        "mtc_runtime_kernel": (ctypes.c_char_p, [size]),
        "mtc_program_load_file": (status, [ctypes.c_char_p, ctypes.POINTER(_LoadOptions), out, error]),
        "mtc_program_destroy": (None, [handle]),
        "mtc_program_function_count": (size, [handle]),
        "mtc_program_function_name": (ctypes.c_char_p, [handle, size]),
        "mtc_program_kernel": (ctypes.c_char_p, [handle, size]),
        "mtc_program_metadata": (ctypes.c_char_p, [handle, ctypes.c_char_p]),
        "mtc_program_input_count": (size, [handle, size]),
        "mtc_program_output_count": (size, [handle, size]),
        "mtc_program_input": (status, [handle, size, size, ctypes.POINTER(_Signature)]),
        "mtc_program_output": (status, [handle, size, size, ctypes.POINTER(_Signature)]),
        "mtc_program_sample": (status, [handle, size, ctypes.c_bool, size, ctypes.POINTER(_Tensor)]),
        "mtc_session_create": (status, [handle, ctypes.POINTER(_SessionOptions), out, error]),
        "mtc_session_destroy": (None, [handle]),
        "mtc_session_run": (status, [handle, size, ctypes.POINTER(_Tensor), size, error]),
        "mtc_session_output": (status, [handle, size, size, ctypes.POINTER(_Tensor)]),
        "mtc_session_cancel": (None, [handle]),
        "mtc_session_set_step_budget": (None, [handle, ctypes.c_uint64]),
        "mtc_session_state_size": (size, [handle]),
        "mtc_session_reset_state": (status, [handle, error]),
        "mtc_session_save_state": (status, [handle, ctypes.c_void_p, size, error]),
        "mtc_session_restore_state": (status, [handle, ctypes.c_void_p, size, error]),
        "mtc_session_memory": (_Memory, [handle]),
        "mtc_session_event_count": (size, [handle]),
        "mtc_session_event": (status, [handle, size, ctypes.POINTER(_Event)]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Session:
    """A loaded program, ready to run. Used by one thread at a time.

    `runtime` is the shared library of a runtime that `mtc build-runtime` made; by default the host runtime, which has
    every kernel and is built on first use.
    """

    def __init__(
        self,
        program: str | PathLike[str],
        *,
        threads: int = 1,
        profile: bool = False,
        max_memory: int = 0,
        runtime: str | PathLike[str] | None = None,
    ) -> None:
        self._program: int | None = None
        self._session: int | None = None
        if runtime is None:
            from mtc.build.runtime import host_runtime

            runtime = host_runtime()
        self._lib = library(Path(runtime))
        path = os.fsencode(program)
        options = _LoadOptions(max_memory)
        self._program = self._create(
            lambda out, error: self._lib.mtc_program_load_file(path, ctypes.byref(options), out, error)
        )
        session_options = _SessionOptions(threads, max_memory, profile)
        self._session = self._create(
            lambda out, error: self._lib.mtc_session_create(self._program, ctypes.byref(session_options), out, error)
        )
        count = self._lib.mtc_program_function_count(self._program)
        self.functions = [_text(self._lib.mtc_program_function_name(self._program, i)) for i in range(count)]

    def run(self, *inputs: Any, function: str = "forward") -> list[np.ndarray]:
        """The outputs for `inputs`: arrays in the program's order, or one mapping from names. Each returned array is
        the caller's. MtcError if number, name, dtype or shape of an input does not fit."""
        number = self._function(function)
        arrays = self._bound(inputs, number)
        tensors = (_Tensor * max(len(arrays), 1))(*map(_tensor, arrays))
        self._check(lambda error: self._lib.mtc_session_run(self._session, number, tensors, len(arrays), error))
        outputs = []
        for index in range(self._lib.mtc_program_output_count(self._program, number)):
            tensor = _Tensor()
            self._lib.mtc_session_output(self._session, number, index, ctypes.byref(tensor))
            outputs.append(_array(tensor))
        return outputs

    __call__ = run

    def inputs(self, function: str = "forward") -> list[Signature]:
        """What `run` takes."""
        return self._signatures("input", self._function(function))

    def outputs(self, function: str = "forward") -> list[Signature]:
        """What `run` returns."""
        return self._signatures("output", self._function(function))

    def samples(self, function: str = "forward") -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """The bundled example inputs and the source model's outputs on them, if there are any."""
        number = self._function(function)
        found: list[list[np.ndarray]] = []
        for is_output, kind in ((False, "input"), (True, "output")):
            arrays = []
            for index in range(getattr(self._lib, f"mtc_program_{kind}_count")(self._program, number)):
                tensor = _Tensor()
                if self._lib.mtc_program_sample(self._program, number, is_output, index, ctypes.byref(tensor)):
                    return None
                arrays.append(_array(tensor))
            found.append(arrays)
        return found[0], found[1]

    def kernels(self) -> list[str]:
        """The kernels that the program needs."""
        return _until_null(lambda index: self._lib.mtc_program_kernel(self._program, index))

    def metadata(self, key: str) -> str | None:
        value = self._lib.mtc_program_metadata(self._program, key.encode())
        return None if value is None else _text(value)

    def memory(self) -> Memory:
        found = self._lib.mtc_session_memory(self._session)
        return Memory(found.arena, found.scratch, found.state, found.packed)

    def events(self) -> list[Event]:
        """The instructions of the last run, if the session was opened with `profile`."""
        events = []
        for index in range(self._lib.mtc_session_event_count(self._session)):
            event = _Event()
            self._lib.mtc_session_event(self._session, index, ctypes.byref(event))
            texts = (_text(event.kernel), _text(event.name), _text(event.location))
            events.append(Event(*texts, event.start_ns, event.duration_ns, event.function, event.instruction))
        return events

    def cancel(self) -> None:
        """Makes a run in progress in another thread fail soon."""
        self._lib.mtc_session_cancel(self._session)

    def set_step_budget(self, instructions: int) -> None:
        """How many instructions a run may execute; 0 is no limit."""
        self._lib.mtc_session_set_step_budget(self._session, instructions)

    def reset_state(self) -> None:
        """Gives every state its initial value."""
        self._check(lambda error: self._lib.mtc_session_reset_state(self._session, error))

    def save_state(self) -> bytes:
        """The values of all states."""
        size = self._lib.mtc_session_state_size(self._session)
        data = ctypes.create_string_buffer(size)
        self._check(lambda error: self._lib.mtc_session_save_state(self._session, data, size, error))
        return data.raw

    def restore_state(self, data: bytes) -> None:
        """Puts back what `save_state` returned."""
        self._check(lambda error: self._lib.mtc_session_restore_state(self._session, data, len(data), error))

    def close(self) -> None:
        """Releases everything; the session cannot be used afterwards."""
        if self._session is not None:
            self._lib.mtc_session_destroy(self._session)
        if self._program is not None:
            self._lib.mtc_program_destroy(self._program)
        self._session = self._program = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _create(self, call: Any) -> int:
        handle = ctypes.c_void_p()
        self._check(lambda error: call(ctypes.byref(handle), error))
        assert handle.value is not None
        return handle.value

    def _check(self, call: Any) -> None:
        error = _Error()
        status = call(ctypes.byref(error))
        if status:
            message = _text(error.message)
            raise _CODES.get(status, RUN_FAILED).error(message or f"the runtime failed with status {status}")

    def _function(self, name: str) -> int:
        if name not in self.functions:
            raise BAD_INPUT.error(f"the program has no function `{name}`", help="it has: " + ", ".join(self.functions))
        return self.functions.index(name)

    def _signatures(self, kind: str, function: int) -> list[Signature]:
        found = []
        for index in range(getattr(self._lib, f"mtc_program_{kind}_count")(self._program, function)):
            raw = _Signature()
            getattr(self._lib, f"mtc_program_{kind}")(self._program, function, index, ctypes.byref(raw))
            bounds = tuple(
                (raw.min_dims[i], None if raw.max_dims[i] == UNBOUNDED else raw.max_dims[i]) for i in range(raw.rank)
            )
            shape = tuple(None if raw.dims[i] < 0 else raw.dims[i] for i in range(raw.rank))
            found.append(Signature(_text(raw.name), DType.numbered(raw.dtype), shape, bounds))
        return found

    def _bound(self, inputs: Sequence[Any], function: int) -> list[np.ndarray]:
        """Arrays in the program's order, dense, in its dtypes."""
        wanted = self._signatures("input", function)
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            given = inputs[0]
            names = [signature.name for signature in wanted]
            if set(given) != set(names):
                raise BAD_INPUT.error(f"inputs are named {', '.join(names)}, not {', '.join(map(str, given))}")
            inputs = [given[name] for name in names]
        if len(inputs) != len(wanted):
            raise BAD_INPUT.error(f"the program takes {len(wanted)} inputs, not {len(inputs)}")
        return [_dense(value, signature) for value, signature in zip(inputs, wanted, strict=True)]


def _dense(value: Any, signature: Signature) -> np.ndarray:
    array = np.asarray(value)
    try:
        dtype = DType.of(array.dtype)
    except KeyError:
        dtype = None
    if dtype is not signature.dtype:
        raise BAD_INPUT.error(f"input `{signature.name}` is {signature.dtype}, not {array.dtype}")
    # ascontiguousarray alone would make a 0-d array 1-d.
    return np.ascontiguousarray(array).reshape(array.shape)


def _tensor(array: np.ndarray) -> _Tensor:
    if array.ndim > MAX_RANK:
        raise BAD_INPUT.error(f"an input has {array.ndim} axes; {MAX_RANK} is the most")
    dims = (ctypes.c_int64 * MAX_RANK)(*array.shape)
    return _Tensor(array.ctypes.data, array.nbytes, DType.of(array.dtype).number, array.ndim, dims)


def _array(tensor: _Tensor) -> np.ndarray:
    """A copy: the session's memory holds until the next run only."""
    shape = tuple(tensor.dims[: tensor.rank])
    array = np.empty(shape, DType.numbered(tensor.dtype).numpy)
    if array.nbytes:
        ctypes.memmove(array.ctypes.data, tensor.data, array.nbytes)
    return array


def _until_null(get: Any) -> list[str]:
    found: list[str] = []
    while (text := get(len(found))) is not None:
        found.append(_text(text))
    return found


def _text(raw: bytes) -> str:
    """A program from elsewhere may hold bytes that are no UTF-8; they are shown as such, not refused."""
    return raw.decode(errors="replace")
