"""The paper's mistake, measured: corrupted images that one loader prepares alike for all backbones.

BioFuse gave them to every backbone as `CorruptedMedMNIST` hands them out, without the backbone's own resize, crop and
normalisation, which the clean images that its classifiers had learned from did get.
"""

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.preprocessing import Preprocessing
from fuseboard.harness.datasets import known_names
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.evaluations.robustness import corruption
from fuseboard.harness.evaluations.robustness.corrupted_test_set import Twin
from fuseboard.harness.evaluations.robustness.report import Resilience
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings import manifest
from fuseboard.store.embeddings.corruptions import SPLIT
from fuseboard.store.embeddings.versions import Version, folder_of
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results.evaluations import CORRUPTION_ONE_LOADER

NAME = CORRUPTION_ONE_LOADER.name


def evaluate(search: Search) -> Resilience:
    """As `corruption`, but for the versions that embed the corrupted images, which it makes where the store lacks them.

    To be held against the same subsets of `corruption`.

    Raises:
        UsageError: not a dataset of MedMNIST, or a backbone that learned nothing.
        FuseboardError: a backbone cannot take images of this size, or what `corruption` raises.
    """
    pool = search.pool
    if pool.dataset not in known_names.MEDMNIST:
        raise UsageError(f"{pool.dataset} has no {pool.dataset}-c that medmnistc hands out; take a dataset of MedMNIST")
    edge = int(pool.dataset.partition("-")[2] or max(known_names.SIZES))
    wrong = [mistaken(_card(own), edge) for own in pool.versions.values()]
    twin = Twin(pool, {card.id: _embedded(search, card) for card in wrong})
    return corruption.expose(search, twin, NAME)


def mistaken(card: Card, edge: int) -> Card:
    """The backbone with the transform of `CorruptedMedMNIST`: RGB, each channel minus 0.5 over 0.5, no resize, no crop.

    The transform is part of the fingerprint, so its vectors are a version of their own and can be taken for no other.

    Args:
        card: with the right preprocessing.
        edge: of the dataset's images, in pixels.

    Raises:
        UsageError: a descriptor, whose transform belongs to no weights and fixes its width.
    """
    if card.parameters == 0:
        raise UsageError(f"{card.id} has no weights that a transform belongs to; leave it out with --backbones")
    half = (0.5, 0.5, 0.5)
    same = {"size": edge, "crop": 1.0, "mode": "RGB", "mean": half, "std": half}
    transform = Preprocessing.model_validate({**card.preprocessing.model_dump(), **same})
    return card.model_copy(update={"preprocessing": transform})


def _card(version: Version) -> Card:
    """The card that lies beside a version's manifest."""
    path = version.folder / manifest.CARD
    if not path.is_file():
        raise FuseboardError(f"{path}: not there, so nobody knows the right transform; pull or extract it again")
    return cards.read(path)


def _embedded(search: Search, card: Card) -> Version:
    """Returns the version of a mistaken card, with the twin in it."""
    folder, twin = folder_of(search.store.root, card.id, card.fingerprint), f"{search.dataset}-c"
    if (folder / manifest.FILE).is_file():
        there = Version(folder, manifest.read(folder))
        if twin in there.manifest.datasets and SPLIT in there.manifest.datasets[twin].splits:
            return there
    try:
        return extract(card, datasets.get(twin), search.store, search.device)
    except (AssertionError, ValueError) as error:  # of architectures that take one size only
        reason, edge = str(error).partition("\n")[0], card.preprocessing.size
        raise FuseboardError(
            f"{card.id} cannot take images of {edge} pixels ({reason}); leave it out with --backbones"
        ) from error
