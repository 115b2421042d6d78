"""The device: where models and boosters run."""

from fuseboard.store.errors import UsageError


def resolve(device: str | None) -> str:
    """Returns `cpu`, `cuda` or `cuda:N`; the GPU where there is one, unless another is asked for."""
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    name, _, index = device.partition(":")
    if name not in ("cpu", "cuda") or (index and not index.isdecimal()):
        raise UsageError(f"unknown device {device!r}; known: cpu, cuda, cuda:0, cuda:1 …")
    if name == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device {device}: this machine has {torch.cuda.device_count()} CUDA device(s); use --device cpu"
        )
    return device
