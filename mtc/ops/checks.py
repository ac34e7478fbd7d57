"""What a model assumes of the sizes of its inputs."""

from __future__ import annotations

from mtc.ops.define import EFFECT, Accuracy, Dims, op, require


def check_sizes_shapes(*, sizes: Dims, wanted: Dims) -> list[Dims]:
    require(len(sizes) == len(wanted), "as many sizes as wanted ones")
    return []


@op(types="->", infer=check_sizes_shapes, traits=(EFFECT,), accuracy=Accuracy.EXACT)
def check_sizes(*, sizes: Dims, wanted: Dims):
    """An error when it runs if one of `sizes` is not the one at its place in `wanted`: the function computes what the
    model does only where they are equal. It has no result."""
    if sizes != wanted:
        raise ValueError(f"sizes {sizes} are not {wanted}")
    return []
