"""`fuseboard recommend`: a subset and a classifier for a new dataset, without a search."""

from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.harness.terminal.options import Commercial, Json, MaxVram, OpenWeights, StoreFolder, Wide

if TYPE_CHECKING:
    from fuseboard.harness.backbones.card import Card
    from fuseboard.leaderboard.rankings.classifiers import DatasetClassifiers
    from fuseboard.store.results.profiles import Profile
    from fuseboard.store.store import Store

CHOOSING = 10
"""One of so many labelled images is held out to choose by, as in MedMNIST."""
KINDS = ("microscopy", "photographs", "radiology")
NEXT = {
    "linear probe": "fuseboard evaluate linear-probe {dataset} --backbones {backbones}",
    "ridge": "fuseboard search {dataset} --strategy all --protocol linear-2026 --backbones {backbones}",
    "logistic": "fuseboard search {dataset} --strategy all --protocol logistic-2026 --backbones {backbones}",
    "trees": "fuseboard search {dataset} --strategy all --backbones {backbones}",
}
"""Classifier -> the command that measures a subset with it."""


def recommend(
    dataset: Annotated[
        str | None, typer.Argument(help="A dataset that is known or in the store; its own scores recommend nothing.")
    ] = None,
    modality: Annotated[str | None, typer.Option(help=f"What the images are: {', '.join(KINDS)}.")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="Labelled images that there are.")] = None,
    max_vram: MaxVram = None,
    commercial: Commercial = False,
    open_weights: OpenWeights = False,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Recommend backbones and a classifier without a search, with what that lost on datasets left out in turn."""
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.backbones.limits import Limits
    from fuseboard.harness.terminal.output import print_rows
    from fuseboard.leaderboard.recommending.classifier import classifier
    from fuseboard.leaderboard.recommending.notes import notes
    from fuseboard.leaderboard.recommending.recommendation import recommend as judged
    from fuseboard.leaderboard.recommending.rules import About
    from fuseboard.leaderboard.recommending.score_table import KINDS as KIND_OF
    from fuseboard.leaderboard.recommending.score_table import TRAINING_IMAGES, published
    from fuseboard.leaderboard.rows.shipped_rows import SHIPPED
    from fuseboard.store.errors import FuseboardError, unknown
    from fuseboard.store.results import profiles
    from fuseboard.store.store import Store

    if modality is not None and modality not in KINDS:
        raise unknown("modality", modality, KINDS)
    opened = Store(store)
    flag = _flag(dataset, opened)
    whole = published()
    measured = profiles.read(opened.root, SHIPPED)
    reasons, limits = {}, Limits(commercial, open_weights)
    for name in whole.subsets[-1]:
        card = registry.get(name)
        own = [profile for profile in measured if profile.backbone == name]
        if reason := limits.refusal(card) or _too_large(card, own, max_vram):
            reasons[name] = reason
    allowed = whole.within(set(whole.subsets[-1]) - set(reasons))
    if not allowed.subsets:
        told = "; ".join(f"{name} ({reason})" for name, reason in reasons.items())
        raise FuseboardError(f"none of the backbones with published searches may be used: {told}; ask for less")
    about = About(modality or KIND_OF.get(flag), images or TRAINING_IMAGES.get(flag))
    found = judged(allowed, about, flag)
    best = classifier(_classifier_tables())
    for note in notes(found, whole, allowed, reasons, best, flag):
        typer.echo(note, err=True)
    for note in _outlook(images, len(found.subset)):
        typer.echo(note, err=True)
    if best is not None and best.title in NEXT:
        command = NEXT[best.title].format(dataset=dataset or "DATASET", backbones=",".join(found.subset))
        typer.echo(f"next: {command}", err=True)
    rows = [rule.row for rule in found.rules]
    print_rows(rows, json, wide, [column for column in rows[0] if column.startswith("acc_")])


def _flag(dataset: str | None, store: "Store") -> str:
    """Returns MedMNIST's flag of a dataset without its size; the name itself of one in the store, or an empty text.

    Raises:
        UsageError: the name is neither known nor in the store.
    """
    from fuseboard.harness.datasets import known_names
    from fuseboard.store.errors import unknown

    if dataset is None:
        return ""
    base = known_names.base_name(dataset)
    if base in known_names.MEDMNIST:
        return base.partition("-")[0]
    held = sorted({name for version in store.versions for name in version.manifest.datasets})
    if dataset not in held and base not in {known_names.DIGITS, known_names.IMAGENET}:
        raise unknown("dataset", dataset, [*known_names.MEDMNIST, *held])
    return dataset


def _too_large(card: "Card", measured: "list[Profile]", max_vram: float | None) -> str | None:
    """Returns why a backbone does not fit a GPU; None where it does, or nobody asks."""
    from fuseboard.store.results.needed_memory import needed_gb

    if max_vram is None:
        return None
    needed = needed_gb(measured, card.precision)
    if needed is None:
        return "its memory was never measured"
    return f"needs {needed:.1f} GB" if needed > max_vram else None


def _classifier_tables() -> "tuple[DatasetClassifiers, ...]":
    from fuseboard.leaderboard.rankings.classifiers import classifier_tables
    from fuseboard.leaderboard.rows.current import mark
    from fuseboard.leaderboard.rows.domains import Domains
    from fuseboard.leaderboard.rows.shipped_rows import SHIPPED
    from fuseboard.leaderboard.rows.validation import valid_rows
    from fuseboard.store.store import Store

    shipped = Store(SHIPPED)
    return classifier_tables(mark(valid_rows(shipped.reading.rows)[0], shipped.current), Domains())


def _outlook(images: int | None, backbones: int) -> list[str]:
    """Returns what a search could tell beyond the recommendation."""
    from fuseboard.harness.search.outlook import ASSUMED_DISAGREEMENT, Outlook

    if images is None or images < CHOOSING or backbones < 2:
        return []
    told = Outlook(images // CHOOSING, backbones, ASSUMED_DISAGREEMENT, 0)
    return [f"a search, with one of {CHOOSING} images held out: {told.notes[0]}"]
