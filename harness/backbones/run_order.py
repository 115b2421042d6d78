"""The order in which a model's layers run, by which the tensors of another framework's file are given their names."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Tensors = dict[str, Tensor]

NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def named(model: nn.Module, run: Callable[[], object], tensors: Tensors, folded: bool) -> Tensors:
    """Gives the tensors of a file that lists them layer by layer, as they run, the names that the model has for them.

    torch lists a model's layers as they were made, which is another order where a block makes its shortcut first.

    Args:
        model: whose layers have the tensors.
        run: a forward pass through it.
        tensors: of the file, in its order: of a layer the weight, the bias, and of a batch norm mean and variance.
        folded: whether the file's convolutions took their batch norms over, so that of a norm only the bias is there;
            it is left as a norm that changes nothing but adds that bias.

    Raises:
        ValueError: the file has more or fewer tensors than the layers that run.
    """
    found, wanted = dict[str, Tensor](), list[str]()
    for name, layer in _layers(model, run):
        keys = [f"{name}.{key}" for key in layer.state_dict() if key in _OWN]
        if isinstance(layer, NORM):
            found[f"{name}.num_batches_tracked"] = torch.tensor(0)
            if folded:
                shape = (layer.num_features,)
                found[f"{name}.weight"], found[f"{name}.running_mean"] = torch.ones(shape), torch.zeros(shape)
                found[f"{name}.running_var"] = torch.full(shape, 1 - layer.eps)
                keys = [f"{name}.bias"]
        wanted += keys
    if len(wanted) != len(tensors):
        raise ValueError(f"it has {len(tensors)} tensors, the layers that run need {len(wanted)}")
    return found | dict(zip(wanted, tensors.values(), strict=True))


_OWN = ("weight", "bias", "running_mean", "running_var")


def _layers(model: nn.Module, run: Callable[[], object]) -> list[tuple[str, nn.Module]]:
    """Returns the layers with tensors of their own, each once, as they run."""
    order: dict[str, nn.Module] = {}

    def noting(name: str) -> Callable[..., None]:
        def note(layer: nn.Module, *_: object) -> None:
            order.setdefault(name, layer)

        return note

    own = [(name, layer) for name, layer in model.named_modules() if list(layer.parameters(recurse=False))]
    hooks = [layer.register_forward_hook(noting(name)) for name, layer in own]
    try:
        with torch.no_grad():
            run()
    finally:
        for hook in hooks:
            hook.remove()
    return list(order.items())
