"""Where each value of a lowered function lives: in the arena, in a constant, in a state, or inside another value.

Values share memory where that saves a copy: a view and its source; an elementwise result and an operand that nobody
reads any more; the parts of a concat and the whole; a state and what it becomes, if that differs in parts only.
"""

from __future__ import annotations

from collections import Counter
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
    # A value that its memory stands in, and whether with a pitch: past as many aliases as were ever followed before.
    _above: dict[Value, tuple[Value, bool]] = field(default_factory=dict)

    def share(self, value: Value, alias: Alias) -> None:
        """Puts a value that has memory of its own, and what stands in that, into another's.

        Where that itself stands in a third in the same manner, so does the value: a network has thousands of them in a
        row, and a runtime follows a few.
        """
        around = self.aliases.get(alias.of)
        while around is not None and around.is_pitched == alias.is_pitched:
            alias = Alias(around.of, around.offset + alias.offset, alias.is_pitched)
            around = self.aliases.get(alias.of)
        self.aliases[value] = alias
        self._above[value] = (alias.of, alias.is_pitched)

    def root(self, value: Value) -> Value:
        """The value whose memory it stands in."""
        return self._resolved(value)[0]

    def is_pitched(self, value: Value) -> bool:
        """Whether its rows lie as far apart as those of a value around it."""
        return self._resolved(value)[1]

    def _resolved(self, value: Value) -> tuple[Value, bool]:
        """The root, and whether there is a pitch on the way. A union-find: the next one asked is spared the way."""
        path = []
        while value in self._above:
            path.append(value)
            value, _ = self._above[value]
        is_pitched = False
        for below in reversed(path):
            is_pitched |= self._above[below][1]
            self._above[below] = (value, is_pitched)
        return value, is_pitched


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
            storage.share(node.output, Alias(node.inputs[0]))
        elif node.op not in (CONSTANT, STATE):
            storage.steps[node] = len(storage.steps)
    joining = _Joining(storage, takes_pitch)
    for node in reversed(function):
        if node.op is ops.concat:
            joining.join_in_place(node)
    _measure_lives(storage)
    _change_states_in_place(storage)
    for node in storage.steps:
        if (node.op.has(Trait.ELEMENTWISE) and len(node.outputs) == 1) or node.op.has(Trait.UPDATES):
            _write_in_place(storage, node)
    return storage


def stays_in_place(storage: Storage, update: Node) -> bool:
    """Whether a state holds its new value already when it is given it."""
    (value,) = update.inputs
    return value is not None and storage.root(value).read_state == update.attrs["state"]


def _change_states_in_place(storage: Storage) -> None:
    """Lets what changes a part of a state, such as new entries of a cache, write into the state itself.

    A state becomes its new value by one or several steps. All of them are in place or none: not if one's operand is
    read by anything behind it, or by itself a second time, nor if the function returns what they make.
    """
    chains = _chains(storage)
    made: dict[Value, tuple[str, int]] = {}  # by which step of which chain
    for state, chain in chains.items():
        made.update({storage.root(node.output): (state, count) for count, node in enumerate(chain, 1)})
    for node, step in storage.steps.items():
        for index, value in enumerate(node.inputs):
            if value is None:
                continue
            state, count = (value.read_state, 0) if value.read_state else made.get(storage.root(value), ("", 0))
            chain = chains.get(str(state), [])
            is_late = count < len(chain) and (step, index) > (storage.steps[chain[count]], 0)
            if is_late or node.op is RETURN:
                chains.pop(str(state), None)
    for node in (node for chain in chains.values() for node in chain):
        assert node.inputs[0] is not None
        del storage.live[node.output]
        storage.share(node.output, Alias(node.inputs[0]))


def _chains(storage: Storage) -> dict[str, list[Node]]:
    """For each state that changes in parts only, and here only, the nodes that do that, first to last."""
    updates = [node for node in storage.steps if node.op is STATE_UPDATE]
    times = Counter(node.attrs["state"] for node in updates)
    nested = {name for node in storage.steps for region in node.regions for name in _states_of(region)}
    chains: dict[str, list[Node]] = {}
    for update in updates:
        state = update.attrs["state"]
        if times[state] > 1 or state in nested:
            continue
        chain: list[Node] = []
        value = update.inputs[0]
        while value is not None and value.read_state is None:
            node = value.producer
            if node is None or not (node.op.has(Trait.VIEW) or _may_change_in_place(storage, node)):
                break
            if node.op.has(Trait.UPDATES):
                chain.insert(0, node)
            value = node.inputs[0]
        if chain and value is not None and value.read_state == state and chain[0].inputs[0] is value:
            chains[state] = chain
    return chains


def _may_change_in_place(storage: Storage, node: Node) -> bool:
    return node.op.has(Trait.UPDATES) and node.output in storage.live and node.output not in storage.aliases


def _states_of(function: Function) -> set[str]:
    """The states that a nested function reads or changes."""
    own = {node.attrs["state"] for node in function if node.op in (STATE, STATE_UPDATE)}
    return own.union(*(_states_of(region) for node in function for region in node.regions))


class _Joining:
    """Writes operands of concats where they belong in the whole, if their kernels can."""

    def __init__(self, storage: Storage, takes_pitch: TakesPitch) -> None:
        self.storage = storage
        self.takes_pitch = takes_pitch
        self.outputs = set(storage.function.outputs)
        self._packed_readers: dict[Value, set[Node]] = {}

    def join_in_place(self, node: Node) -> None:
        whole = node.output
        axis = node.attrs["axis"] % whole.type.rank
        is_last = axis == whole.type.rank - 1
        is_contiguous = product(whole.type.shape[:axis]) == 1 and not self.storage.is_pitched(whole)
        if not is_contiguous and not is_last:
            return
        times = Counter(node.inputs)
        position: Dim = 0
        for part in node.inputs:
            assert part is not None
            offset = position
            position = position + (product(part.type.shape) if is_contiguous else part.type.shape[-1])
            if times[part] == 1 and self._may_move(part) and (is_contiguous or self._may_be_pitched(part, node)):
                self.storage.share(part, Alias(whole, offset, is_pitched=not is_contiguous))

    def _may_move(self, part: Value) -> bool:
        is_made_here = part.producer in self.storage.steps
        return is_made_here and part not in self.storage.aliases and part not in self.outputs

    def _may_be_pitched(self, part: Value, concat: Node) -> bool:
        """Whether its kernel and the others that read it take pitched rows."""
        assert part.producer is not None
        if part not in self._packed_readers:  # a value may be a part of many concats
            self._packed_readers[part] = {node for node in part.user_nodes if not self.takes_pitch(node)}
        return self.takes_pitch(part.producer) and self._packed_readers[part] <= {concat}


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
    changes_first = node.op.has(Trait.UPDATES)
    for value in node.inputs[:1] if changes_first else node.inputs:
        if value is None or not in_arena(value) or value.type.shape != out.type.shape:
            continue
        root = storage.root(value)
        if root not in storage.live:  # it lies in a state
            continue
        if changes_first and any(v is not None and storage.root(v) is root for v in node.inputs[1:]):
            continue
        is_last = storage.live[root][1] == storage.steps[node]
        same_size = value.type.dtype.bits == out.type.dtype.bits
        is_whole = root.type.count == value.type.count and not storage.is_pitched(value)
        if is_last and same_size and is_whole and root is not storage.root(out):
            first, _ = storage.live[root]
            _, last = storage.live.pop(out)
            storage.share(out, Alias(value))
            storage.live[root] = (first, last)
            return
