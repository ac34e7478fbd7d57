"""Runs programs from Python, on the host runtime, through the C API."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mtc.diagnostics import BAD_INPUT, RUN_FAILED
from mtc.ir.dtype import DType
from mtc.program.header import UNBOUNDED
from mtc.session import capi
from mtc.session.refusals import refusal
from mtc.support.plural import counted


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


class Session:
    """A loaded program, ready to run. Used by one thread at a time, but for `cancel`.

    `threads` (at most 1024) compute one run. With `profile`, `events` has the instructions of the last run.
    `max_memory` limits, in bytes, what the program's tables may ask for and the arena with the states; 0 is no limit.
    `runtime` is the shared library of a runtime that `mtc build-runtime` made; by default the host runtime, which has
    every kernel and is built on first use. `cpu` limits the instruction sets that mtc's own kernels use, to compare
    them: `base`, `avx2` or `avx512` instead of the `best` that the processor has.

    MtcError if the program cannot be read, is damaged, needs kernels that the runtime has not (all are named), or more
    memory than `max_memory`.
    """

    def __init__(
        self,
        program: str | PathLike[str],
        *,
        threads: int = 1,
        profile: bool = False,
        max_memory: int = 0,
        runtime: str | PathLike[str] | None = None,
        cpu: str = "best",
    ) -> None:
        self._handles: dict[str, int] = {}  # none once it is closed
        self._lib = capi.library(Path(self._default_runtime() if runtime is None else runtime))
        for name, number in {"threads": threads, "max_memory": max_memory}.items():
            if number < 0:  # ctypes would make a large one of it
                raise BAD_INPUT.error(f"`{name}` is {number}", help="give a number from 0")
        path = os.fsencode(program)
        options = capi.LoadOptions(max_memory, cpu_level(cpu))
        self._handles["program"] = self._create(
            lambda out, error: self._lib.mtc_program_load_file(path, ctypes.byref(options), out, error)
        )
        session_options = capi.SessionOptions(threads, max_memory, profile)
        self._handles["session"] = self._create(
            lambda out, error: self._lib.mtc_session_create(self._program, ctypes.byref(session_options), out, error)
        )
        count = self._lib.mtc_program_function_count(self._program)
        self.functions = [_text(self._lib.mtc_program_function_name(self._program, i)) for i in range(count)]
        self._inputs = [self._signatures("input", i) for i in range(count)]
        self._outputs = [self._signatures("output", i) for i in range(count)]

    def run(self, *inputs: Any, function: str = "forward") -> list[np.ndarray]:
        """The outputs for `inputs`: arrays in the program's order, or one mapping from names. Each returned array is
        the caller's. MtcError if number, name, dtype or shape of an input does not fit."""
        number = self._function(function)
        arrays = self._bound(inputs, number)
        tensors = (capi.Tensor * max(len(arrays), 1))(*map(capi.from_array, arrays))
        self._check(lambda error: self._lib.mtc_session_run(self._session, number, tensors, len(arrays), error))
        outputs = []
        for index in range(len(self._outputs[number])):
            tensor = capi.Tensor()
            self._lib.mtc_session_output(self._session, number, index, ctypes.byref(tensor))
            outputs.append(capi.to_array(tensor))
        return outputs

    __call__ = run

    def inputs(self, function: str = "forward") -> list[Signature]:
        """What `run` takes."""
        return list(self._inputs[self._function(function)])

    def outputs(self, function: str = "forward") -> list[Signature]:
        """What `run` returns."""
        return list(self._outputs[self._function(function)])

    def samples(self, function: str = "forward") -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """The bundled example inputs and the source model's outputs on them, if there are any."""
        number = self._function(function)
        found: list[list[np.ndarray]] = []
        for is_output, signatures in ((False, self._inputs[number]), (True, self._outputs[number])):
            arrays = []
            for index in range(len(signatures)):
                tensor = capi.Tensor()
                if self._lib.mtc_program_sample(self._program, number, is_output, index, ctypes.byref(tensor)):
                    return None
                arrays.append(capi.to_array(tensor))
            found.append(arrays)
        return found[0], found[1]

    def kernels(self) -> list[str]:
        """The kernels that the program needs."""
        return _until_null(lambda index: self._lib.mtc_program_kernel(self._program, index))

    def metadata(self, key: str) -> str | None:
        """What `mtc export --metadata` was given under this key, if anything."""
        value = self._lib.mtc_program_metadata(self._program, key.encode())
        return None if value is None else _text(value)

    def memory(self) -> Memory:
        """What the session holds now, in bytes."""
        found = self._lib.mtc_session_memory(self._session)
        return Memory(found.arena, found.scratch, found.state, found.packed)

    def events(self) -> list[Event]:
        """The instructions of the last run, if the session was opened with `profile`."""
        events = []
        for index in range(self._lib.mtc_session_event_count(self._session)):
            event = capi.RunEvent()
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
        """Releases everything; using the session afterwards is an MtcError."""
        if session := self._handles.pop("session", None):
            self._lib.mtc_session_destroy(session)
        if program := self._handles.pop("program", None):
            self._lib.mtc_program_destroy(program)

    def _default_runtime(self) -> Path:
        """Another one in the packages for Python that mtc makes: they carry this file and a runtime."""
        from mtc.build.runtime import host_runtime

        return host_runtime()

    @property
    def _program(self) -> int:
        return self._handle("program")

    @property
    def _session(self) -> int:
        return self._handle("session")

    def _handle(self, name: str) -> int:
        if name not in self._handles:
            raise RUN_FAILED.error("the session is closed")
        return self._handles[name]

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_handles"):
            self.close()

    def _create(self, call: Any) -> int:
        handle = ctypes.c_void_p()
        self._check(lambda error: call(ctypes.byref(handle), error))
        assert handle.value is not None
        return handle.value

    def _check(self, call: Any) -> None:
        error = capi.Error()
        status = call(ctypes.byref(error))
        if status:
            message = _text(error.message)
            raise refusal(status, message or f"the runtime failed with status {status}")

    def _function(self, name: str) -> int:
        if name not in self.functions:
            raise BAD_INPUT.error(f"the program has no function `{name}`", help="it has: " + ", ".join(self.functions))
        return self.functions.index(name)

    def _signatures(self, kind: str, function: int) -> list[Signature]:
        found = []
        for index in range(getattr(self._lib, f"mtc_program_{kind}_count")(self._program, function)):
            raw = capi.InputOrOutput()
            getattr(self._lib, f"mtc_program_{kind}")(self._program, function, index, ctypes.byref(raw))
            bounds = tuple(
                (raw.min_dims[i], None if raw.max_dims[i] == UNBOUNDED else raw.max_dims[i]) for i in range(raw.rank)
            )
            shape = tuple(None if raw.dims[i] < 0 else raw.dims[i] for i in range(raw.rank))
            found.append(Signature(_text(raw.name), DType.numbered(raw.dtype), shape, bounds))
        return found

    def _bound(self, inputs: Sequence[Any], function: int) -> list[np.ndarray]:
        """Arrays in the program's order, dense, in its dtypes."""
        wanted = self._inputs[function]
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            given = inputs[0]
            names = [signature.name for signature in wanted]
            if set(given) != set(names):
                raise BAD_INPUT.error(f"inputs are named {', '.join(names)}, not {', '.join(map(str, given))}")
            inputs = [given[name] for name in names]
        if len(inputs) != len(wanted):
            raise BAD_INPUT.error(f"the program takes {counted(len(wanted), 'input')}, not {len(inputs)}")
        return [_dense(value, signature) for value, signature in zip(inputs, wanted, strict=True)]


def cpu_level(name: str) -> int:
    """The C API's number of a level of instruction sets. BAD_INPUT if it is none."""
    if name not in capi.CPUS:
        raise BAD_INPUT.error(f"`{name}` is no level of instruction sets", help=f"there are: {', '.join(capi.CPUS)}")
    return capi.CPUS[name]


def _dense(value: Any, signature: Signature) -> np.ndarray:
    array = np.asarray(value)
    try:
        dtype = DType.of(array.dtype)
    except KeyError:
        dtype = None
    if dtype is not signature.dtype:
        wanted = np.dtype(signature.dtype.numpy)
        named = "" if wanted.name == str(signature.dtype) else f" (NumPy's {wanted.name})"
        raise BAD_INPUT.error(
            f"input `{signature.name}` is {signature.dtype}{named}, not {array.dtype}",
            help=f"convert it: `array.astype({wanted.name!r})`" if wanted.kind in "iufb" else None,
        )
    # ascontiguousarray alone would make a 0-d array 1-d.
    return np.ascontiguousarray(array).reshape(array.shape)


def _until_null(get: Any) -> list[str]:
    found: list[str] = []
    while (text := get(len(found))) is not None:
        found.append(_text(text))
    return found


def _text(raw: bytes) -> str:
    """A program from elsewhere may hold bytes that are no UTF-8; they are shown as such, not refused."""
    return raw.decode(errors="replace")
