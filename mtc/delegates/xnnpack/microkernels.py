"""Which of XNNPACK's microkernels a kernel reaches.

XNNPACK keeps them in tables, which `xnn_init_f32_dwconv_config()` and its siblings fill (src/configs/ in its sources).
Its operators (src/operators/) read the tables of every path that they might take. `create_convolution2d_nhwc` takes
DWCONV or VMULCADDC microkernels for groups of one input and one output channel, GEMM ones for windows of one pixel, and
IGEMM ones for all else, which is also where depthwise windows go that are larger than any DWCONV microkernel.
`create_fully_connected_nc` and matrix products take GEMM ones, `create_deconvolution2d_nhwc` GEMM and IGEMM ones.
"""

from __future__ import annotations

from mtc.ir.kernel_key import KernelKey

GEMM, IGEMM, DWCONV, VMULCADDC = "gemm", "igemm", "dwconv", "vmulcaddc"

# By operator and variant. Kernels of other operators reach none of these tables.
_KINDS = {
    "conv2d": (GEMM, IGEMM),
    "conv2d.dense": (GEMM, IGEMM),
    "conv2d.depthwise": (GEMM, IGEMM, DWCONV, VMULCADDC),
    "conv2d.single": (GEMM, IGEMM, DWCONV, VMULCADDC),
    "conv_transpose2d": (GEMM, IGEMM),
    "linear": (GEMM,),
    "integer_linear": (GEMM,),
    "matmul": (GEMM,),
}
# XNNPACK's names of dtypes. Rows that are rounded as they come are its qd8; weights of 4 bits have tables of their own.
_DTYPES = {
    ("f32",): "f32",
    ("f32", "qi8"): "qd8_f32_qc8w",
    ("f32", "qi4"): "qd8_f32_qc8w",
    ("f16",): "f16",
    ("qi8", "qi8"): "qs8_qc8w",
    ("qu8", "qu8"): "qu8",
}


def microkernels(key: KernelKey) -> frozenset[tuple[str, str]]:
    """The kinds of microkernels that a kernel of XNNPACK may run, each with XNNPACK's name of the dtype, from those
    that operators of several kernels refer to."""
    name = f"{key.op}.{key.variant}" if key.variant else key.op
    dtype = "qd8_f32_qc8w" if key.op == "integer_linear" else _DTYPES.get(key.dtypes, "")
    return frozenset((kind, dtype) for kind in _KINDS.get(name, ()))
