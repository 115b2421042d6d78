"""Places: what a person may call published vectors, and the versions that are there."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fuseboard.harness.backbones import registry as backbones
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.reproduction import sampling
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.atomic import PREFIX
from fuseboard.store.remotes import place, pull, zenodo
from fuseboard.store.store import Store
from fuseboard.store.vectors.importing import Naming, import_vectors


@dataclass(frozen=True)
class Asked:
    """What a person says of a place."""

    place: str
    card: str | None = None
    dataset: str | None = None
    naming: Naming = field(default_factory=Naming)
    revision: str | None = None
    sandbox: bool = False


@contextmanager
def versions(asked: Asked, store: Store) -> Iterator[Sequence[Version]]:
    """Hands out the versions that lie at a place; what is fetched or read for it is gone afterwards.

    A place is a version's folder, a store, a file or folder of vectors, a backbone of the store, or what `store pull`
    takes.

    Raises:
        FuseboardError: there is nothing, or it cannot be read.
    """
    path = Path(asked.place)
    if not path.exists() and _is_stored(asked.place, store):
        yield [store.version(asked.place, _name(asked))]
    elif (path / manifests.FILE).is_file():
        fix = "copy the version again"
        yield [Version(path, manifests.parse((path / manifests.FILE).read_bytes(), str(path / manifests.FILE), fix))]
    elif (path / "embeddings").is_dir():
        found = Store(path).versions
        if not found:
            raise FuseboardError(
                f"{path}: holds no version that can be read; see `fuseboard store list --store {path}`"
            )
        yield found
    else:
        _expect(path, asked)
        store.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{PREFIX}audit-", dir=store.root) as folder:
            yield _read(path, asked, Path(folder)) if path.exists() else _fetched(asked, Path(folder))


def _expect(path: Path, asked: Asked) -> None:
    """Raises UsageError where a place cannot be meant, before anything is made for it."""
    if path.exists():
        if asked.card is None or asked.dataset is None:
            raise UsageError(f"{path}: say --card, the model that made these vectors, and --dataset, whose images")
        backbones.get(asked.card)
        datasets.name_of(asked.dataset)
    elif "/" not in asked.place and not zenodo.is_record(asked.place):
        raise UsageError(
            f"{asked.place!r} is no file or folder, no backbone of the store, no ORG/NAME and no Zenodo record"
        )
    else:
        place.check(asked.place, asked.revision, asked.sandbox)


def _is_stored(place: str, store: Store) -> bool:
    name = place.partition("@")[0]
    return any(version.manifest.backbone == name for version in store.versions)


def _name(asked: Asked) -> str | None:
    return None if asked.dataset is None else datasets.name_of(asked.dataset)


def _read(path: Path, asked: Asked, folder: Path) -> list[Version]:
    """The version that a file or folder of vectors becomes, by the rules of `store import`."""
    images, card = datasets.get(str(asked.dataset)), backbones.get(str(asked.card))
    version, _ = import_vectors(folder, path, card, images, asked.naming)
    return [version]


def _fetched(asked: Asked, folder: Path) -> list[Version]:
    """The version at a remote place, of which only datasets are fetched whose images are here."""
    with place.opened(asked.place, asked.revision, asked.sandbox) as remote:
        text = remote.text(manifests.FILE, pull.TEXT_LIMIT)
        if text is None:
            raise FuseboardError(f"{asked.place}: there is no {manifests.FILE}, so it holds no fuseboard embeddings")
        there = manifests.parse(text, f"{asked.place}: {manifests.FILE}", "ask its publisher to push it again")
        for name in _wanted(asked, there):
            landed = pull.land(folder, remote, name, asked.naming.split)
    return [landed.version]


def _wanted(asked: Asked, there: Manifest) -> list[str]:
    if (named := _name(asked)) is not None:
        return [named]
    reasons = {name: sampling.images_at_hand(name, entry)[1] for name, entry in there.datasets.items()}
    found = [name for name, why in reasons.items() if not why]
    if not found:
        held = "; ".join(f"{name}: {why}" for name, why in reasons.items()) or "no dataset"
        raise FuseboardError(f"{asked.place}: nothing there can be embedded again here ({held}); say --dataset")
    return found
