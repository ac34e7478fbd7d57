"""The models of the peer benchmark, with random weights and batch-norm statistics that are not trivial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision


@dataclass(frozen=True)
class BenchModel:
    """A model and the shape of its input; `kind` sets what is required of the ratio to ONNX Runtime."""

    name: str
    make: Callable[[], torch.nn.Module]
    inputs: Callable[[], tuple[torch.Tensor, ...]]
    kind: str = "convolutional"


class BertEncoder(torch.nn.Module):
    """BERT-base's encoder: 12 layers of 768, 12 heads, token and position embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = torch.nn.Embedding(30522, 768)
        self.positions = torch.nn.Parameter(torch.randn(1, 512, 768) * 0.02)
        self.norm = torch.nn.LayerNorm(768)
        self.layers = torch.nn.ModuleList(_EncoderLayer() for _ in range(12))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.tokens(ids) + self.positions[:, : ids.shape[1]])
        for layer in self.layers:
            x = layer(x)
        return x


class _EncoderLayer(torch.nn.Module):
    def __init__(self, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (torch.nn.Linear(width, width) for _ in range(4))
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = (
            part(x).view(batch, length, self.heads, -1).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        x = self.norm1(x + self.out(mixed.transpose(1, 2).reshape(batch, length, width)))
        return self.norm2(x + self.down(torch.nn.functional.gelu(self.up(x))))


def _torchvision(make: Callable[..., torch.nn.Module], **options: object) -> Callable[[], torch.nn.Module]:
    def build() -> torch.nn.Module:
        torch.manual_seed(0)
        model = make(weights=None, **options)
        for module in model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
                torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.uniform_(module.bias, -0.1, 0.1)
            elif isinstance(module, torch.nn.Linear) and not module.weight.any():
                torch.nn.init.normal_(module.weight, std=0.02)  # vit_b_16 begins with a head whose answer is always 0
        return model.eval()

    return build


def _bert() -> torch.nn.Module:
    torch.manual_seed(0)
    return BertEncoder().eval()


def _image(size: int = 224) -> Callable[[], tuple[torch.Tensor, ...]]:
    return lambda: (torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1)),)


_models = torchvision.models
MODELS = {
    model.name: model
    for model in (
        BenchModel("mobilenet_v2", _torchvision(_models.mobilenet_v2), _image()),
        BenchModel("mobilenet_v3_small", _torchvision(_models.mobilenet_v3_small), _image()),
        BenchModel("resnet50", _torchvision(_models.resnet50), _image()),
        BenchModel("efficientnet_b0", _torchvision(_models.efficientnet_b0), _image()),
        BenchModel(
            "deeplabv3_mobilenet_v3_large",
            _torchvision(_models.segmentation.deeplabv3_mobilenet_v3_large, weights_backbone=None),
            _image(),
        ),
        BenchModel("vit_b_16", _torchvision(_models.vit_b_16), _image(), "transformer"),
        BenchModel(
            "bert_base_128",
            _bert,
            lambda: (torch.randint(0, 30522, (1, 128), generator=torch.Generator().manual_seed(1)),),
            "transformer",
        ),
        BenchModel(
            "r3d_18",
            _torchvision(_models.video.r3d_18),
            lambda: (torch.randn(1, 3, 16, 112, 112, generator=torch.Generator().manual_seed(1)),),
            "video",
        ),
    )
}
