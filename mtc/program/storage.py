"""Where each value of a lowered function lives: in the arena, in a constant, in a state, or inside another value.

Values share memory where that saves a copy: a view and its source; an elementwise result and an operand that nobody
reads any more; the parts of a concat and the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mtc import ops
from mtc.ir.dims import Dim, product
from mtc.ir.module import Function, Node, Value
from mtc.ir.opspec import Trait
from mtc.ir.structural import CONSTANT, RETURN, STATE, STATE_UPDATE

# Whether a node's kernel can read or write rows that do not lie side by side.
TakesPitch = Callable[[Node], bool]


@dataclass(frozen=True)
class Alias:
    """Memory inside another value: `offset` in elements; `is_pitched` if rows lie as far apart as those of `of`."""

    of: Value
    offset: Dim = 0
    is_pitched: bool = False


@dataclass
class Storage:
    """The aliases of a function, and when each memory is in use.

    `steps` numbers the nodes that run; `live` gives each root value's first and last step. Inputs live from -1,
    outputs to the end.
    """

    function: Function
    steps: dict[Node, int] = field(default_factory=dict)
    aliases: dict[Value, Alias] = field(default_factory=dict)
    live: dict[Value, tuple[int, int]] = field(default_factory=dict)

    def root(self, value: Value) -> Value:
        while value in self.aliases:
            value = self.aliases[value].of
        return value


def is_free(node: Node) -> bool:
    """Whether it needs no instruction: a view of a value in the arena."""
    return node.op.has(Trait.VIEW) and in_arena(node.inputs[0])


def in_arena(value: Value | None) -> bool:
    return value is not None and (value.producer is None or value.producer.op not in (CONSTANT, STATE))


def assign_storage(function: Function, takes_pitch: TakesPitch) -> Storage:
    """Decides what shares memory."""
    storage = Storage(function)
    for node in function:
        if is_free(node):
            assert node.inputs[0] is not None
            storage.aliases[node.output] = Alias(node.inputs[0])
        elif node.op not in (CONSTANT, STATE):
            storage.steps[node] = len(storage.steps)
    for node in reversed(function):
        if node.op is ops.concat:
            _join_in_place(storage, node, takes_pitch)
    _measure_lives(storage)
    for node in storage.steps:
        if node.op.has(Trait.ELEMENTWISE) and len(node.outputs) == 1:
            _write_in_place(storage, node)
    return storage


def _join_in_place(storage: Storage, node: Node, takes_pitch: TakesPitch) -> None:
    """Operands of a concat are written where they belong in the whole, if their kernels can."""
    whole = node.output
    axis = node.attrs["axis"] % whole.type.rank
    is_last = axis == whole.type.rank - 1
    is_contiguous = product(whole.type.shape[:axis]) == 1 and not _is_pitched(storage, whole)
    if not is_contiguous and not is_last:
        return
    position: Dim = 0
    for part in node.inputs:
        assert part is not None
        offset = position
        position = position + (product(part.type.shape) if is_contiguous else part.type.shape[-1])
        if not _may_move(storage, part, node):
            continue
        if is_contiguous or _all_take_pitch(part, node, takes_pitch):
            storage.aliases[part] = Alias(whole, offset, is_pitched=not is_contiguous)


def _may_move(storage: Storage, part: Value, concat: Node) -> bool:
    is_made_here = part.producer in storage.steps
    return is_made_here and part not in storage.aliases and concat.inputs.count(part) == 1 and not _is_output(part)


def _all_take_pitch(part: Value, concat: Node, takes_pitch: TakesPitch) -> bool:
    assert part.producer is not None
    readers = [node for node in part.user_nodes if node is not concat]
    return takes_pitch(part.producer) and all(takes_pitch(node) for node in readers)


def _is_output(value: Value) -> bool:
    return any(node.op is RETURN for node, _ in value.users)


def _measure_lives(storage: Storage) -> None:
    end = len(storage.steps)
    for value in storage.function.inputs:
        _extend(storage, value, -1)
    for node, step in storage.steps.items():
        for used in (*node.inputs, *node.outputs):
            if used is not None and in_arena(used):
                _extend(storage, used, end if node.op is RETURN else step)


def _extend(storage: Storage, value: Value, step: int) -> None:
    root = storage.root(value)
    first, last = storage.live.get(root, (step, step))
    storage.live[root] = (min(first, step), max(last, step))


def _write_in_place(storage: Storage, node: Node) -> None:
    out = node.output
    if out in storage.aliases or out not in storage.live or node.op is STATE_UPDATE:
        return
    for value in node.inputs:
        if value is None or not in_arena(value) or value.type.shape != out.type.shape:
            continue
        root = storage.root(value)
        is_last = storage.live[root][1] == storage.steps[node]
        same_size = value.type.dtype.bits == out.type.dtype.bits
        is_whole = root.type.count == value.type.count and not _is_pitched(storage, value)
        if is_last and same_size and is_whole and root is not storage.root(out):
            first, _ = storage.live[root]
            _, last = storage.live.pop(out)
            storage.aliases[out] = Alias(value)
            storage.live[root] = (first, last)
            return


def _is_pitched(storage: Storage, value: Value) -> bool:
    while value in storage.aliases:
        if storage.aliases[value].is_pitched:
            return True
        value = storage.aliases[value].of
    return False
