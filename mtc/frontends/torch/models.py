"""What sources need to know of torch, which may not be installed."""

from __future__ import annotations

from mtc.diagnostics import MISSING_PACKAGE


def require() -> None:
    """Imports torch. MISSING_PACKAGE if it is not there."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MISSING_PACKAGE.error("PyTorch is not installed", help="pip install 'mtc[torch]'") from error


def is_complete(held: object) -> bool:
    """Whether it stands for itself, though it may be callable: a model or a tensor, not what returns one."""
    require()
    import torch

    return isinstance(held, (torch.nn.Module, torch.export.ExportedProgram, torch.Tensor))
