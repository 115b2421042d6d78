"""The backbones that fuseboard ships a card for, and cards of one's own."""

from pathlib import Path

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import of_files

FOLDER = Path(__file__).parent / "cards"
CARDS = of_files("backbone", FOLDER.glob("*.toml"))


def names() -> list[str]:
    """Returns the name of every shipped backbone."""
    return list(CARDS)


def get(name: str) -> Card:
    """The card of a shipped backbone, or one's own: a path that ends in `.toml`."""
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{name}: there is no such card; give a path to one, or a name of `backbones list`")
        return cards.read(path)
    return cards.read(CARDS[name])


def fingerprints() -> dict[str, str]:
    """Backbone -> the version that its present card makes; which of several stored versions a bare name means.

    A card that is not pinned yet makes none and is left out.
    """
    found = {name: get(name) for name in names()}
    return {name: card.fingerprint for name, card in found.items() if not card.unpinned}
