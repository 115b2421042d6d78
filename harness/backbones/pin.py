"""Pinning: reading what a card's repository holds now, and writing it down so that it can never silently change."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import card_text, weight_sources, weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.loaders.own_code import file_of
from fuseboard.harness.backbones.source import UNPINNED, Source
from fuseboard.store.errors import UsageError
from fuseboard.store.files import atomic, text_file
from fuseboard.store.files.hashing import sha256_of


def pinned(card: Card, confirm: Callable[[str], bool]) -> Card:
    """The card itself when it is pinned, else a pinned one: from `NAME.toml` here, or made now when one agrees.

    Args:
        card: of a backbone that shall be used now.
        confirm: asks a yes-or-no question; a program that cannot ask answers no.

    Raises:
        FuseboardError: it was refused (with the command that does it), or the weights cannot be had.
    """
    if not card.unpinned:
        return card
    path = card.source.card or file_name(card)
    if card.source.card is None:
        if path.is_file() and same_but_for_pins(own := cards.read(path), card):
            return own
        require_room(path)
    question = (
        f"{card.id}: {' and '.join(card.unpinned)} unpinned. Fetch its weights from {card.source.place}, take what is "
        f"there now for the truth, and write that to {path.name}?"
    )
    if not confirm(question):
        card.require_pins()
    made = pin(card)
    write(made, path)
    return made


def write(made: Card, path: Path) -> None:
    """Writes a pinned card; into the file that it came from only its pins, so that comments there stay.

    Raises:
        UsageError: another folder, in which the code that lies beside the card would not be found.
        FuseboardError: the pins cannot be filled in line by line.
    """
    source = made.source
    if source.card is not None and path.exists() and path.samefile(source.card):
        atomic.write_text(path, card_text.pinned(text_file.decoded(path.read_bytes(), path), made))
        return
    is_elsewhere = source.card is not None and path.absolute().parent != source.folder
    if is_elsewhere and source.module is not None:
        raise UsageError(
            f"{path}: the code of {made.id} lies beside its card in {source.folder}, and would not be found there; "
            "write the pinned card to that folder"
        )
    if is_elsewhere and source.file is not None:
        file = os.path.relpath(weight_sources.fetch(made), path.absolute().parent)
        made = made.model_copy(update={"source": source.model_copy(update={"file": file})})
    atomic.write_text(path, made.toml())


def pin(card: Card) -> Card:
    """Returns the card with the revision and every hash filled in; downloads the weights, or the needed shards of them.

    What is pinned already stays, and is checked.
    """
    source = card.source
    if source.module_sha256 == UNPINNED:
        source = _with(source, module_sha256=sha256_of(file_of(card)))
    if source.revision == UNPINNED:
        source = _with(source, revision=weight_sources.newest_revision(card))
    card = card.model_copy(update={"source": source})
    if source.sha256 is not None:
        first = weight_sources.fetch(card)
        source = _with(source, sha256=sha256_of(first) if source.sha256 == UNPINNED else source.sha256)
        if source.is_indexed:
            known = {name: digest for name, digest in source.shards.items() if digest != UNPINNED}
            new = {
                n: sha256_of(weight_sources.fetch(card, n)) for n in weights.shards_of(card, first) if n not in known
            }
            source = _with(source, shards=known | new)
    made = card.model_copy(update={"source": source})
    if source.sha256 is not None:
        weights.files_of(made)
    return made


def require_room(path: Path) -> None:
    """Raises where a file lies already: what somebody wrote there is never overwritten."""
    if path.exists():
        raise UsageError(f"{path}: there is a file of this name already; move it away, or name another place")


def file_name(card: Card) -> Path:
    """Where a pinned card goes by default: the current folder."""
    return Path(f"{card.id}.toml")


def _with(source: Source, **changes: Any) -> Source:
    return Source.model_validate(source.model_dump() | changes).lie_in(source.card)


def same_but_for_pins(own: Card, shipped: Card) -> bool:
    """Whether one's own card is the shipped one with its gaps filled, and nothing else changed."""
    if own.unpinned or own.id != shipped.id:
        return False
    gaps = {name: getattr(shipped.source, name) for name in shipped.unpinned}
    return own.model_copy(update={"source": own.source.model_copy(update=gaps)}) == shipped
