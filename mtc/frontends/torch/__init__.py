"""PyTorch models by `torch.export`. The only part of mtc, with `torchscript`, that imports torch."""
