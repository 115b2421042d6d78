"""Landing: how the files of a remote become a version of this store, whole or not at all."""

import shutil
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fuseboard.store.embeddings import dataset_card, history, shards, versions
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import CARD, DatasetEntry, Manifest, Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.files import atomic
from fuseboard.store.files.progress import transferring
from fuseboard.store.remotes import derived_file

WORKERS = 4
"""Files downloaded side by side; more gain nothing on one connection."""
TEXT_LIMIT = 16 * 2**20
"""Bytes a remote's manifest or card may have; the manifest of a thousand shards is a quarter of a megabyte."""


class Carrier(Protocol):
    """What brings shards: a server, or a folder."""

    @property
    def where(self) -> str:
        """The name of the remote in messages."""

    def download(
        self, url: str, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None]
    ) -> None:
        """As `store.transfer.Server` does it: not a byte more than the manifest says, held against its SHA-256."""


class Remote(Protocol):
    """A place that holds one version in the store's own layout."""

    @property
    def server(self) -> Carrier:
        """Where its files are asked for."""

    @property
    def origin(self) -> str:
        """How the version's history names it, such as `ORG/NAME`."""

    @property
    def revision(self) -> str | None:
        """The Hub's commit; None where a place has no such thing."""

    def text(self, name: str, limit: int) -> bytes | None:
        """A small file of the version, or None when the remote has none; more than `limit` bytes are refused."""

    def address(self, dataset: str, shard: Shard) -> str:
        """The URL of a shard; raises when the remote has none, or one of another size than the manifest says."""


@dataclass(frozen=True)
class Landed:
    """A version after a pull, and what had to be transferred for it."""

    version: Version
    files: int
    bytes: int


def land(root: Path, remote: Remote, dataset: str | None = None, split: str | None = None) -> Landed:
    """Brings a remote's version, or one dataset or split of it, into the store.

    The manifest is read and judged first. Shards arrive in `<root>/incoming/`, on the store's own file system, and
    move to their place only when their size and SHA-256 are the manifest's; the store's manifest is written last and
    lists only what is here. A pull that was cut off leaves the beginnings of shards in `incoming`, where the next one
    goes on; a shard that is already in the store is not transferred again.
    """
    where = remote.server.where
    text = remote.text(manifests.FILE, TEXT_LIMIT)
    if text is None:
        raise FuseboardError(
            f"{where}: there is no {manifests.FILE}, so it holds no fuseboard embeddings; "
            "check the name, and give the version with --revision when it is not the newest"
        )
    fix = "nothing was pulled: ask its publisher to push it again"
    wanted = part(manifests.parse(text, f"{where}: {manifests.FILE}", fix), dataset, split, where)
    folder = versions.folder_of(root, wanted.backbone, wanted.fingerprint)
    incoming = root / "incoming" / folder.parent.name / folder.name
    with versions.lock_of(root, wanted.backbone, wanted.fingerprint), atomic.enough_space(folder):
        for name in wanted.datasets:
            _refuse_links(root, incoming / name)
            _refuse_links(root, folder / name)
        there = manifests.read(folder) if (folder / manifests.FILE).exists() else None
        whole = merge(there, wanted, str(folder)) if there else wanted
        missing = [
            (name, shard) for name, _, shard in wanted.shards() if not _is_whole(folder / name / shard.file, shard)
        ]
        if missing:
            _transfer(remote, missing, incoming, folder)
        if whole != there:
            derived_file.take(remote.text, where, wanted, folder)
            _take_card(remote, folder)
            dataset_card.write(folder, whole)
            whole.write(folder)
            history.add(folder, "pulled", remote.origin, history.splits_of(wanted), remote.revision)
        elif dataset_card.is_stale(folder, whole):
            dataset_card.write(folder, whole)
        shutil.rmtree(incoming, ignore_errors=True)
    return Landed(Version(folder, whole), len(missing), sum(shard.bytes for _, shard in missing))


def part(manifest: Manifest, dataset: str | None, split: str | None, where: str) -> Manifest:
    """Returns the manifest of one dataset or one split alone, or the whole of it where neither is named."""
    if dataset is not None and dataset not in manifest.datasets:
        raise unknown("dataset", dataset, manifest.datasets, where)
    chosen = {name: entry for name, entry in manifest.datasets.items() if dataset in (None, name)}
    if split is not None:
        chosen = {name: _one_split(entry, split) for name, entry in chosen.items() if split in entry.splits}
    if not any(entry.splits for entry in chosen.values()):
        held = {name for entry in manifest.datasets.values() for name in entry.splits}
        raise unknown("split", split or "", held, where)
    return manifest.model_copy(update={"datasets": chosen})


def merge(there: Manifest, more: Manifest, where: str) -> Manifest:
    """`there` with the datasets and splits of `more` added; what both hold must be the same files.

    Raises:
        FuseboardError: they tell the same split differently. Neither is preferred, because vectors that a reader may
            have used already must not change under an unchanged name.
    """
    fix = f"remove {where} by hand if the other one is right"
    if (there.dim, there.dtype) != (more.dim, more.dtype):
        raise FuseboardError(f"{where}: holds {there.dim} x {there.dtype}, not {more.dim} x {more.dtype}; {fix}")
    datasets = dict(there.datasets)
    for name, entry in more.datasets.items():
        old = datasets.setdefault(name, entry)
        if _facts(old) != _facts(entry):
            raise FuseboardError(f"{where}: {name} was made there from other images or labels; {fix}")
        for split, new in entry.splits.items():
            if old.splits.get(split, new).shards != new.shards:
                raise FuseboardError(f"{where}: holds other vectors of {name} {split} under one fingerprint; {fix}")
        reading = old.reading if old.reading.settings else entry.reading
        said = {"reading": reading, "declares": old.declares.else_of(entry.declares)}
        datasets[name] = old.model_copy(update={"splits": {**entry.splits, **old.splits}, **said})
    return there.model_copy(update={"datasets": dict(sorted(datasets.items()))})


def expect(where: str, name: str, stated: int | None, shard: Shard, fix: str) -> None:
    """Raises unless a remote states the manifest's size for a shard, whose file is `name` there; None is no file."""
    if stated != shard.bytes:
        found = "not there" if stated is None else f"{stated} bytes"
        raise FuseboardError(f"{where}: {name} is {found}, the manifest says {shard.bytes} bytes; {fix}")


def _transfer(remote: Remote, missing: list[tuple[str, Shard]], incoming: Path, folder: Path) -> None:
    """Brings shards to `incoming`, going on with what a cut-off pull left there, and each whole one to its place."""
    where = remote.server.where
    addresses = [remote.address(name, shard) for name, shard in missing]
    there = sum(path.stat().st_size for path in incoming.rglob("*") if path.is_file())
    needed = sum(shard.bytes for _, shard in missing)
    incoming.mkdir(parents=True, exist_ok=True)
    if needed - there > (free := shutil.disk_usage(incoming).free):
        raise FuseboardError(
            f"{where}: {needed / 1e6:,.0f} MB to pull but {free / 1e6:,.0f} MB free under {incoming}; "
            "free some space, choose another place with --store, or pull less with --dataset and --split"
        )
    stop, pool = threading.Event(), ThreadPoolExecutor(WORKERS)
    try:
        with transferring(where, needed) as advance:

            def bring(url: str, name: str, shard: Shard) -> None:
                remote.server.download(url, incoming / name / shard.file, shard, stop, advance)
                (folder / name).mkdir(parents=True, exist_ok=True)
                atomic.move(incoming / name / shard.file, folder / name / shard.file)

            jobs = [pool.submit(bring, url, *one) for url, one in zip(addresses, missing, strict=True)]
            for job in jobs:
                job.result()
    finally:
        # After an error, or Ctrl-C, nobody waits for what still runs; it ends at its next megabyte.
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _take_card(remote: Remote, folder: Path) -> None:
    """Keeps the remote's card beside the manifest, where it has one that is TOML."""
    if (folder / CARD).exists() or (text := remote.text(CARD, TEXT_LIMIT)) is None:
        return
    try:
        tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FuseboardError(
            f"{remote.server.where}: {CARD} is not TOML ({error}); ask its publisher to push it again"
        ) from error
    atomic.write_text(folder / CARD, text.decode())


def _one_split(entry: DatasetEntry, split: str) -> DatasetEntry:
    return entry.model_copy(update={"splits": {name: facts for name, facts in entry.splits.items() if name == split}})


def _facts(entry: DatasetEntry) -> dict[str, Any]:
    # The MD5 of the source tells readings apart; a manifest from before readings were kept says none.
    return entry.model_dump(exclude={"splits", "licence", "reading", "declares"})


def _is_whole(path: Path, shard: Shard) -> bool:
    try:
        shards.verify(path, shard)
    except FuseboardError:
        return False
    return True


def _refuse_links(root: Path, path: Path) -> None:
    """Raises when a folder between the store's root and `path` is a link, through which files would leave the store."""
    for folder in (path, *path.parents):
        if folder == root:
            return
        if folder.is_symlink():
            raise FuseboardError(f"{folder}: nothing is pulled through a symbolic link; replace it by a folder")
