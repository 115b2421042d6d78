"""Deposit: a version as a Zenodo record, first a draft that can be looked at, published only when asked."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fuseboard.store.embeddings import dataset_card, derived, history, licence, shards, versions
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.history import Event
from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import transferring
from fuseboard.store.remotes import derived_file, publication, zenodo_metadata
from fuseboard.store.remotes.partial_download import CHUNK
from fuseboard.store.remotes.zenodo import Site, site
from fuseboard.store.remotes.zenodo_api import Depositions, Draft
from fuseboard.store.remotes.zenodo_metadata import Creator

MOST_FILES = 100
"""Zenodo takes no more in one record, and would say so only after a hundred uploads."""


@dataclass(frozen=True)
class Deposited:
    """Where a version is now, and what had to be sent for it: nothing, where it was there already."""

    record: int
    doi: str
    """The DOI; of a draft, the one that is reserved for it."""
    url: str
    published: bool
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class _Item:
    """A file to deposit."""

    source: Path | bytes
    size: int
    md5: str


def deposit(
    root: Path,
    version: Version,
    creators: Sequence[Creator],
    sandbox: bool = False,
    publish: bool = False,
    new_version_of: str | None = None,
) -> Deposited:
    """Deposits a version at Zenodo, going on where an earlier run was cut off, and notes it in the version's history.

    Args:
        root: the store.
        version: with the datasets that are deposited, and no others.
        creators: who made the embeddings, in the order of citation; at least one.
        sandbox: at Zenodo's sandbox instead.
        publish: publish it, for ever; otherwise it stays a draft, of which a later call with `publish` sends nothing
            again.
        new_version_of: number or DOI of a record that this becomes the next version of.

    Raises:
        FuseboardError: before anything is sent: a licence does not let embeddings be passed on to everyone, or Zenodo
            does not list it; there are too many files; no token is set; a shard is damaged. Later: what Zenodo
            refuses, and why.
        UsageError: there is no creator, or the record of `new_version_of` holds another backbone.
    """
    licence.allow(version, private=False)
    facts = zenodo_metadata.metadata(version, creators)
    _refuse_too_many(version)
    place = site(sandbox)
    before = None if new_version_of is None else place.number(new_version_of)
    if not place.token:
        raise FuseboardError(f"{place.name} takes deposits only from those it knows: {place.login}")
    manifest = version.manifest
    # No dataset's name begins so: deposits of one version wait for each other, and no extraction waits for them.
    with versions.lock_of(root, manifest.backbone, manifest.fingerprint, "_deposit"), place.client() as client:
        last = next(reversed(_events(version, place)), None)
        if last and last.what == "published" and last.datasets == history.splits_of(manifest):
            return Deposited(_record(last), last.doi or "", last.where, True)
        lasting = _lasting(version)
        depositions = Depositions(place, client)
        draft = _draft(root, version, depositions, lasting, last, before)
        sent = [] if draft.published else list(_fill(depositions, draft, version, lasting, facts))
        if publish and not draft.published:
            draft = depositions.publish(draft)
            _note(root, version, place, "published", draft)
    url = _page(place, draft.record) if draft.published else f"{place.base}/deposit/{draft.record}"
    return Deposited(draft.record, draft.doi, url, draft.published, len(sent), sum(item.size for item in sent))


def _draft(
    root: Path,
    version: Version,
    depositions: Depositions,
    lasting: dict[str, _Item],
    last: Event | None,
    before: int | None,
) -> Draft:
    """The draft to fill: what an earlier run left, or a new one. One that is published holds the version already."""
    if last and last.what == "drafted" and (draft := depositions.read(_record(last))):
        if draft.published:  # on its page, or by a run that was cut off before it could note it
            whole = all(draft.has(name, item.md5) for name, item in lasting.items())
            last = _note(root, version, depositions.place, "published", draft, whole)
            if whole:
                return draft
        elif before is None or draft.concept == depositions.concept(before):
            return draft
    if last and last.what == "published" and before is None:
        raise FuseboardError(
            f"{version.spec} is published as {last.doi}, but not as it is now; deposit it as the next version of that "
            f"record: --new-version {_record(last)}"
        )
    own = {_record(event) for event in _events(version, depositions.place)}
    draft = depositions.begin() if before is None else depositions.next(before, version.manifest.backbone, own)
    _note(root, version, depositions.place, "drafted", draft)
    return draft


def _fill(
    depositions: Depositions, draft: Draft, version: Version, lasting: dict[str, _Item], facts: dict[str, Any]
) -> Iterator[_Item]:
    """Makes a draft hold exactly the version, and tells what had to be sent; the manifest goes last."""
    shown = licence.holds_image(version.folder, version.manifest)
    texts = {dataset_card.FILE: dataset_card.render(version.manifest, shown, draft.doi).encode()}
    if (card := publication.card_of(version)) is not None:
        texts[manifests.CARD] = card
    texts |= derived_file.given(version)
    wanted = {name: _item(text) for name, text in texts.items()} | lasting
    missing = {name: item for name, item in wanted.items() if not draft.has(name, item.md5)}
    stale = [name for name in draft.files if name in missing or name not in wanted]
    # What somebody wrote on the page of a draft that is complete is left alone.
    if missing or stale or not _is_told(draft, facts):
        depositions.tell(draft, facts)
    for name in stale:
        depositions.delete(draft, name)
    with transferring(f"Zenodo draft {draft.record}", sum(item.size for item in missing.values())) as advance:
        for name, item in missing.items():
            depositions.send(draft, name, item.source, item.md5, advance)
            yield item
    there = depositions.read(draft.record) if missing or stale else draft
    if there is None or {n: md5 for n, (_, md5) in there.files.items()} != {n: i.md5 for n, i in wanted.items()}:
        raise FuseboardError(f"Zenodo draft {draft.record} does not hold what was sent; run the same command again")


def _refuse_too_many(version: Version) -> None:
    beside = 3 + (derived.source_of(version.manifest) is not None)  # manifest, card of the dataset, card, transform
    count = sum(1 for _ in version.manifest.shards()) + beside
    if count > MOST_FILES:
        raise FuseboardError(
            f"{version.spec}: {count} files, and a Zenodo record takes {MOST_FILES}; push it to the Hub instead"
        )


def _lasting(version: Version) -> dict[str, _Item]:
    """Returns the shards, each held against the manifest, and the manifest itself; records have no folders."""
    files = list(version.manifest.shards())
    with transferring("checking", sum(shard.bytes for _, _, shard in files)) as advance:
        items = {}
        for dataset, _, shard in files:
            items[f"{dataset}~{shard.file}"] = _sound(version.folder / dataset / shard.file, shard)
            advance(shard.bytes)
    return items | {manifests.FILE: _item(f"{version.manifest.model_dump_json(indent=1)}\n".encode())}


def _sound(path: Path, shard: Shard) -> _Item:
    """Returns a shard with its MD5, read once; raises when it is not what the manifest promises."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                sha256.update(chunk)
                md5.update(chunk)
        if sha256.hexdigest() == shard.sha256:
            return _Item(path, shard.bytes, md5.hexdigest())
    shards.verify(path, shard)  # raises, and says what is wrong
    raise FuseboardError(f"{path}: it changed while it was read; run the same command again")


def _item(text: bytes) -> _Item:
    return _Item(text, len(text), hashlib.md5(text, usedforsecurity=False).hexdigest())


def _is_told(draft: Draft, facts: dict[str, Any]) -> bool:
    """Whether a draft says already what it is and who made it. Zenodo may shorten given names."""
    families = [str(creator.get("name")).partition(",")[0] for creator in draft.metadata.get("creators") or []]
    asked = [creator["name"].partition(",")[0] for creator in facts["creators"]]
    return bool(draft.metadata.get("title")) and draft.metadata.get("version") == facts["version"] and families == asked


def _events(version: Version, place: Site) -> list[Event]:
    """Returns the deposits of the version at this place, oldest first."""
    events = [event for event in history.read(version.folder) if event.what in ("drafted", "published")]
    return [event for event in events if event.where.startswith(_page(place, ""))]


def _note(
    root: Path,
    version: Version,
    place: Site,
    what: Literal["drafted", "published"],
    draft: Draft,
    whole: bool = True,
) -> Event:
    """Adds to the version's history; a record that somebody published before it was `whole` counts for no dataset."""
    manifest = version.manifest
    with versions.lock_of(root, manifest.backbone, manifest.fingerprint):
        splits = history.splits_of(manifest) if whole else {}
        history.add(version.folder, what, _page(place, draft.record), splits, doi=draft.doi)
    return _events(version, place)[-1]


def _page(place: Site, record: int | str) -> str:
    return f"{place.base}/records/{record}"


def _record(event: Event) -> int:
    return int(event.where.rpartition("/")[2])
