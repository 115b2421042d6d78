"""Collecting findings: each backbone loaded from its pinned weights, its canary computed, and compared with others'."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary, loaders, parity, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.parity import Parity
from fuseboard.harness.findings.report import Observation, Report
from fuseboard.harness.runtime import profiling
from fuseboard.harness.submissions.rules import texts
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.store.embeddings import manifest
from fuseboard.store.errors import FuseboardError, UsageError, unknown

FOLDERS = re.compile(r"(?<![\w:/.~])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\:,'\"]+[/\\])+")
"""The folders before a file's name, which may tell who somebody is and are left out of a file that is sent."""


@dataclass(frozen=True)
class Seen:
    """One backbone's finding, or why there is none."""

    backbone: str
    observation: Observation | None
    parity: Parity | None
    message: str

    @property
    def is_bad(self) -> bool:
        """Whether it could not be computed, or is not what the authors' code computes."""
        return self.observation is None or (self.parity is not None and not self.parity.holds)


def check(cards: Sequence[Card]) -> None:
    """Raises UsageError where findings about these cards cannot be taken over, before anything is computed."""
    for card in cards:
        if card.id not in registry.CARDS:
            raise unknown("backbone", card.id, registry.CARDS)
        if card.unpinned:
            raise UsageError(f"{card.id}: {' and '.join(card.unpinned)} unpinned; give the card that `pin` wrote")
        if card.source.file is not None or card.source.module is not None:
            raise UsageError(f"{card.id}: its weights or code are a file of your own, which nobody else can fetch")
    numbers = sum(2 * len(canary.images()) * card.dim for card in cards)
    if numbers > texts.MAX_NODES * 0.9:
        raise UsageError(f"{len(cards)} backbones are too many for one file; write two, of fewer backbones each")


def collect(
    cards: Sequence[Card], device: str, trust: bool, authors: Mapping[str, NDArray[np.float32]]
) -> Iterator[Seen]:
    """Loads one backbone after the other; one that fails stops no other, and its line is a finding too.

    Args:
        cards: pinned.
        device: where they run.
        trust: whether code of a repository may run, on cards that need it.
        authors: backbone -> the vectors of its authors' own code, where somebody has computed them.
    """
    for card in cards:
        try:
            yield _seen(card, device, trust, authors.get(card.id))
        except FuseboardError as error:
            yield Seen(card.id, None, None, str(error))
        except ModuleNotFoundError as error:
            if (message := what_is_missing(error)) is None:
                raise
            yield Seen(card.id, None, None, f"{card.id}: {message}")


def _seen(card: Card, device: str, trust: bool, theirs: NDArray[np.float32] | None) -> Seen:
    ours = canary.vectors(card, loaders.load(card, device, trust))
    difference = canary.check(card, ours)
    said = "first canary" if difference is None else f"differs by {difference:.1e} from the shipped canary"
    found = None if theirs is None else parity.compare(card, ours, theirs)
    return Seen(
        card.id,
        Observation(
            card=card,
            canary=tuple(map(tuple, canary.as_lists(ours))),
            authors=None if theirs is None else tuple(map(tuple, canary.as_lists(theirs))),
        ),
        found,
        said if found is None or found.holds else f"{said}; the authors' vectors are others: look at the card",
    )


def report(seen: Sequence[Seen], device: str) -> Report:
    """The file of findings, with nothing of this machine in it but its device and libraries."""
    return Report(
        format=1,
        created=manifest.now(),
        device=profiling.hardware(device),
        libraries=profiling.libraries(),
        backbones=tuple(one.observation for one in seen if one.observation is not None),
        failed={one.backbone: public(one.message) for one in seen if one.observation is None},
    )


def public(message: str) -> str:
    """A message without folders of this machine, and without the Hub's token, whatever a library quoted."""
    from huggingface_hub import get_token

    token = get_token()
    return texts.safe(FOLDERS.sub("", message.replace(token, "[token]") if token else message))
