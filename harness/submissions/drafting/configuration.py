"""The configuration of a model on the Hub: what of it belongs on a card, and what a person must judge."""

import math
from typing import Any

from fuseboard.harness.submissions.drafting.hub_model import HubModel

Facts = dict[str, Any]
"""Dotted key of a card -> its value; None for a key that does not belong on this card."""

RESAMPLING = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers; it has others, which no card can say."""


def facts(model: HubModel) -> Facts:
    """What a repository tells of its model, unjudged: a stranger wrote it."""
    found: Facts = {
        "title": model.repository.partition("/")[2],
        "gated": model.is_gated,
        "licence": _licence(model),
        "source.hub_id": model.repository,
        "source.revision": model.revision,
        "source.weights": model.weights,
    }
    papers = [tag.removeprefix("arxiv:") for tag in model.tags if tag.startswith("arxiv:")]
    if len(papers) == 1:
        found["paper"] = f"https://arxiv.org/abs/{papers[0]}"
    if isinstance(learned := model.about.get("datasets"), list):
        found["pretraining"] = learned
    if model.weights is not None and model.hashes[model.weights] is not None:
        found["source.sha256"] = model.hashes[model.weights]
    files = model.configurations
    general = files.get("config.json", {})
    if "open_clip_config.json" in files:
        found |= _open_clip(files["open_clip_config.json"])
    elif "architecture" in general and isinstance(general.get("pretrained_cfg"), dict):
        found |= {**_timm(general), "parameters": model.parameters}
    elif "model_type" in general:
        found |= {**_transformers(general, files.get("preprocessor_config.json", {})), "parameters": model.parameters}
    return {key: value for key, value in found.items() if value is not None or key == "source.architecture"}


def hints(model: HubModel) -> list[str]:
    """What a person should know for the keys that are left to them."""
    general = model.configurations.get("config.json", {})
    notes = []
    if isinstance(general.get("global_pool"), str):
        notes.append(f"pooling: the configuration says global_pool = {general['global_pool'][:40]!r}")
    if isinstance(general.get("architectures"), list):
        notes.append(f"the configuration's class is {', '.join(map(str, general['architectures']))[:80]!r}")
    if "auto_map" in general:
        notes.append("the model is code of its repository: it needs trust = true, and is never run here")
    return notes


def _licence(model: HubModel) -> Any:
    licence = model.about.get("license")
    return model.about.get("license_name", licence) if licence == "other" else licence


def _timm(config: dict[str, Any]) -> Facts:
    given, size = config["pretrained_cfg"], config["pretrained_cfg"].get("input_size")
    kwargs = dict(config["model_args"]) if isinstance(config.get("model_args"), dict) else {}
    if config.get("num_classes") == 0:
        kwargs["num_classes"] = 0
    return {
        "source.loader": "timm",
        "source.architecture": config["architecture"],
        "source.kwargs": kwargs or None,
        "dim": config.get("num_features"),
        "preprocessing.size": size[-1] if isinstance(size, list) and size and size[-1] == size[-2:][0] else None,
        "preprocessing.resize": _translated(
            given.get("crop_mode", "center"), {"center": "shortest", "squash": "stretch"}
        ),
        "preprocessing.crop": given.get("crop_pct"),
        "preprocessing.interpolation": given.get("interpolation"),
        "preprocessing.mean": given.get("mean"),
        "preprocessing.std": given.get("std"),
    }


def _open_clip(config: dict[str, Any]) -> Facts:
    tower, transform = _part(config, "model_cfg"), _part(config, "preprocess_cfg")
    vision = dict(_part(tower, "vision_cfg"))
    if "timm_model_name" in vision:
        vision["timm_model_pretrained"] = False  # or open_clip would fetch weights that nobody pinned
    kwargs = {"embed_dim": tower.get("embed_dim"), "vision_cfg": vision, "quick_gelu": tower.get("quick_gelu")}
    size = vision.get("image_size")
    return {
        "source.loader": "open_clip",
        "source.architecture": None,
        "source.kwargs": {key: value for key, value in kwargs.items() if value is not None},
        "pooling": "cls+proj",  # the only one that this loader has
        "dim": tower.get("embed_dim"),
        "preprocessing.size": size[0] if isinstance(size, list) and size else size,
        "preprocessing.resize": _translated(
            transform.get("resize_mode", "shortest"), {"shortest": "shortest", "squash": "stretch"}
        ),
        "preprocessing.crop": 1.0,
        "preprocessing.interpolation": transform.get("interpolation", "bicubic"),
        "preprocessing.mean": transform.get("mean"),
        "preprocessing.std": transform.get("std"),
        "preprocessing.convert": "after",
    }


def _transformers(config: dict[str, Any], transform: dict[str, Any]) -> Facts:
    """The class is the one that the pinned repository's own configuration names, so it is left out of the card."""
    sizes = config.get("hidden_sizes")
    last = sizes[-1] if isinstance(sizes, list) and sizes else None
    projected = config.get("projection_dim") if "vision_config" in config else None
    found: Facts = {
        "source.loader": "transformers",
        "source.architecture": None,
        "dim": config.get("hidden_size") or projected or last,
        "trust": True if "auto_map" in config else None,
        "preprocessing.centre": "floor",
    }
    return found | _processor(transform) if transform else found


def _processor(given: dict[str, Any]) -> Facts:
    """The transform of a transformers image processor; what no card can say is left out."""
    found: Facts = {"preprocessing.interpolation": _translated(given.get("resample"), RESAMPLING)}
    if math.isclose(_number(given.get("rescale_factor"), 1 / 255), 1 / 255, rel_tol=1e-6):
        normal = given.get("do_normalize", True) is not False
        found["preprocessing.mean"] = given.get("image_mean") if normal else [0.0, 0.0, 0.0]
        found["preprocessing.std"] = given.get("image_std") if normal else [1.0, 1.0, 1.0]
    size, cut = given.get("size"), given.get("crop_size")
    size = {"shortest_edge": size} if isinstance(size, int) and given.get("do_center_crop") else size
    size = {"height": size, "width": size} if isinstance(size, int) else size
    cut = cut.get("height") if isinstance(cut, dict) and cut.get("height") == cut.get("width") else cut
    if not isinstance(size, dict) or given.get("do_resize") is False:
        return found
    is_square = "height" in size and size.get("height") == size.get("width")
    edge = size.get("height") if is_square else size.get("shortest_edge")
    cut = cut if given.get("do_center_crop") else (edge if is_square else None)
    if isinstance(edge, int) and isinstance(cut, int) and 0 < cut <= edge:
        found["preprocessing.size"] = cut
        found["preprocessing.resize"] = "stretch" if is_square else "shortest"
        found["preprocessing.crop"] = _share(cut, edge)
    return found


def _share(cut: int, edge: int) -> float:
    """The fraction by which `floor(cut / fraction)` is exactly the edge."""
    share = cut / edge
    return share if math.floor(cut / share) == edge else math.nextafter(share, 0)


def _translated(value: Any, known: dict[Any, str]) -> str | None:
    return known.get(value) if isinstance(value, str | int) else None


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _part(config: dict[str, Any], key: str) -> dict[str, Any]:
    part = config.get(key)
    return part if isinstance(part, dict) else {}
