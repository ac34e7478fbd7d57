"""Speaker embeddings: the pretrained LSTM encoder of Resemblyzer (Wan et al., 2018).

Its weights are those of the Python package resemblyzer (Apache-2.0), which is not imported. The voices are made here:
vowels of vocal tracts of different lengths.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

RATE = 16_000  # samples a second
WINDOW, HOP = 400, 160  # samples of a spectrum, and between two
MELS, FRAMES = 40, 160
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))  # formants in Hz
# Hz of the voice, length of the vocal tract compared with a man's, breathiness.
SPEAKERS = (
    (95, 1.02, 0.01),
    (130, 0.96, 0.05),
    (175, 0.90, 0.01),
    (205, 0.84, 0.03),
    (240, 0.80, 0.01),
    (290, 0.72, 0.02),
    (110, 1.08, 0.08),
    (330, 0.66, 0.01),
)


class SpeakerEncoder(nn.Module):
    """Unit vectors [n, 256] of voices [n, frames, 40], which are energies of mel bands."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mels):
        _, (hidden, _) = self.lstm(mels)
        found = torch.relu(self.linear(hidden[-1]))
        return found / torch.norm(found, dim=1, keepdim=True)


def model():
    spec = find_spec("resemblyzer")
    if spec is None:
        raise RuntimeError("the weights are in a package: pip install --no-deps resemblyzer==0.1.4")
    file = Path(spec.submodule_search_locations[0], "pretrained.pt")
    weights = torch.load(file, map_location="cpu", weights_only=True)
    net = SpeakerEncoder().eval()
    net.load_state_dict({name: weights["model_state"][name] for name in net.state_dict()})
    return net


def utterance(speaker, seed):
    """1.6 seconds of vowels in an order of its own, as mel energies [160, 40]."""
    random = np.random.default_rng(seed)
    pitch, length, breath = SPEAKERS[speaker]
    time = np.arange((FRAMES - 1) * HOP + WINDOW) / RATE
    melody = pitch * 2 ** (np.interp(time, np.linspace(0, time[-1], 6), random.normal(0, 1.5, 6)) / 12)
    phase = 2 * np.pi * np.cumsum(melody) / RATE
    order = random.permutation(len(VOWELS))
    formants = [
        np.interp(time, np.linspace(0, time[-1], len(order)), [VOWELS[i][k] / length for i in order]) for k in range(3)
    ]
    sound = breath * random.standard_normal(len(time))
    for harmonic in range(1, 60):
        partial = harmonic * melody
        strength = sum(0.5**k / (1 + ((partial - formant) / 90) ** 2) for k, formant in enumerate(formants))
        sound += np.where(partial < RATE / 2, strength / harmonic**0.5 * np.sin(harmonic * phase), 0)
    return mel_energies(0.05 * sound / sound.std())


def mel_energies(sound):
    """As librosa's `melspectrogram` with Slaney's bands gives them."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP] * np.hanning(WINDOW + 1)[:-1]
    power = np.abs(np.fft.rfft(frames)) ** 2
    edges = to_hertz(np.linspace(0, to_mel(RATE / 2), MELS + 2))
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.clip(np.minimum(rise, fall), 0, None) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return (power @ bands.T).astype(np.float32)


def to_mel(hertz):
    return np.where(hertz < 1000, hertz * 3 / 200, 15 + np.log(np.maximum(hertz, 1) / 1000) * 27 / np.log(6.4))


def to_hertz(mel):
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def calibration_inputs():
    """Speakers in other words than those of the examples."""
    for seed in range(16):
        yield (torch.from_numpy(utterance(seed % len(SPEAKERS), 1000 + seed))[None],)


def example_inputs():
    """Each speaker twice: all of them, then all of them again."""
    return (torch.from_numpy(np.stack([utterance(i % len(SPEAKERS), i) for i in range(2 * len(SPEAKERS))])),)


dynamic_shapes = ({0: torch.export.Dim("n")},)
