"""Modules, functions, nodes and values: an SSA graph in program order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtc.ir.constant import Constant
from mtc.ir.dims import Bounds, Expr, names_in
from mtc.ir.loc import Loc, merged
from mtc.ir.opspec import OpSpec, Signature, Trait
from mtc.ir.structural import CONSTANT, RETURN, STATE
from mtc.ir.types import TensorType

__all__ = ["Constant", "Function", "Loc", "Module", "Node", "Sample", "State", "Value", "merged"]


class Value:
    """A tensor that one node, or a call of the function, defines."""

    __slots__ = ("name", "producer", "type", "users")

    def __init__(self, type: TensorType, name: str = "", producer: Node | None = None) -> None:
        self.type = type
        self.name = name
        self.producer = producer
        self.users: dict[tuple[Node, int], None] = {}

    def __repr__(self) -> str:
        return f"%{self.name}"

    @property
    def has_single_use(self) -> bool:
        return len(self.users) == 1

    @property
    def user_nodes(self) -> list[Node]:
        """The nodes that read it, each once, in the order in which they began to."""
        return list(dict.fromkeys(node for node, _ in self.users))

    @property
    def constant(self) -> Constant | None:
        """What it holds if it is a constant."""
        if self.producer is not None and self.producer.op is CONSTANT:
            constant: Constant = self.producer.attrs["value"]
            return constant
        return None

    @property
    def viewed_state(self) -> str | None:
        """The state whose memory it may share, which an update changes: it is read from it, perhaps through views."""
        below: Value | None = self
        while below is not None:
            if (state := below.read_state) is not None:
                return state
            below = below.viewed
        return None

    @property
    def read_state(self) -> str | None:
        """The state that it is the value of."""
        return self.producer.attrs["state"] if self.producer is not None and self.producer.op is STATE else None

    @property
    def viewed(self) -> Value | None:
        """What it is a view of."""
        node = self.producer
        return node.inputs[0] if node is not None and node.op.has(Trait.VIEW) and node.inputs else None

    def replace_by(self, other: Value) -> None:
        """Makes every reader of this value read `other`."""
        for node, index in list(self.users):
            node.set_input(index, other)


class Node:
    """One operation. Inserted into a function, it has neighbours; its operands know it as a user."""

    __slots__ = ("attrs", "function", "inputs", "loc", "next", "op", "outputs", "previous", "regions")

    def __init__(
        self,
        op: OpSpec,
        inputs: Sequence[Value | None],
        attrs: dict[str, Any],
        types: Sequence[TensorType],
        *,
        regions: Sequence[Function] = (),
        loc: tuple[Loc, ...] = (),
    ) -> None:
        self.op = op
        self.inputs: tuple[Value | None, ...] = tuple(inputs)
        self.attrs = attrs
        self.regions = tuple(regions)
        self.outputs = tuple(Value(type, producer=self) for type in types)
        self.loc = loc
        self.function: Function | None = None
        self.previous: Node | None = None
        self.next: Node | None = None
        for index, value in enumerate(self.inputs):
            if value is not None:
                value.users[self, index] = None

    def __repr__(self) -> str:
        return f"<{self.op.name} {', '.join(map(repr, self.outputs))}>"

    @property
    def output(self) -> Value:
        """The one result."""
        (value,) = self.outputs
        return value

    @property
    def has_effect(self) -> bool:
        """Whether it does more than compute its results, itself or in a nested function."""
        return self.op.has(Trait.EFFECT) or any(
            node.has_effect for region in self.regions for node in region if node.op is not RETURN
        )

    def operand(self, index: int) -> Value:
        """An operand that is there."""
        value = self.inputs[index]
        if value is None:
            raise ValueError(f"{self!r} has no operand {index}")
        return value

    @property
    def input_types(self) -> list[TensorType | None]:
        """The types of its operands; None where one is absent."""
        return [None if value is None else value.type for value in self.inputs]

    @property
    def is_quantized(self) -> bool:
        """Whether an operand or a result is."""
        types = (value.type for value in (*self.inputs, *self.outputs) if value is not None)
        return any(type.dtype.is_quantized for type in types)

    @property
    def is_dead(self) -> bool:
        return not any(value.users for value in self.outputs) and not self.has_effect

    @property
    def signature(self) -> Signature:
        """The one of its op's that takes its operands. TypeMismatch if none does."""
        return self.op.match(self.input_types, self.attrs)[0]

    def set_input(self, index: int, value: Value | None) -> None:
        old = self.inputs[index]
        if old is not None:
            del old.users[self, index]
        self.inputs = (*self.inputs[:index], value, *self.inputs[index + 1 :])
        if value is not None:
            value.users[self, index] = None

    def set_inputs(self, values: Sequence[Value | None]) -> None:
        """Replaces all operands, whose number may change."""
        for index, old in enumerate(self.inputs):
            if old is not None:
                del old.users[self, index]
        self.inputs = tuple(values)
        for index, value in enumerate(self.inputs):
            if value is not None:
                value.users[self, index] = None

    def erase(self) -> None:
        """Takes it out of its function. Its results must have no users."""
        if any(value.users for value in self.outputs):
            raise ValueError(f"{self!r} still has users")
        self.set_inputs(())
        assert self.function is not None
        self.function._unlink(self)


class Function:
    """A list of nodes that ends with `return`. Iteration is safe while nodes are inserted and erased."""

    def __init__(self, name: str, inputs: Sequence[Value] = (), *, symbols: dict[str, Bounds] | None = None) -> None:
        self.name = name
        self.inputs = list(inputs)
        self.symbols: dict[str, Bounds] = dict(symbols or {})
        self.output_names: list[str] = []
        self._first: Node | None = None
        self._last: Node | None = None

    def __repr__(self) -> str:
        return f"@{self.name}"

    def __iter__(self) -> Iterator[Node]:
        node = self._first
        while node is not None:
            following = node.next
            yield node
            node = following if node.function is None else node.next

    def __reversed__(self) -> Iterator[Node]:
        node = self._last
        while node is not None:
            preceding = node.previous
            yield node
            node = preceding if node.function is None else node.previous

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def return_node(self) -> Node:
        if self._last is None or self._last.op is not RETURN:
            raise ValueError(f"{self!r} does not end with return")
        return self._last

    @property
    def outputs(self) -> tuple[Value, ...]:
        return tuple(value for value in self.return_node.inputs if value is not None)

    def named_dims(self) -> frozenset[str]:
        """Those that its types and its nodes' attributes depend on."""
        types = [value.type for value in self.inputs] + [value.type for node in self for value in node.outputs]
        tuples = [value for node in self for value in node.attrs.values() if isinstance(value, tuple)]
        sizes = [size for type in types for size in type.shape]
        return names_in([*sizes, *(size for values in tuples for size in values if isinstance(size, Expr))])

    @property
    def input_labels(self) -> list[str]:
        """A name for each input: its own, else `input0`, `input1`, ... by its place."""
        return [value.name or f"input{index}" for index, value in enumerate(self.inputs)]

    @property
    def output_labels(self) -> list[str]:
        """A name for each result: the one it was given, else `output0`, `output1`, ... by its place."""
        names = dict(enumerate(self.output_names))
        return [names.get(index) or f"output{index}" for index in range(len(self.outputs))]

    @property
    def symbol_axes(self) -> dict[str, tuple[int, int]]:
        """For each named dim the first input, and the axis of it, whose size it is: from there a call reads it."""
        found: dict[str, tuple[int, int]] = {}
        for index, value in enumerate(self.inputs):
            for axis, size in enumerate(value.type.shape):
                if not isinstance(size, int) and str(size) in self.symbols:
                    found.setdefault(str(size), (index, axis))
        return found

    def insert(self, node: Node, before: Node | None = None) -> None:
        """Puts `node` in front of `before`, or at the end."""
        node.function = self
        node.next = before
        node.previous = self._last if before is None else before.previous
        if node.previous is None:
            self._first = node
        else:
            node.previous.next = node
        if before is None:
            self._last = node
        else:
            before.previous = node

    def _unlink(self, node: Node) -> None:
        if node.previous is None:
            self._first = node.next
        else:
            node.previous.next = node.next
        if node.next is None:
            self._last = node.previous
        else:
            node.next.previous = node.previous
        node.function = None


@dataclass
class State:
    """A tensor that outlives a call, shared by the functions of a module and owned by a session."""

    name: str
    type: TensorType
    initial: Constant | None = None  # None: zeros
    is_trainable: bool = False
    space: str = "host"


@dataclass(frozen=True)
class Sample:
    """One example call of a function: its inputs, and the source model's outputs on them."""

    inputs: tuple[Constant, ...]
    outputs: tuple[Constant, ...]


@dataclass(eq=False)
class Module:
    """Functions that share constants and state.

    `form` is `imported`, `canonical` or `lowered`; `meta` is free data about the model that goes with it into files.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    form: str = "imported"
    _suffixes: dict[str, int] = field(default_factory=dict, repr=False)  # the last one that each name got

    def __repr__(self) -> str:
        return f"<Module {self.form}: {', '.join(self.functions)}>"

    def all_functions(self) -> Iterator[Function]:
        """Every function, nested ones before the one that holds them."""
        for function in self.functions.values():
            yield from _with_nested(function)

    def nodes(self) -> Iterator[Node]:
        for function in self.all_functions():
            yield from function

    @property
    def node_count(self) -> int:
        return sum(1 for _ in self.nodes())

    @property
    def constant_bytes(self) -> int:
        """Of the constants that have names; the others are small."""
        return sum(constant.nbytes for constant in self.constants.values())

    def add_constant(self, constant: Constant) -> Constant:
        """Registers a named constant, under another name if that one is taken."""
        if constant.name is None:
            raise ValueError("a constant without a name is printed inline")
        name = constant.name
        if self.constants.get(name, constant) is not constant:
            count = self._suffixes.get(name, 0) + 1
            while f"{name}.{count}" in self.constants:
                count += 1
            self._suffixes[name] = count
            constant = constant.renamed(f"{name}.{count}")
        assert constant.name is not None
        self.constants[constant.name] = constant
        return constant

    def register_constants(self) -> None:
        """Registers those that were built into its functions, where nobody knows the module. What several nodes hold
        is registered once."""
        added: dict[Constant, Constant] = {}
        for node in self.nodes():
            if node.op is CONSTANT and node.attrs["value"].name is not None:
                constant = node.attrs["value"]
                if constant not in added:
                    added[constant] = self.add_constant(constant)
                node.attrs["value"] = added[constant]


def _with_nested(function: Function) -> Iterator[Function]:
    for node in function:
        for region in node.regions:
            yield from _with_nested(region)
    yield function
