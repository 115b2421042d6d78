"""The backbones that fuseboard ships a card for, and cards of one's own."""

from collections.abc import Iterable
from pathlib import Path

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.store.embeddings import derived, random_weights
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import of_files

FOLDER = Path(__file__).parent / "cards"
CARDS = of_files("backbone", FOLDER.glob("*.toml"))
PAPER = (
    "biomedclip", "chexagent", "conch", "hibou-b", "prov-gigapath", "pubmedclip", "rad-dino", "uni", "uni2-h",
)  # fmt: skip
"""The nine of the BioFuse paper (Hossain & Harris-Birtill 2026), by the weights that its text names."""


OFFLINE = ("pixels", "hog", "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
"""Backbones whose weights come with an installed package, or that have none: anybody has them, without a network."""


def names() -> list[str]:
    """Returns the name of every shipped backbone."""
    return list(CARDS)


def get(name: str) -> Card:
    """The card of a shipped backbone, or one's own: a path that ends in `.toml`; with `:random`, of its network so."""
    if (base := random_weights.trained(random_weights.stored(name))) is not None:
        return get(base).with_random_weights()
    if name.endswith(".toml"):
        return own(Path(name))
    if name not in CARDS and Path(f"{name}.toml").is_file():
        raise UsageError(f"unknown backbone {name!r}; a card of your own is a path: say {name}.toml")
    source, recipe = derived.named(name)
    if name not in CARDS and recipe is not None and source in CARDS:
        raise UsageError(
            f"{name} is made of the vectors of {source} and has no card: extract {source}, then run `fuseboard store "
            f"derive {source}` on the same dataset"
        )
    return cards.read(CARDS[name])


def own(path: Path) -> Card:
    """The card of one's own in a file, from whose folder its paths count."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such card; give a path to one, or a name of `backbones list`")
    card = cards.read(path)
    card.source.lie_in(path)
    return card


def get_all(names: Iterable[str]) -> list[Card]:
    """The cards of several names, among which a folder stands for all cards in it, by name."""
    found = []
    for name in names:
        found += [own(path) for path in in_folder(Path(name))] if is_folder(name) else [get(name)]
    return found


def is_folder(name: str) -> bool:
    """Whether a name means a folder of cards; a shipped backbone's name never does."""
    return name not in CARDS and Path(name).is_dir()


def in_folder(folder: Path) -> list[Path]:
    """The cards of a folder, such as `backbones pin` fills."""
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise UsageError(f"{folder}: no card lies there; `fuseboard backbones pin --into {folder} NAME` writes one")
    return found


def specs(names: Iterable[str]) -> list[str]:
    """Names of versions, among which a card of one's own, or a folder of them, stands for the versions it makes."""
    found = []
    for name in names:
        is_own = name.removesuffix(random_weights.TYPED).endswith(".toml") or is_folder(name)
        found += [f"{card.id}@{card.fingerprint}" for card in get_all([name])] if is_own else [name]
    return found


def fingerprints() -> dict[str, str]:
    """Backbone -> the version that its present card makes; which of several stored versions a bare name means.

    A card that is not pinned yet makes none and is left out; its network with random weights needs no pin.
    """
    shipped = [get(name) for name in names()]
    networks = [card for card in shipped if card.source.loader not in DESCRIPTORS]
    found = [*shipped, *(card.with_random_weights() for card in networks)]
    return {card.id: card.fingerprint for card in found if not card.unpinned}


def published() -> dict[str, str]:
    """Backbone -> the month in which it was first public, of the shipped cards that say so."""
    return {card.id: card.published for card in map(get, names()) if card.published is not None}
