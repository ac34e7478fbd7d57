"""Whole models, one of each construction."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

torchvision = pytest.importorskip("torchvision")

IMAGES = {
    "resnet18": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "squeezenet1_1": 64,
    "shufflenet_v2_x0_5": 64,
    "mnasnet0_5": 64,
    "regnet_y_400mf": 64,
    "efficientnet_b0": 64,
    "googlenet": 64,
    "swin_t": 32,
}


def model(name: str) -> nn.Module:
    options = {"init_weights": False} if name == "googlenet" else {}
    made = torchvision.models.get_model(name, weights=None, **options)
    for module in made.modules():  # statistics that show whether they are used
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return made


@pytest.mark.parametrize("name", IMAGES)
def test_image_classifiers(name: str, exported: Any) -> None:
    exported(model(name), (torch.randn(1, 3, IMAGES[name], IMAGES[name]),))


def test_segmentation_names_its_outputs(exported: Any) -> None:
    made = torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    assert exported(made, (torch.randn(1, 3, 64, 64),)).functions["forward"].output_names == ["out"]


def test_video_classifier(exported: Any) -> None:
    exported(torchvision.models.video.r2plus1d_18(weights=None), (torch.randn(1, 3, 4, 16, 16),))


def test_audio_classifier(exported: Any) -> None:
    layers = nn.Sequential(
        *(nn.Conv1d(1, 8, 9, stride=4, padding=4), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.MaxPool1d(4)),
        *(nn.Conv1d(8, 8, 3, padding="same"), nn.GroupNorm(2, 8), nn.SiLU(inplace=True), nn.AdaptiveAvgPool1d(1)),
        *(nn.Flatten(), nn.Linear(8, 4), nn.LogSoftmax(-1)),
    )
    exported(layers, (torch.randn(2, 1, 256),))


def test_text_encoder_of_any_size(exported: Any) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=50
    )
    mask = torch.ones(2, 9, dtype=torch.long)
    mask[1, 6:] = 0
    inputs = {"input_ids": torch.randint(0, 50, (2, 9)), "attention_mask": mask}
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("words", max=64)}
    shapes = dict.fromkeys(inputs, sizes)
    others = [(torch.randint(0, 50, (3, 5)), torch.ones(3, 5, dtype=torch.long))]
    module = exported(transformers.BertModel(config), inputs, others, dynamic_shapes=shapes)
    function = module.functions["forward"]
    assert function.output_names == ["last_hidden_state", "pooler_output"]
    assert list(function.symbols) == ["batch", "words"]
    assert "scaled_dot_product_attention" in {node.op.name for node in function}
