"""The backbones that fuseboard ships a card for."""

from pathlib import Path

from harness.backbones import card as cards
from harness.backbones.card import Card
from store.errors import unknown

FOLDER = Path(__file__).parent / "cards"


def names() -> list[str]:
    """Every shipped backbone."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def get(name: str) -> Card:
    """The card of a shipped backbone."""
    if name not in names():
        raise unknown("backbone", name, names())
    return cards.read(FOLDER / f"{name}.toml")


def fingerprints() -> dict[str, str]:
    """Backbone -> the version that its present card makes; which of several stored versions a bare name means."""
    return {name: get(name).fingerprint for name in names()}
