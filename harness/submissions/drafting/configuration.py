"""The configuration of a model on the Hub: what of it belongs on a card, and what a person must judge."""

from typing import Any

from fuseboard.harness.backbones import image_processor
from fuseboard.harness.submissions.drafting.hub_model import HubModel

Facts = dict[str, Any]
"""Dotted key of a card -> its value; None for a key that does not belong on this card."""


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
        "preprocessing.resize": image_processor.translated(
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
        "preprocessing.resize": image_processor.translated(
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
    return found | image_processor.facts(transform) if transform else found


def _part(config: dict[str, Any], key: str) -> dict[str, Any]:
    part = config.get(key)
    return part if isinstance(part, dict) else {}
