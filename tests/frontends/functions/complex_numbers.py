"""Complex numbers and Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from functions.inputs import X


def complex_arithmetic(x: torch.Tensor) -> list[torch.Tensor]:
    z, w = torch.complex(x, x.flip(0)), torch.polar(x.abs() + 1, x)
    return [
        *(part for y in (z * w, z + x, x - z, 2 - w, z / w, z / 2, 1 / w, z * 1j, w**2) for part in (y.real, y.imag)),
        *((z @ w.mT).real, torch.einsum("bij,bkj->bik", x + 0j, w).imag, torch.exp(1j * x).imag, z.conj().imag),
        *(z.abs(), w.angle(), torch.add(z, w, alpha=0.5).imag, torch.view_as_real(z.sum(1))),
        *(torch.where(x > 0, z, x).imag, z.masked_fill(x > 0, 2).imag, F.pad(z, (1, 2), value=3).imag),
    ]


def complex_parts(x: torch.Tensor) -> list[torch.Tensor]:
    z = torch.view_as_complex(x.unflatten(-1, (3, 2)))
    a, b = torch.cat([z, x[..., :3]], 1).transpose(0, 1).chunk(2)
    written = z.clone()
    written[..., 0] = x[..., 0]
    written[:, 1:] = x[:, 1:, :3]
    moved = [written, a, b, torch.stack([z, z * 2]), z[:, [2, 0]], z.flatten(1), z.roll(1, 1), z.new_ones(2), z.mean(1)]
    return [torch.view_as_real(y) for y in (*moved, z.to(torch.complex128))]


def transforms(x: torch.Tensor) -> list[torch.Tensor]:
    z = torch.fft.fft2(x)
    return [
        *(torch.fft.rfft(x, dim=1, norm="ortho").abs(), torch.fft.rfftn(x, dim=(0, 2)).imag, z.real),
        torch.fft.ifft(z).imag,
        *(torch.fft.irfft(z, dim=0), torch.fft.irfft2(z, s=(4, 5), norm="forward"), torch.fft.fft(x, n=9).real),
        *(torch.fft.fftshift(z, dim=1).real, torch.fft.ifft(x, norm="forward").imag, torch.fft.hfft(z, n=6)),
    ]


def spectrogram(x: torch.Tensor) -> list[torch.Tensor]:
    window = torch.hann_window(6)
    z = torch.stft(x.flatten(1), 8, 2, 6, window, return_complex=True)
    return [z.abs(), torch.istft(z, 8, 2, 6, window)]


FUNCTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "complex arithmetic": lambda: (complex_arithmetic, X),
    "complex parts": lambda: (complex_parts, X),
    "transforms": lambda: (transforms, X),
    "spectrogram": lambda: (spectrogram, X),
}
