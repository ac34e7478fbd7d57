"""Discrete Fourier transforms, whose complex operands and results are pairs here."""

from __future__ import annotations

import torch

from cases.case import case, randn
from mtc import ops


def transform(
    real: torch.Tensor, imag: torch.Tensor | None, axis: int = -1, inverse: bool = False, onesided: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    x = real if imag is None else torch.complex(real, imag)
    result = torch.fft.ifft(x, dim=axis, norm="forward") if inverse else torch.fft.fft(x, dim=axis)
    kept = result.narrow(axis, 0, real.shape[axis] // 2 + 1) if onesided else result
    return kept.real.contiguous(), kept.imag.contiguous()


def back(real: torch.Tensor, imag: torch.Tensor, axis: int, size: tuple[int]) -> torch.Tensor:
    return torch.fft.irfft(torch.complex(real, imag), n=size[0], dim=axis, norm="forward")


CASES = [
    *(
        case(ops.fft, transform, real=randn(3, size), imag=imag, onesided=onesided, inverse=inverse)
        for size in (1, 2, 7, 16, 30)
        for imag in (randn(3, size), None)
        for onesided, inverse in ((False, False), (True, False), (False, True))
    ),
    *(
        case(ops.fft, transform, real=randn(*shape), imag=imag, axis=axis, onesided=imag is None)
        for shape, axis in (((40, 12), -1), ((2, 27, 35), 1), ((5, 128), 1), ((2, 3, 22, 17), 2), ((1, 400), -1))
        for imag in (randn(*shape), None)
    ),
    *(
        case(ops.irfft, back, real=randn(3, size // 2 + 1), imag=randn(3, size // 2 + 1), axis=-1, size=(size,))
        for size in (1, 2, 3, 8, 15, 50)
    ),
    *(
        case(ops.irfft, back, real=randn(*half), imag=randn(*half), axis=axis, size=(size,))
        for half, axis, size in (((40, 9), -1, 16), ((2, 11, 35), 1, 21), ((1, 201), 1, 400))
    ),
]
