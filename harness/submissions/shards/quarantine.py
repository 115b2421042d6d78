"""The quarantine: where a submission's shards lie until it is accepted, and nothing else of the store looks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from fuseboard.harness.submissions.submission import Submission
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings import versions
from fuseboard.store.embeddings.manifest import Manifest, Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes import pull
from fuseboard.store.remotes.hub import HubRemote
from fuseboard.store.remotes.local import LocalRemote
from fuseboard.store.remotes.pull import Carrier, Remote
from fuseboard.store.remotes.zenodo import SANDBOX, ZenodoRemote, site
from fuseboard.store.store import Store

MAX_BYTES = 200 * 10**9
"""Bytes of shards that a submission may have; all of MedMNIST+ at 1,536 numbers per image is 4.4 GB."""
FOLDER = "submitted"


def quarantine(store: Store, name: str) -> Store:
    """A store of its own inside the store, in which a submission lies until it is accepted."""
    return Store(store.root / FOLDER / name)


@contextmanager
def locked(store: Store, name: str) -> Iterator[None]:
    """Keeps others out of a submission's quarantine; raises where another check of it is under way."""
    path = store.root / FOLDER / ".locks" / f"{name}.lock"  # no name begins with a dot
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path).acquire(timeout=0):
            yield
    except Timeout as error:
        raise FuseboardError(f"{name}: another check of it is running; run this again when that has ended") from error


def fetch(submission: Submission, store: Store) -> Version:
    """Fetches what the statement names, every file held against the submitted manifest; returns what now lies there.

    A transfer that was cut off is gone on with. What lay there of another version is removed.

    Raises:
        FuseboardError: the place cannot be reached, holds something else than the submitted manifest says, or the
            shards are more than `MAX_BYTES` or than the disk takes. No shard is asked for before that is known.
    """
    manifest = submission.manifest
    if (size := sum(shard.bytes for _, _, shard in manifest.shards())) > MAX_BYTES:
        raise FuseboardError(f"{size / 1e9:,.0f} GB of shards, {MAX_BYTES / 1e9:,.0f} GB are the limit; submit less")
    with _remote(submission) as remote:
        own = _Submitted(remote, submission)
        own.compare()
        place = quarantine(store, manifest.backbone)
        _clear(place, manifest)
        version = pull.land(place.root, own).version
    if _content(version.manifest) != _content(manifest):
        raise FuseboardError(f"{version.folder}: not what was submitted; remove that folder and check again")
    return version


@dataclass(frozen=True)
class _Submitted:
    """A remote of which only the shards are taken: manifest and card are those that were handed in and reviewed."""

    remote: Remote
    submission: Submission

    @property
    def server(self) -> Carrier:
        return self.remote.server

    @property
    def origin(self) -> str:
        return self.remote.origin

    @property
    def revision(self) -> str | None:
        return self.remote.revision

    def text(self, name: str, limit: int) -> bytes | None:
        if name == manifests.FILE:
            return self.submission.manifest.model_dump_json().encode()
        return (self.submission.folder / name).read_bytes()

    def address(self, dataset: str, shard: Shard) -> str:
        return self.remote.address(dataset, shard)

    def compare(self) -> None:
        """Raises unless the place says of itself what was submitted."""
        where = self.remote.server.where
        if (text := self.remote.text(manifests.FILE, pull.TEXT_LIMIT)) is None:
            raise FuseboardError(f"{where}: there is no {manifests.FILE}; publish with `fuseboard store push`")
        there = manifests.parse(text, f"{where}: {manifests.FILE}", "publish it again with `fuseboard store push`")
        theirs, ours = _content(there), _content(self.submission.manifest)
        wrong = next((key for key in ours if theirs[key] != ours[key]), None)
        if wrong is not None:
            what = "other datasets or shards" if wrong == "datasets" else f"{wrong} {theirs[wrong]}, not {ours[wrong]}"
            raise FuseboardError(
                f"{where}: its manifest has {what}; submit the {manifests.FILE} of exactly what you published"
            )


def _content(manifest: Manifest) -> dict[str, object]:
    """What decides which vectors are meant."""
    shards = {
        name: {split: (facts.rows, facts.shards) for split, facts in entry.splits.items()}
        for name, entry in manifest.datasets.items()
    }
    return {key: getattr(manifest, key) for key in ("backbone", "fingerprint", "dim", "dtype")} | {"datasets": shards}


@contextmanager
def _remote(submission: Submission) -> Iterator[Remote]:
    shards = submission.statement.shards
    if shards.hub is not None:
        remote = HubRemote.at(shards.hub, shards.revision, shards.place)
        if remote.revision != shards.revision:
            raise FuseboardError(
                f"{shards.place}: the Hub answered with commit {remote.revision[:60]}; try again later"
            )
        yield remote
    elif shards.zenodo is not None:
        where = site(sandbox=shards.zenodo.startswith(SANDBOX.prefix))
        with where.client() as client:
            yield ZenodoRemote.at(where, client, int(shards.zenodo.rpartition(".")[2]))
    else:
        folder = submission.folder.absolute() / Path(str(shards.folder)).expanduser()
        if not folder.is_dir():
            raise FuseboardError(f"{shards.folder}: no such folder on this machine; publish the shards and name that")
        yield LocalRemote(folder)


def _clear(place: Store, manifest: Manifest) -> None:
    """Removes what lies in the quarantine unless it is part of what is wanted now."""
    wanted = versions.folder_of(place.root, manifest.backbone, manifest.fingerprint)
    found, broken = versions.survey(place.root)  # without a warning: what is broken is fetched again
    stale = {version.folder for version in found if _content(version.manifest) != _content(manifest)} | set(broken)
    for folder in (*place.root.glob("embeddings/*/*"), *place.root.glob("incoming/*/*")):
        if folder in stale or (folder.parent.name, folder.name) != (wanted.parent.name, wanted.name):
            (folder / manifests.FILE).unlink(missing_ok=True)
            shutil.rmtree(folder)
