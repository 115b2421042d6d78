"""Whether a stranger's model may be computed on this machine, and whether its weights are here."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.submissions.rules import source as source_rule

LIBRARY_LOADERS = ("timm", "open_clip", "transformers", *DESCRIPTORS)
"""Loaders of models that are code of well-known libraries; the others run code that comes with the model."""
MAX_PIXELS = 1_024
"""Pixels that an input's edge may have, and twice that before it is cropped: a card may ask for any memory."""


def refusal(card: Card) -> str | None:
    """Why a card is not loaded here, or None. Nothing is opened, fetched or imported to say so."""
    source, pre = card.source, card.preprocessing
    if card.trust:
        return "its model is code of its repository, which is never run here"
    if source.loader not in LIBRARY_LOADERS:
        return f"its loader, {source.loader}, runs code that comes with the model"
    if card.unpinned:
        return f"{' and '.join(card.unpinned)} unpinned, so its weights are not known"
    if bad := next((finding for finding in source_rule.findings(card) if finding.is_bad), None):
        return bad.message
    if card.gated:
        return "its weights are gated"
    if source.file is not None or source.url is not None or source.archives:
        return "its weights are neither in an installed Python package nor in a repository of the Hub"
    if pre.size > MAX_PIXELS or math.floor(pre.size / pre.crop) > 2 * MAX_PIXELS:
        return f"it takes images of {pre.size} pixels cropped by {pre.crop:g}, more than is tried"
    if source.loader in DESCRIPTORS:
        shipped = registry.get(source.loader).source.kwargs
        return None if source.kwargs == shipped else "it is a descriptor with arguments that no shipped card has"
    if strange := sorted(set(_keys(source.kwargs)) - _shipped_arguments()):
        return f"its argument {strange[0]!r} is on no shipped card"
    return None


def unavailable(card: Card, download: bool) -> str | None:
    """Why the weights of a card that may be loaded cannot be had, or None once they are on this machine.

    Args:
        card: one that `refusal` lets pass.
        download: whether they may be downloaded; no token goes along, so what is not public stays unread.
    """
    source = card.source
    if source.loader in DESCRIPTORS:
        return None
    if source.package is not None:
        from importlib.util import find_spec

        return None if find_spec(source.package) else f"the Python package {source.package} is not installed"
    from huggingface_hub import hf_hub_download
    from huggingface_hub import try_to_load_from_cache as cached
    from huggingface_hub.errors import HfHubHTTPError

    where: dict[str, Any] = {"revision": source.revision, "repo_type": source.hub_type}
    names = [str(source.weights), *source.shards]
    if source.architecture is None:
        names.append("config.json")
    for name in names:
        if isinstance(cached(str(source.hub_id), name, **where), str):
            continue
        if not download:
            return f"{name} of {source.hub_id} is not on this machine; say --download-weights"
        try:
            hf_hub_download(str(source.hub_id), name, token=False, **where)
        except (HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
            return f"{name} of {source.hub_id} cannot be fetched ({' '.join(str(error).split())[:200]})"
    return None


@cache
def _shipped_arguments() -> frozenset[str]:
    """Arguments that shipped cards give to models: they say its shape, and open or fetch nothing."""
    return frozenset(key for name in registry.names() for key in _keys(registry.get(name).source.kwargs))


def _keys(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from _keys(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _keys(value)
