"""A field of small real backbones, and submissions that meet it."""

import hashlib
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.submissions.submission import Submission
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.results.submission_file import Shards, Statement
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK
_EMBEDDED = TemporaryDirectory(prefix="embedded-")


def coarse(name: str = "coarse", cells: int = 24) -> Card:
    """HOG in larger cells: another real backbone, made in a second."""
    card = registry.get("hog")
    source = card.source.model_copy(update={"kwargs": {**card.source.kwargs, "pixels_per_cell": [cells, cells]}})
    edge = 96 // cells - 1
    return card.model_copy(update={"id": name, "source": source, "dim": edge * edge * 4 * 9})


def submit(card: Card, root: Path, dataset: str = DATA) -> tuple[Submission, Version]:
    """What a stranger hands in, with its shards in a quarantine of the store."""
    made = _embedded(card.model_dump_json(), dataset)
    place = root / "submitted" / card.id / made.folder.relative_to(made.folder.parents[2])
    version = replace(made, folder=Path(shutil.copytree(made.folder, place, dirs_exist_ok=True)))
    return hand_in(card, version)


def hand_in(card: Card, version: Version) -> tuple[Submission, Version]:
    """What a stranger hands in who has a version of a card."""
    said = Statement(status="active", shards=Shards(folder=str(version.folder)))
    return Submission(Path("submissions") / card.id, card, version.manifest, said), version


@cache
def _embedded(card: str, dataset: str) -> Version:
    """The embeddings of a card, made once per process. Copy them before writing to them."""
    place = Path(_EMBEDDED.name) / hashlib.sha256(f"{card} {dataset}".encode()).hexdigest()
    return extract(Card.model_validate_json(card), datasets.get(dataset), Store(place))


def tree(root: Path) -> str:
    """Hash of every file of a store but those of quarantines and locks."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.relative_to(root).parts[0] not in ("submitted", "locks"):
            found.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def without(root: Path, backbone: str) -> Path:
    """The store, which has no version of a backbone any more."""
    shutil.rmtree(root / "embeddings" / backbone)
    return root
