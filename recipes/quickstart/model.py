"""A face finder: the pretrained proposal network of MTCNN (Zhang et al., 2016) over an image pyramid.

The weights are those of the Python package facenet-pytorch (MIT), which is not imported.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

# The network sees 12 by 12 pixels: a face of 12 * s pixels at shrink factor s.
SHRINK = (5, 6, 7, 8, 10, 12)


class ProposalNet(nn.Module):
    """How likely each 12 by 12 window holds a face, and how to move the window to fit it better."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 10, kernel_size=3)
        self.prelu1 = nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2 = nn.Conv2d(10, 16, kernel_size=3)
        self.prelu2 = nn.PReLU(16)
        self.conv3 = nn.Conv2d(16, 32, kernel_size=3)
        self.prelu3 = nn.PReLU(32)
        self.conv4_1 = nn.Conv2d(32, 2, kernel_size=1)
        self.conv4_2 = nn.Conv2d(32, 4, kernel_size=1)

    def forward(self, x):
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        return torch.softmax(self.conv4_1(x), dim=1)[:, 1], self.conv4_2(x)


class FaceFinder(nn.Module):
    """The proposal network on the image shrunk by each factor: a probability map and four offsets each."""

    def __init__(self):
        super().__init__()
        self.net = ProposalNet()

    def forward(self, image):
        return [self.net(F.avg_pool2d(image, factor)) for factor in SHRINK]


def model():
    spec = find_spec("facenet_pytorch")
    if spec is None:
        raise RuntimeError("the weights are in a package: pip install --no-deps facenet-pytorch==2.6.0")
    finder = FaceFinder().eval()
    weights = Path(spec.submodule_search_locations[0], "data", "pnet.pt")
    finder.net.load_state_dict(torch.load(weights, weights_only=True))
    return finder


example_inputs = (torch.zeros(1, 3, 512, 512),)
