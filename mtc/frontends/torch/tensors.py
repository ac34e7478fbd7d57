"""torch tensors as arrays and constants."""

from __future__ import annotations

import numpy as np
import torch

from mtc.frontends.torch.problems import Unsupported
from mtc.ir.constant import Constant
from mtc.ir.module import Module
from mtc.ir.types import BF16, BOOL, F16, F32, F64, I8, I16, I32, I64, U8, DType

DTYPES: dict[torch.dtype, DType] = {
    torch.float32: F32,
    torch.float64: F64,
    torch.float16: F16,
    torch.bfloat16: BF16,
    torch.int8: I8,
    torch.uint8: U8,
    torch.int16: I16,
    torch.int32: I32,
    torch.int64: I64,
    torch.bool: BOOL,
}


_TORCH = {dtype: torch_dtype for torch_dtype, dtype in DTYPES.items()}


def dtype_of(dtype: torch.dtype) -> DType:
    """The IR's dtype. Unsupported if it has none."""
    if dtype not in DTYPES:
        instead = "torch.view_as_real of it" if dtype.is_complex else f"one of {', '.join(map(_name, DTYPES))}"
        raise Unsupported(f"tensors of {_name(dtype)}; use {instead}")
    return DTYPES[dtype]


def check_dense(tensor: torch.Tensor) -> None:
    """Unsupported if the tensor is sparse, or of another layout that has no strides."""
    if tensor.layout is not torch.strided:
        raise Unsupported(f"a tensor of layout {_name(tensor.layout)}; make it dense with `to_dense()` first")


def _name(of_torch: torch.dtype | torch.layout) -> str:
    return str(of_torch).removeprefix("torch.")


def to_torch(dtype: DType) -> torch.dtype:
    """torch's dtype for a plain one."""
    return _TORCH[dtype]


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy of the tensor's elements, dense and row-major. Unsupported if the IR has no such dtype."""
    dtype_of(tensor.dtype)
    dense = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    is_bf16 = dense.dtype is torch.bfloat16
    elements: np.ndarray = (dense.view(torch.int16) if is_bf16 else dense).numpy().copy()
    return elements.view(BF16.numpy) if is_bf16 else elements


class TensorPool:
    """Makes a constant of each tensor, and one only of tensors that share their memory (tied weights)."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Constant] = {}
        self._names: dict[tuple[object, ...], str] = {}
        self._kept: list[torch.Tensor] = []  # so that no address is used twice

    def name(self, tensor: torch.Tensor, name: str) -> None:
        """What its constant is called, if there is to be one: the first name that a tensor has."""
        if tensor.layout is torch.strided and tensor.numel():
            self._kept.append(tensor)
            self._names.setdefault(_place(tensor), name)

    def constant(self, module: Module, tensor: torch.Tensor, name: str) -> Constant:
        """Unsupported if the IR has no such tensor."""
        check_dense(tensor)
        key = _place(tensor)
        if tensor.numel() == 0 or key not in self._known:
            self._kept.append(tensor)
            self._known[key] = module.add_constant(Constant.of(to_numpy(tensor), self._names.get(key, name)))
        return self._known[key]


def _place(tensor: torch.Tensor) -> tuple[object, ...]:
    """Equal for tensors that are the same elements in memory."""
    return (tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype, tensor.device)
