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
    batch: Callable[[int], tuple[torch.Tensor, ...]]  # inputs by a seed
    kind: str = "convolutional"

    def inputs(self) -> tuple[torch.Tensor, ...]:
        """Those that are timed."""
        return self.batch(1)


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


class Speech(torch.nn.Module):
    """Two LSTM layers of 256 over 100 frames of 40 features, and an answer from the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.LSTM(40, 256, 2, batch_first=True)
        self.answer = torch.nn.Linear(256, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found, _ = self.layers(x)
        return self.answer(found[:, -1])


def _seeded(make: Callable[[], torch.nn.Module]) -> Callable[[], torch.nn.Module]:
    def build() -> torch.nn.Module:
        torch.manual_seed(0)
        return make().eval()

    return build


def _normal(*shape: int) -> Callable[[int], tuple[torch.Tensor, ...]]:
    return lambda seed: (torch.randn(*shape, generator=torch.Generator().manual_seed(seed)),)


def _image(size: int = 224) -> Callable[[int], tuple[torch.Tensor, ...]]:
    return _normal(1, 3, size, size)


def _deit_tiny(weights: None = None) -> torch.nn.Module:
    """DeiT's smallest: patches of 16, 12 layers of 192 with 3 heads (Touvron et al., arXiv:2012.12877)."""
    return torchvision.models.VisionTransformer(224, 16, 12, 3, 192, 768)


_models = torchvision.models
MODELS = {
    model.name: model
    for model in (
        BenchModel("mobilenet_v2", _torchvision(_models.mobilenet_v2), _image()),
        BenchModel("mobilenet_v3_small", _torchvision(_models.mobilenet_v3_small), _image()),
        BenchModel("resnet18", _torchvision(_models.resnet18), _image(), "int8 only"),
        BenchModel("resnet50", _torchvision(_models.resnet50), _image()),
        BenchModel("efficientnet_b0", _torchvision(_models.efficientnet_b0), _image()),
        BenchModel(
            "deeplabv3_mobilenet_v3_large",
            _torchvision(_models.segmentation.deeplabv3_mobilenet_v3_large, weights_backbone=None),
            _image(),
        ),
        BenchModel("deit_tiny", _torchvision(_deit_tiny), _image(), "int8 only"),
        BenchModel("lstm", _seeded(Speech), _normal(1, 100, 40), "int8 only"),
        BenchModel("vit_b_16", _torchvision(_models.vit_b_16), _image(), "transformer"),
        BenchModel(
            "bert_base_128",
            _seeded(BertEncoder),
            lambda seed: (torch.randint(0, 30522, (1, 128), generator=torch.Generator().manual_seed(seed)),),
            "transformer",
        ),
        BenchModel(
            "r3d_18",
            _torchvision(_models.video.r3d_18),
            _normal(1, 3, 16, 112, 112),
            "video",
        ),
    )
}
