"""The backbones that fuseboard ships a card for, and cards of one's own."""

from pathlib import Path

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import UsageError, unknown

FOLDER = Path(__file__).parent / "cards"


def names() -> list[str]:
    """Every shipped backbone."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def get(name: str) -> Card:
    """The card of a shipped backbone, or one's own: a path that ends in `.toml`."""
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{name}: there is no such card; give a path to one, or a name of `backbones list`")
        return cards.read(path)
    if name not in names():
        raise unknown("backbone", name, names())
    return cards.read(FOLDER / f"{name}.toml")


def fingerprints() -> dict[str, str]:
    """Backbone -> the version that its present card makes; which of several stored versions a bare name means.

    A card that is not pinned yet makes none and is left out.
    """
    found = {name: get(name) for name in names()}
    return {name: card.fingerprint for name, card in found.items() if not card.unpinned}
