"""The history of a version: what happened to it in this store, and where else it has been put. It stays here."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest, SplitName
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import atomic, damage

FILE = "history.json"
Kind = Literal["extracted", "imported", "pulled", "pushed", "drafted", "published", "derived"]


class Event(BaseModel):
    """One thing that happened to a version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Kind
    where: str = Field(description="such as ORG/NAME on the Hub; a Zenodo record's address; a cache's DOI; a device")
    revision: str | None = Field(None, description="the Hub's commit")
    doi: str | None = None
    datasets: dict[Name, tuple[SplitName, ...]]
    at: datetime


class _History(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    events: tuple[Event, ...]


def read(folder: Path) -> tuple[Event, ...]:
    """What happened to a version, oldest first; nothing where no record was kept. Raises a DamagedFile."""
    path = folder / FILE
    mend = "delete it: only the record of where this version came from is lost"
    try:
        with damage.named(path, "history", mend, ValidationError):
            return _History.model_validate_json(path.read_bytes()).events
    except FileNotFoundError:
        return ()


def add(
    folder: Path,
    what: Kind,
    where: str,
    datasets: dict[str, tuple[SplitName, ...]],
    revision: str | None = None,
    doi: str | None = None,
) -> None:
    """Notes an event at the end. Call it while holding the version's lock."""
    event = Event(what=what, where=where, revision=revision, doi=doi, datasets=datasets, at=manifests.now())
    atomic.write_text(folder / FILE, _History(events=(*read(folder), event)).model_dump_json(indent=1) + "\n")


def forget(folder: Path, datasets: Collection[str]) -> None:
    """Strikes datasets from the record; an event that was of nothing else goes. Call it holding the version's lock."""
    left = []
    for event in read(folder):
        held = {name: splits for name, splits in event.datasets.items() if name not in datasets}
        if held or not event.datasets:
            left.append(event.model_copy(update={"datasets": held}))
    atomic.write_text(folder / FILE, _History(events=tuple(left)).model_dump_json(indent=1) + "\n")


def splits_of(manifest: Manifest) -> dict[str, tuple[SplitName, ...]]:
    """What a manifest lists, in the form that an event keeps."""
    return {name: tuple(entry.splits) for name, entry in manifest.datasets.items()}


def origins(events: Iterable[Event]) -> list[str]:
    """Where a version's vectors came from, each place once, such as `pulled from org/name`."""
    prefix = {
        "extracted": "extracted on ",
        "imported": "imported from ",
        "pulled": "pulled from ",
        "derived": "derived from ",
    }
    return list(dict.fromkeys(f"{prefix[e.what]}{e.where}" for e in events if e.what in prefix))
