"""The draft: a commented card of one's own, with what a library or a file tells of the model."""

import os
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import draft_code, draft_transformers, registry
from fuseboard.harness.backbones.card_template import filled
from fuseboard.harness.backbones.source import DESCRIPTORS, LOADERS
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files.hashing import sha256_of

HUB = ("source.hub_id", "source.revision", "source.weights")
WEIGHTS = (".safetensors", ".bin", ".pth", ".pt", ".ckpt")
"""How files of weights end that torch or safetensors wrote."""
KEPT_TO_ONESELF: dict[str, Any] = {"gated": False, "redistribution": "hash", "trust": False}
"""What holds of a model that nobody else has: nothing of it is passed on."""


def draft(name: str, loader: str, model: str | None, file: Path | None, card: Path) -> str:
    """Returns the text of a card.

    Args:
        name: of the backbone.
        loader: of `LOADERS`.
        model: the loader's name of it: an architecture, a configuration, a class, or one's own `module:Name`.
        file: of weights on this machine.
        card: where the text will lie, from whose folder its paths count.

    Raises:
        UsageError: a name that is none or is taken, an unknown loader or model, no such file.
    """
    if not is_name(name):
        raise UsageError(f"{name!r}: a name has up to 100 small letters, digits, `.`, `_` and `-`, such as my-net")
    if name in registry.names():
        raise UsageError(f"{name} is a backbone of fuseboard and has a card; choose another name")
    if card.suffix != ".toml":
        raise UsageError(f"{card}: name a file that ends in .toml, by which commands know it")
    if card.exists() or card.is_symlink():
        raise UsageError(f"{card}: this is there already, and is not overwritten; name another file with --out")
    LOADERS[loader]
    if file is not None:
        file = _weights(file)
    facts: dict[str, Any] = {"id": name, "title": name, "source.loader": loader, **KEPT_TO_ONESELF}
    facts |= _of_model(loader, model, file, card)
    if file is not None:
        facts |= dict.fromkeys(HUB) | {"source.file": _relative(file, card), "source.sha256": sha256_of(file)}
    else:
        facts["source.file"] = None
    return filled(facts)


def _weights(path: Path) -> Path:
    """Returns the file of weights that is meant, in a folder such as `save_pretrained` writes the only one."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UsageError(f"{path}: no such file of weights")
    found = sorted(one for one in path.iterdir() if one.suffix in WEIGHTS and one.is_file())
    if len(found) != 1:
        held = f"{len(found)} files of weights, such as {found[0].name}" if found else "no file of weights"
        raise UsageError(f"{path}: this folder holds {held}; name the one that is meant")
    return found[0]


def _of_model(loader: str, model: str | None, file: Path | None, card: Path) -> dict[str, Any]:
    without_weights = dict.fromkeys((*HUB, "source.sha256"))
    if loader == "python":
        facts = {"source.architecture": None, "pooling": "none", **without_weights}
        return facts if model is None else facts | draft_code.facts(model, card)
    own: dict[str, Any] = {"source.module": None, "source.module_sha256": None}
    if loader in DESCRIPTORS:
        plain = {"pooling": "none", "holds_image": True, "pretraining": [], "overlap": [], "source.architecture": None}
        return {**own, **without_weights, **plain}
    if loader == "transformers" and (model is not None or file is not None):
        return own | draft_transformers.facts(model, file)
    if model is None:
        return own
    known = {"timm": _of_timm, "open_clip": _of_open_clip}
    return {**own, "source.architecture": model, **(known[loader](model, file is None) if loader in known else {})}


def _of_timm(model: str, is_published: bool) -> dict[str, Any]:
    """Returns what timm tells; its transform is that of its own weights, so of other ones nobody has confirmed it."""
    import timm
    import torch

    name = model.partition(".")[0]
    if not timm.is_model(name):
        raise unknown("architecture", name, timm.list_models(), f"timm {timm.__version__}")
    with torch.device("meta"):
        network: Any = timm.create_model(name, num_classes=0)
    given = timm.get_pretrained_cfg(model) or network.pretrained_cfg
    facts = {
        "source.architecture": name,
        "pooling": {"token": "cls", "avg": "avg"}.get(getattr(network, "global_pool", None) or "avg", "avg"),
        "dim": network.num_features,
        "parameters": sum(one.numel() for one in network.parameters()),
        **_transform(given.input_size[-1], given.crop_pct, given.interpolation, given.mean, given.std),
        "preprocessing.resize": "stretch" if given.crop_mode == "squash" else "shortest",
    }
    if is_published and given.hf_hub_id:
        return facts | {"source.hub_id": given.hf_hub_id, "source.weights": "model.safetensors"}
    return facts | {"unverified": _guessed(facts)}


def _of_open_clip(model: str, _: bool) -> dict[str, Any]:
    import open_clip

    if (config := open_clip.get_model_config(model)) is None:
        raise unknown("architecture", model, open_clip.list_models(), f"open_clip {open_clip.__version__}")
    size = config["vision_cfg"].get("image_size", 224)
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    facts = {
        "pooling": "cls+proj",
        "dim": config["embed_dim"],
        **_transform(size if isinstance(size, int) else size[0], 1.0, "bicubic", mean, std),
        "preprocessing.resize": "shortest",
        "preprocessing.convert": "after",
    }
    return facts | {"unverified": _guessed(facts)}


def _transform(size: int, crop: float, interpolation: str, mean: Any, std: Any) -> dict[str, Any]:
    return {
        "preprocessing.size": size,
        "preprocessing.crop": crop,
        "preprocessing.interpolation": interpolation,
        "preprocessing.mean": list(mean),
        "preprocessing.std": list(std),
    }


def _guessed(facts: dict[str, Any]) -> list[str]:
    return [key for key in facts if key.startswith("preprocessing.")]


def _relative(path: Path, card: Path) -> str:
    """Returns a path as it counts from the card's folder; the whole one where it lies on another drive."""
    try:
        return Path(os.path.relpath(os.path.abspath(path), os.path.abspath(card.parent))).as_posix()
    except ValueError:
        return os.path.abspath(path)
