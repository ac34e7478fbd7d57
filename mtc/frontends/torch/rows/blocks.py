"""Operators that exchange blocks of pixels for channels."""

from __future__ import annotations

from mtc.frontends.torch.importer import Importer
from mtc.frontends.torch.table import row
from mtc.ir.module import Value


@row("pixel_shuffle")
def pixel_shuffle(importer: Importer, x: Value, upscale_factor: int) -> Value:
    *batch, channels, height, width = x.type.shape
    r, rank = upscale_factor, len(batch)
    apart = importer.reshape(x, (*batch, channels // (r * r), r, r, height, width))
    order = [*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2]
    return importer.reshape(importer.permute(apart, order), importer.result_type().shape)


@row("pixel_unshuffle")
def pixel_unshuffle(importer: Importer, x: Value, downscale_factor: int) -> Value:
    *batch, channels, height, width = x.type.shape
    r, rank = downscale_factor, len(batch)
    apart = importer.reshape(x, (*batch, channels, height // r, r, width // r, r))
    order = [*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3]
    return importer.reshape(importer.permute(apart, order), importer.result_type().shape)


@row("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(importer: Importer, x: Value, groups: int) -> Value:
    batch, channels, *rest = x.type.shape
    apart = importer.reshape(x, (batch, groups, channels // groups, *rest))
    order = [0, 2, 1, *range(3, 3 + len(rest))]
    return importer.reshape(importer.permute(apart, order), x.type.shape)
