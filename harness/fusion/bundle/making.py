"""Making a bundle: of a fitted estimator and what was measured with it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.derived.card import AnyCard, DerivedCard, network_of
from fuseboard.harness.fusion.block_card import BlockCard, of_networks
from fuseboard.harness.fusion.bundle import parts
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.facts import (
    MOST_PREDICTED,
    BackboneFacts,
    DerivedFacts,
    LabelType,
    MetricFacts,
    SelectionFacts,
    SubsetFacts,
    SummaryFacts,
    plain,
    refuse_odd_classes,
)
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.harness.fusion.embedder import Embedder
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.selection import Selection
from fuseboard.harness.fusion.summary import Measured
from fuseboard.harness.fusion.training import Outcome
from fuseboard.harness.metadata.card import MetadataCard
from fuseboard.harness.runtime import profiling
from fuseboard.store.embeddings.manifest import now
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import UsageError

MOST_SUBSETS = 1_000
"""Compared subsets that a bundle keeps, the best first."""


def of_estimator(fusion: Any, tested: Iterable[Measured] = (), test: Predictions | None = None) -> Bundle:
    """Returns the bundle of a fitted `Fusion` or `FusionRegressor`.

    Args:
        fusion: the estimator.
        tested: what it measured on test images.
        test: what it says of test images, which is measured.

    Raises:
        UsageError: it was fitted on blocks that no card makes, so no image could be embedded for it.
    """
    model = fusion.model_
    if lacking := [name for name in model.backbones if name not in fusion.cards_]:
        raise UsageError(
            f"no card of {lacking[0]}, on whose block this was fitted, so it could embed no image; fit on images, or "
            "name the cards as `backbones`"
        )
    cards = {name: fusion.cards_[name] for name in model.backbones}
    outcome = Outcome(model, fusion.selection_, fusion.metrics_, fusion.summary_, fusion.predictions_)
    names, kind = _classes(getattr(fusion, "classes_", None))
    found = of_outcome(
        outcome,
        cards,
        {name: _canary(card, fusion) for name, card in of_networks(cards).items()},
        fusion.reading_,
        kind if names == model.classes else "text",
        test=test,
        tested=tested,
    )
    return replace(found, device=fusion.device, batch_size=fusion.batch_size, trust=fusion.trust)


def of_outcome(
    outcome: Outcome,
    cards: Mapping[str, BlockCard],
    canaries: Mapping[str, Any],
    reading: Reading = PLAIN,
    label_type: LabelType = "text",
    test: Predictions | None = None,
    tested: Iterable[Measured] = (),
    splits: bytes | None = None,
) -> Bundle:
    """Returns the bundle of what training has made.

    Args:
        outcome: of training.
        cards: backbone -> card, of the subset at least.
        canaries: backbone -> vectors (3, D) of the canary images.
        reading: how image files were read.
        label_type: what classes were before they were text.
        test: what the model says of test images, which is measured.
        tested: what was measured on test images elsewhere.
        splits: which image was in which split, as CSV.
    """
    model = outcome.model
    refuse_odd_classes(model.classes)
    own = {name: cards[name] for name in model.backbones}
    tested = [*tested, *([] if test is None else test.measured(model.task))]
    kept = [one for one in (outcome.predictions, test) if one is not None and len(one.names) <= MOST_PREDICTED]
    facts = Manifest(
        created=now(),
        task=model.task,  # type: ignore[arg-type]
        classes=model.classes,
        label_type=label_type,
        reading=reading,
        backbones={name: _backbone(card) for name, card in own.items()},
        members=parts.members_of(model)[0],
        calibration=parts.calibration_of(model.calibration)[0],
        novelty=parts.novelty_of(model.novelty)[0],
        summary=SummaryFacts(**_plain(vars(outcome.summary)), test=max((one.images for one in tested), default=0)),
        selection=_selection(outcome.selection),
        metrics=tuple(_metric(one) for one in [*tested, *outcome.metrics]),
        predictions=tuple(parts.predictions_of(one)[0] for one in kept),
        libraries=profiling.libraries(),
    )
    vectors = {name: np.asarray(canaries[name], np.float32) for name in of_networks(own)}
    return Bundle(model, own, vectors, facts, {one.split: one for one in kept}, splits)


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(value) if isinstance(value, str) else value for key, value in facts.items()}


def _backbone(card: BlockCard) -> BackboneFacts:
    if isinstance(card, MetadataCard):
        return BackboneFacts(
            fingerprint=card.fingerprint,
            dim=card.dim,
            card=f"encoding-{card.id}.json",
            licence=card.licence,
            redistribution=card.redistribution,
            source=card.source,
            derived=None,
            metadata=True,
        )
    derived = None
    if isinstance(card, DerivedCard):
        fitted_on = {
            plain(key): plain(said) if isinstance(said, str) else said for key, said in card.fitted[1].fitted_on.items()
        }
        derived = DerivedFacts(file=f"transform-{card.id}.parquet", fitted_on=fitted_on)
    return BackboneFacts(
        fingerprint=card.fingerprint,
        dim=card.dim,
        card=f"card-{card.id}.toml",
        licence=plain(card.licence),
        redistribution=card.redistribution,
        source=plain(card.source.place),
        derived=derived,
        metadata=False,
    )


def _canary(card: AnyCard, fusion: Any) -> NDArray[np.float32]:
    """Returns what the network makes of the canary images: as it shipped, or as it is loaded here."""
    if (shipped := canary.shipped(network_of(card))) is not None:
        return np.array(shipped["vectors"], np.float32)
    embedder = fusion.embedder_ or Embedder([card], None, fusion.device, fusion.batch_size, fusion.trust)
    vectors: NDArray[np.float32] = embedder.load(card.id)[1]
    return vectors


def _classes(classes: Any) -> tuple[tuple[str, ...], LabelType]:
    """Returns the names of classes, and what they were before they were text."""
    if classes is None:
        return (), "text"
    kinds: dict[str, LabelType] = {"i": "integer", "u": "integer", "f": "float", "b": "boolean"}
    return tuple(str(name) for name in classes), kinds.get(np.asarray(classes).dtype.kind, "text")


def _selection(found: Selection) -> SelectionFacts:
    rows = found.table.head(MOST_SUBSETS).to_dicts() if found.images else []
    facts = {key: value for key, value in vars(found).items() if key != "table"}
    return SelectionFacts(**facts, table=tuple(SubsetFacts(**row) for row in rows))


def _metric(one: Measured) -> MetricFacts:
    """Returns a metric; a number that is none is not kept as one."""
    facts = asdict(one)
    for key in ("value", "low", "high"):
        if facts[key] is not None:
            facts[key] = float(facts[key]) if math.isfinite(facts[key]) else None
    return MetricFacts(**facts)
