"""Training on a dataset: its images go into the store once, its own splits are kept, and test is left for the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.derived.card import AnyCard, DerivedCard, network_of, of_version
from fuseboard.harness.derived.derive import derive
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.fusion.block_card import BlockCard, of_networks
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.facts import refuse_odd_classes
from fuseboard.harness.fusion.bundle.making import of_outcome
from fuseboard.harness.fusion.inputs import Given
from fuseboard.harness.fusion.learner import TREES, kind_of
from fuseboard.harness.fusion.plan import make_plan
from fuseboard.harness.fusion.predictions import Predictions, texts
from fuseboard.harness.fusion.training import train
from fuseboard.harness.metadata.card import MetadataCard, version_of
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime.device import of_fits
from fuseboard.harness.search import strategies
from fuseboard.harness.search.cost_estimate import MANY
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

SHARE = 0.2
"""Of train, that is held out where a dataset has no val."""


@dataclass(frozen=True)
class Recipe:
    """What is trained, beside the images.

    Args:
        cards: of the backbones.
        strategy: which subsets are tried.
        classifier: `linear-probe` or `xgboost`; the default one when None.
        protocol: that fixes classifier, parameters and what is chosen by.
        budget: fits at most.
        seed: of every draw.
    """

    cards: Sequence[BlockCard]
    strategy: str
    classifier: str | None = None
    protocol: Protocol | None = None
    budget: int | None = None
    seed: int = 0

    @property
    def grows_trees(self) -> bool:
        """Whether a GPU is of use beyond embedding."""
        return self.protocol is not None or self.classifier == TREES

    def check(self, task: str) -> None:
        """Raises where strategy or classifier cannot be meant, before anything is embedded."""
        strategies.get(self.strategy)
        kind_of(self.classifier if self.protocol is None else self.protocol.classifier, task)

    def refuse_many(self) -> None:
        """Raises where an exhaustive search would fit thousands of subsets."""
        fits = 2 ** len(self.cards) - 1
        if self.strategy == "exhaustive" and self.budget is None and fits > MANY:
            raise UsageError(
                f"{fits:,} subsets of {len(self.cards)} backbones; say --yes to fit them all, --budget for fewer fits, "
                "or take another --strategy"
            )


def train_on(
    dataset: Dataset,
    recipe: Recipe,
    store: Store,
    device: str = "cpu",
    batch_size: int | None = None,
    trust: bool = False,
) -> Bundle:
    """Embeds a dataset where that is lacking, chooses and calibrates on val, and measures on test.

    Args:
        dataset: the images; without val, a part of train is held out, and without test nothing is measured on it.
        recipe: what is trained.
        store: where the embeddings are, or go.
        device: `cpu`, or the name of a CUDA device.
        batch_size: images per forward pass at most.
        trust: whether code of a backbone's repository may run.

    Raises:
        FuseboardError: an image cannot be read, a backbone is not what its card says.
        UsageError: no train split, or one class only in it.
    """
    dataset = dataset.as_divided(store.root)
    if "train" not in dataset.splits:
        raise UsageError(
            f"{dataset.name} has no train split ({', '.join(dataset.splits)}); nothing can be learned from it"
        )
    _refuse_one_class(dataset)
    refuse_odd_classes(dataset.label_names)
    plan = make_plan(
        task=dataset.task,
        classes=dataset.label_names,
        strategy=recipe.strategy,
        classifier=recipe.classifier,
        protocol=recipe.protocol,
        budget=recipe.budget,
        share=SHARE,
        device=of_fits(device) if recipe.grows_trees else "cpu",
        seed=recipe.seed,
        parameters={card.id: card.parameters for card in recipe.cards},
    )
    cards: dict[str, BlockCard] = {}
    versions: dict[str, Version] = {}
    for one in recipe.cards:
        if isinstance(one, MetadataCard):
            cards[one.id], versions[one.id] = one, version_of(store, one, dataset.name, dataset.source_md5)
            continue
        version = extract(network_of(one), dataset, store, device, batch_size, trust=trust)
        cards[one.id], versions[one.id] = (
            (one, version) if isinstance(one, Card) else _derived(one, version, store, dataset)
        )
    learn = _split(dataset, "train", versions, store)
    held = _split(dataset, "val", versions, store) if "val" in dataset.splits else None
    groups = {split: np.asarray(names) for split, names in dataset.groups.items()}
    outcome = train(
        plan,
        learn,
        _labels(learn),
        groups.get("train"),
        None if held is None else (held, _labels(held), groups.get("val")),
        dataset.name,
        dataset.licence,
    )
    test = None
    if "test" in dataset.splits:
        unseen = _split(dataset, "test", {name: versions[name] for name in outcome.model.backbones}, store)
        scores = outcome.model.scores(unseen.blocks)
        test = Predictions("test", unseen.names, _labels(unseen), scores, texts(groups.get("test")))
    table = dataset.split_table()
    return of_outcome(
        outcome,
        cards,
        {name: _canary(card, versions[name], store) for name, card in of_networks(cards).items()},
        dataset.reading,
        test=test,
        splits=None if table is None else table.write_csv().encode(),
    )


def _canary(card: AnyCard, version: Version, store: Store) -> Any:
    """The vectors (3, D) that the network made of the canary images; of a derived version its source's."""
    source = version if isinstance(card, Card) else store.version(f"{card.base.id}@{card.base.fingerprint}")
    return source.manifest.canary


def _derived(card: DerivedCard, source: Version, store: Store, dataset: Dataset) -> tuple[DerivedCard, Version]:
    """Fits a derived card on the training images, or takes what was fitted on them before."""
    version = derive(store, source.spec, dataset.name, card.recipe).version
    fitted = of_version(version, card.base)
    assert fitted is not None
    return fitted, version


def _split(dataset: Dataset, split: str, versions: Mapping[str, Version], store: Store) -> Given:
    """Returns one split as the store has it; its images are called by their paths where they have such."""
    found = store.blocks(dataset.name, split, [version.spec for version in versions.values()])
    paths = dataset.paths(split)
    named = tuple(paths) if paths is not None else tuple(f"{dataset.name}/{split}/{row}" for row in found.ids)
    return Given(found.features, named, found.labels)


def _labels(given: Given) -> NDArray[Any]:
    labels = np.asarray(given.labels)
    return labels.astype(np.uint8 if labels.ndim > 1 else np.int64)


def _refuse_one_class(dataset: Dataset) -> None:
    labels = dataset.labels("train")
    if labels.ndim == 1 and len(np.unique(labels)) < 2:
        name = dataset.label_names[labels[0]] if len(labels) else "none"
        raise UsageError(f"{dataset.name}: every image of train is of one class, {name}; nothing can be told apart")
