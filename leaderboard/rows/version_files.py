"""The files of a version beside its manifest are its card and its history, read as the text of strangers."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuseboard.store.embeddings import history
from fuseboard.store.embeddings.history import Event
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.month import is_month

MAX_BYTES = 2**20
"""Bytes that a card may have."""
MAX_WORDS = 40
"""Words of a list that are shown."""


@dataclass(frozen=True)
class VersionFiles:
    """They are the files of one version. What a card does not say, or says in another form than a card's, is None."""

    modality: tuple[str, ...] | None
    gated: bool | None
    """Whether its weights are handed out only to those who ask."""
    trust: bool | None
    """Whether it runs code of its repository."""
    unverified: tuple[str, ...]
    """Keys of the card whose value nobody has confirmed."""
    published: str | None
    """Month in which the backbone was first public."""
    no_card: str | None
    """Why the card could not be read; null when it could."""
    events: tuple[Event, ...]
    """What happened to the version in this store, oldest first."""
    no_history: str | None
    """Why that is not known; null when it is."""


def version_files(versions: Sequence[Version]) -> dict[tuple[str, str], VersionFiles]:
    """Map (backbone, fingerprint) to the files beside its manifest."""
    return {(one.manifest.backbone, one.manifest.fingerprint): _of(one) for one in versions}


def _of(version: Version) -> VersionFiles:
    try:
        card, no_card = _card(version.folder / CARD, version.manifest.backbone), None
    except FuseboardError as error:
        card, no_card = {}, str(error)
    try:
        events, no_history = _events(version), None
    except (FuseboardError, OSError):
        events, no_history = (), "its record cannot be read"
    return VersionFiles(
        modality=_words(card.get("modality")),
        gated=_flag(card.get("gated")),
        trust=_flag(card.get("trust")),
        unverified=_words(card.get("unverified")) or (),
        published=card["published"] if is_month(card.get("published")) else None,
        no_card=no_card,
        events=events,
        no_history=no_history or (None if events else "no record was kept"),
    )


def _events(version: Version) -> tuple[Event, ...]:
    """Return what happened to the datasets that are shown of it."""
    shown, told = set(version.manifest.datasets), history.read(version.folder)
    events = (
        one.model_copy(update={"datasets": {name: own for name, own in one.datasets.items() if name in shown}})
        for one in told
        if not one.datasets or shown & set(one.datasets)
    )
    return tuple(events)


def _card(path: Path, backbone: str) -> Mapping[str, Any]:
    """Read a card unchecked: the harness knows what a card must say, and what is wrong is shown, not used."""
    if path.is_symlink() or not path.is_file():
        raise FuseboardError("no card lies beside its manifest")
    if path.stat().st_size > MAX_BYTES:
        raise FuseboardError(f"its card has more than {MAX_BYTES:,} bytes")
    try:
        card = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FuseboardError("its card cannot be read") from error
    if card.get("id") != backbone:
        raise FuseboardError("the card beside its manifest is of another backbone")
    return card


def _words(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return None
    return tuple(value[:MAX_WORDS])


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
