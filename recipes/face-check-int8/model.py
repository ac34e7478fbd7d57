"""Faces and others told apart: the pretrained output network of MTCNN (Zhang et al., 2016).

Its weights are those of the Python package facenet-pytorch (MIT), and the pictures those of scikit-image: 100 faces of
the Labeled Faces in the Wild, and 100 other patches. Neither package is imported.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SIZE = 48  # pixels that the network sees


class OutputNet(nn.Module):
    """Boxes (4), five landmarks (x of each, then y) and the probability of each picture [n, 3, 48, 48] in [-1, 1]."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, pictures):
        x = F.max_pool2d(self.prelu1(self.conv1(pictures)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.prelu2(self.conv2(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.prelu3(self.conv3(x)), 2, 2, ceil_mode=True)
        x = self.prelu4(self.conv4(x)).permute(0, 3, 2, 1).flatten(1)
        x = self.prelu5(self.dense5(x))
        return self.dense6_2(x), self.dense6_3(x), torch.softmax(self.dense6_1(x), dim=1)[:, 1]


def data(package, name):
    spec = find_spec(package)
    if spec is None:
        project = {"facenet_pytorch": "facenet-pytorch==2.6.0", "skimage": "scikit-image"}[package]
        raise RuntimeError(f"`{name}` is in a package: pip install --no-deps {project}")
    return Path(spec.submodule_search_locations[0], "data", name)


def model():
    net = OutputNet().eval()
    net.load_state_dict(torch.load(data("facenet_pytorch", "onet.pt"), weights_only=True))
    return net


def pictures(indices):
    """Of the 200, the first half of which are faces: gray, 25 by 25 pixels."""
    gray = torch.from_numpy(np.load(data("skimage", "lfw_subset.npy"))[indices]).float()[:, None]
    return F.interpolate(gray, (SIZE, SIZE), mode="bilinear", align_corners=False).expand(-1, 3, -1, -1) * 2 - 1


def calibration_inputs():
    """16 faces and 16 others, which are not among the examples."""
    for i in range(16):
        yield (pictures([i, 100 + i]),)


def example_inputs():
    return (pictures([*range(16, 100), *range(116, 200)]),)


dynamic_shapes = ({0: torch.export.Dim("n")},)
