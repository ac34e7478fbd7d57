"""Recurrent layers: torch's operators hold all layers and directions, an op one of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mtc import ops
from mtc.frontends.torch.importer import Importer, Unsupported
from mtc.frontends.torch.recurrence import Layers
from mtc.frontends.torch.rows.slicing import part
from mtc.frontends.torch.table import row
from mtc.ir.builder import Builder
from mtc.ir.module import Function, Value
from mtc.ops.recurrent import Nonlinearity

# One layer in one direction: operand, its states, its weights and biases, and whether backwards; all states at the end.
Layer = Callable[[Value, list[Value], Sequence[Value], bool], Sequence[Value]]


def _stacked(
    importer: Importer,
    x: Value,
    states: Sequence[Value],
    params: Sequence[Value],
    layers: Layers,
    layer: Layer,
) -> tuple[Value, ...]:
    """The result of the last layer, and the last states of all layers and directions."""
    if layers.train and layers.dropout > 0 and layers.num_layers > 1:
        raise Unsupported("dropout in training mode draws random numbers; call model.eval() before the export")
    directions = 1 + layers.bidirectional
    per_cell = len(params) // (layers.num_layers * directions)
    is_batched = x.type.rank == 3
    if not is_batched:
        x = importer.reshape(x, (1, *x.type.shape) if layers.batch_first else (x.type.shape[0], 1, x.type.shape[1]))
    finals: list[list[Value]] = [[] for _ in states]
    for index in range(layers.num_layers):
        outs = []
        for direction in range(directions):
            cell = index * directions + direction
            given = [_state_of(importer, state, cell) for state in states]
            weights = params[cell * per_cell : (cell + 1) * per_cell]
            out, *last = layer(x, given, weights, direction == 1)
            outs.append(out)
            for kept, value in zip(finals, last, strict=True):
                kept.append(importer.reshape(value, (1, *value.type.shape)))
        x = outs[0] if len(outs) == 1 else importer.emit(ops.concat, *outs, axis=-1)
    joined = [kept[0] if len(kept) == 1 else importer.emit(ops.concat, *kept, axis=0) for kept in finals]
    return tuple(importer.reshape(value, importer.result_type(index).shape) for index, value in enumerate((x, *joined)))


def _state_of(importer: Importer, state: Value, cell: int) -> Value:
    """[cells, batch, hidden], or without the batch."""
    one = part(importer, state, 0, cell, cell + 1)
    return importer.reshape(one, (state.type.shape[1] if state.type.rank == 3 else 1, state.type.shape[-1]))


def _one_bias(importer: Importer, weights: Sequence[Value]) -> Value | None:
    return importer.emit(ops.add, weights[2], weights[3]) if len(weights) > 2 else None


@row("lstm.input")
def lstm(
    importer: Importer,
    x: Value,
    hx: Sequence[Value],
    params: Sequence[Value],
    *settings: Any,
) -> tuple[Value, ...]:
    layers = Layers(*settings)

    def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
        if len(weights) % 2:
            return _projected(importer, x, states, weights, reverse, layers.batch_first)
        operands = (x, *states, *weights[:2], _one_bias(importer, weights))
        return importer.several(ops.lstm, *operands, reverse=reverse, batch_first=layers.batch_first)

    return _stacked(importer, x, hx, params, layers, layer)


def _projected(
    importer: Importer,
    x: Value,
    states: Sequence[Value],
    weights: Sequence[Value],
    reverse: bool,
    batch_first: bool,
) -> tuple[Value, ...]:
    """A layer whose hidden state is a projection of what an LSTM's is: no op, but a scan."""
    weight_ih, weight_hh, *_, projection = weights
    steps = importer.permute(x, (1, 0, 2)) if batch_first else x
    steps = importer.emit(ops.flip, steps, axes=(0,)) if reverse else steps
    inputs = importer.emit(ops.linear, steps, weight_ih, _one_bias(importer, weights[:-1]))
    types = (*(state.type for state in states), inputs.type.with_shape(inputs.type.shape[1:]))
    body = Function("body", [Value(type) for type in (*types, weight_hh.type, projection.type)])
    build = Builder(body, loc=importer.build.loc)
    hidden, cell, given, own, narrow = body.inputs
    gates = build.emit(ops.add, given, build.emit(ops.linear, hidden, own, None))
    batch, size = cell.type.shape
    assert isinstance(size, int)
    i, f, g, o = (
        build.emit(ops.slice, gates, begin=(0, k * size), end=(batch, (k + 1) * size), step=(1, 1)) for k in range(4)
    )
    i, f, o = (build.emit(ops.sigmoid, gate) for gate in (i, f, o))
    kept = build.emit(ops.mul, f, cell)
    cell = build.emit(ops.add, kept, build.emit(ops.mul, i, build.emit(ops.tanh, g)))
    hidden = build.emit(ops.linear, build.emit(ops.mul, o, build.emit(ops.tanh, cell)), narrow, None)
    build.results(hidden, cell, hidden)
    importer.close(body)
    operands = (*states, inputs, weight_hh, projection)
    last, cell, out = importer.build.node(ops.scan, *operands, regions=[body], carried=2, scanned=1).outputs
    out = importer.emit(ops.flip, out, axes=(0,)) if reverse else out
    return importer.permute(out, (1, 0, 2)) if batch_first else out, last, cell


@row("gru.input")
def gru(
    importer: Importer,
    x: Value,
    hx: Value,
    params: Sequence[Value],
    *settings: Any,
) -> tuple[Value, ...]:
    layers = Layers(*settings)

    def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
        biases = weights[2:] or (None, None)
        return importer.several(
            ops.gru, x, *states, *weights[:2], *biases, reverse=reverse, batch_first=layers.batch_first
        )

    return _stacked(importer, x, [hx], params, layers, layer)


def _plain(name: str, nonlinearity: Nonlinearity) -> None:
    @row(name)
    def rnn(
        importer: Importer,
        x: Value,
        hx: Value,
        params: Sequence[Value],
        *settings: Any,
    ) -> tuple[Value, ...]:
        layers = Layers(*settings)

        def layer(x: Value, states: list[Value], weights: Sequence[Value], reverse: bool) -> Sequence[Value]:
            operands = (x, *states, *weights[:2], _one_bias(importer, weights))
            attrs = {"nonlinearity": nonlinearity, "reverse": reverse, "batch_first": layers.batch_first}
            return importer.several(ops.rnn, *operands, **attrs)

        return _stacked(importer, x, [hx], params, layers, layer)


_plain("rnn_tanh.input", Nonlinearity.TANH)
_plain("rnn_relu.input", Nonlinearity.RELU)
