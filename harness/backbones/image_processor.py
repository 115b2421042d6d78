"""The image processor of transformers, as a repository writes it down: what of it a card can say."""

import math
from typing import Any

RESAMPLING = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers; it has others, which no card can say."""


def facts(given: dict[str, Any]) -> dict[str, Any]:
    """The transform of a transformers image processor; what no card can say is left out."""
    found: dict[str, Any] = {"preprocessing.interpolation": translated(given.get("resample"), RESAMPLING)}
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


def translated(value: Any, known: dict[Any, str]) -> str | None:
    """Returns the word of a card for a value of a stranger, or None where there is none."""
    return known.get(value) if isinstance(value, str | int) else None


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
