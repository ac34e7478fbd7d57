"""Whole models: they compute what torch does at every form, and convolutions in NHWC need no permutes between them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import mtc
from mtc import interp
from mtc.delegates.registry import backends
from mtc.ir.module import Module
from mtc.lower import lower

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")

# Permutes of image size in the lowered model: one for the image, one for a result that is an image.
ONE_AT_THE_INPUT = [
    "mobilenet_v2",
    "mobilenet_v3_small",
    "resnet50",
    "efficientnet_b0",
    "densenet121",
    "googlenet",
    "convnext_tiny",
    "squeezenet1_0",
]


def exported(name: str) -> Module:
    """A model with random weights, batch norms included, and a small image as its sample."""
    torch.manual_seed(0)
    home = models.segmentation if hasattr(models.segmentation, name) else models
    options = {"weights": None}
    if home is models.segmentation:
        options["weights_backbone"] = None
    if name == "googlenet":
        options |= {"init_weights": False, "aux_logits": False, "transform_input": True}
    model = getattr(home, name)(**options).eval()
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.1)
    return mtc.export(model, (torch.randn(1, 3, 64, 64),))


def count(module: Module) -> Counter[str]:
    return Counter(node.op.name for node in module.nodes())


def assert_same(module: Module, source: Module) -> None:
    """`module` agrees with torch's outputs on the sample of `source`."""
    (sample,) = source.samples["forward"]
    got = interp.run(module, [constant.array() for constant in sample.inputs])
    for array, constant in zip(got, sample.outputs, strict=True):
        want = constant.array()
        assert np.abs(array - want).max() <= 1e-4 * np.abs(want).max()


def check(name: str) -> tuple[Module, Module]:
    """The canonical and the lowered model, both compared with torch."""
    source = exported(name)
    canonical = mtc.optimize(source, backend="xnnpack")
    lowered = lower(canonical, backends("xnnpack")).module
    assert_same(canonical, source)
    assert_same(lowered, source)
    return canonical, lowered


@pytest.mark.parametrize("name", ONE_AT_THE_INPUT)
def test_one_permute_at_the_input(name: str) -> None:
    canonical, lowered = check(name)
    (permute,) = [node for node in lowered.nodes() if node.op.name == "permute"]
    assert permute.output.type.shape == (1, 64, 64, 3)
    assert count(canonical)["batch_norm"] == (62 if name == "densenet121" else 0)  # those before a relu
    assert count(lowered)["batch_norm"] == 0


def test_segmentation_has_one_at_each_end() -> None:
    _, lowered = check("deeplabv3_mobilenet_v3_large")
    first, last = (node for node in lowered.nodes() if node.op.name == "permute")
    assert first.output.type.shape == (1, 64, 64, 3)
    assert last.output.type.shape == (1, 21, 64, 64)
    assert all(user.op.name == "return" for user in last.output.user_nodes)


def test_channel_shuffle_is_one_permute_in_nhwc() -> None:
    _, lowered = check("shufflenet_v2_x1_0")
    first, *shuffles = (node for node in lowered.nodes() if node.op.name == "permute")
    assert first.output.type.shape == (1, 64, 64, 3)
    assert len(shuffles) == 16
    assert {node.attrs["dims"] for node in shuffles} == {(0, 1, 2, 4, 3)}


def test_image_is_flattened_in_the_order_of_the_weights() -> None:
    _, lowered = check("vgg11_bn")
    assert count(lowered)["permute"] == 2


def test_windows_of_a_transformer() -> None:
    canonical, lowered = check("swin_t")
    assert count(canonical)["scaled_dot_product_attention"] == 10
    assert count(lowered)["permute"] <= count(canonical)["permute"]
