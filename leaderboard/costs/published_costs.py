"""Published costs are what the paper says that computing embeddings took."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class PublishedCosts:
    """They are of other hardware and of whole models, so they stand beside measured ones and are never ranked."""

    source: str
    url: str
    statement: str
    peak_vram_mb: Mapping[str, float]
    """Backbone -> megabytes, where a number is given."""


@cache
def load() -> PublishedCosts:
    """Return what the paper says."""
    return PublishedCosts(**tomllib.loads(FILE.read_text(encoding="utf-8")))
