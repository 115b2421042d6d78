"""Evaluations: what rows can be of, each declared once.

Whatever must know which evaluations there are (the command beside a row, the boards, what is superseded, which
predictions have intervals) asks this table. A row of an evaluation that is not in it was written by another version
or by a stranger: it is shown as such and never ranked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseboard.store.registry import Registry

TRIALS = re.compile(r"(.+)-trials([1-9][0-9]*)")
"""The protocol of rows that were tuned with another number of trials than the protocol's own."""

Kept = Literal["clean predictions", "corrupted predictions", "metrics"]
Board = Literal["subsets", "alternatives", "robustness", "transfer"]
Phase = Literal["search", "tuning"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the rows of one evaluation are, how they are measured and where they are shown."""

    name: str
    """As rows and the folders of `results/` have it."""
    title: str
    """As people read it."""
    command: str
    """What `fuseboard` is called with to measure a row again, before protocol and device. `{dataset}` and
    `{backbones}` are those of the row, `{clean}` the dataset whose test images were corrupted, `{column}` one of the
    images' metadata. Given the backbones of a tuned subset, that subset is chosen again, because what beats all others
    beats some of them."""
    commands_by_fusion: Mapping[str, str] = field(default_factory=dict)
    """Fusion -> command, where it is another one than `command`."""
    keeps: Kept = "metrics"
    """What is kept beside the metrics: what finalists said about the clean test images, of which intervals and
    differences are computed, or about corrupted ones, of which balanced errors are."""
    has_own_digests: bool = False
    """Whether every setting that was tried has a protocol digest of its own. Where none has, another digest than the
    current one is another definition of the protocol, and the row is superseded."""
    settings_are_listed: bool = False
    """Whether the present settings, and so the digests that their rows have today, are known; then a row of another
    digest is superseded too, where rows of today's are there."""
    takes_trials: bool = False
    """Whether the protocol of rows may be called `NAME-trialsN`, after another number of trials than its own."""
    setting: Literal["fusion", "classifier", "seeds"] = "fusion"
    """What tells its rows apart for people: the column `fusion`, the column `classifier`, or the number of seeds."""
    board: Board | None = None
    """Where its rows are ranked or compared; None where nobody ranks them."""
    phase: Phase | None = None
    """Which part of the runtime of a dataset its fits are counted to."""

    def command_of(self, fusion: str) -> str:
        """The command of rows that were fused in some way."""
        return self.commands_by_fusion.get(fusion, self.command)


FUSION = Evaluation(
    name="fusion",
    title="joined features",
    command="search {dataset} --strategy all --backbones {backbones}",
    keeps="clean predictions",
    board="subsets",
    phase="search",
)
PROBE = Evaluation(
    name="probe",
    title="cheap fits of the search",
    # Halving gives cheap fits only to many subsets, so it needs all the backbones and not those of one.
    command="search {dataset} --strategy halving",
    has_own_digests=True,
)
LATE = Evaluation(
    name="late",
    title="votes of single backbones",
    command="evaluate soft-vote {dataset} --backbones {backbones}",
    commands_by_fusion={"weighted-vote": "search {dataset} --strategy ensemble --backbones {backbones}"},
    keeps="clean predictions",
    board="alternatives",
)
TUNED = Evaluation(
    name="tuned",
    title="tuned",
    command="evaluate tuned {dataset} --backbones {backbones}",
    keeps="clean predictions",
    takes_trials=True,
    setting="seeds",
    board="alternatives",
    phase="tuning",
)
TUNING = Evaluation(
    name="tuning",
    title="trials of tuning",
    command="evaluate tuned {dataset} --backbones {backbones}",
    has_own_digests=True,
    phase="tuning",
)
LINEAR_PROBE = Evaluation(
    name="linear-probe",
    title="linear probe",
    command="evaluate linear-probe {dataset} --backbones {backbones}",
    keeps="clean predictions",
    has_own_digests=True,
    settings_are_listed=True,
    setting="classifier",
    board="alternatives",
)
KNN = Evaluation(
    name="knn",
    title="nearest neighbours",
    command="evaluate knn {dataset} --backbones {backbones}",
    keeps="clean predictions",
    has_own_digests=True,
    settings_are_listed=True,
    setting="classifier",
    board="alternatives",
)
ATTENTION_RANDOM = Evaluation(
    name="attention-random",
    title="untrained attention",
    command="evaluate attention-random {dataset} --backbones {backbones}",
    keeps="clean predictions",
    has_own_digests=True,
    settings_are_listed=True,
    board="alternatives",
)
ATTENTION_TRAINED = Evaluation(
    name="attention-trained",
    title="trained attention",
    command="evaluate attention-trained {dataset} --backbones {backbones}",
    keeps="clean predictions",
    has_own_digests=True,
    settings_are_listed=True,
    board="alternatives",
)
FEW_LABELS = Evaluation(
    name="few-labels",
    title="few labelled images",
    command="evaluate few-labels {dataset} --backbones {backbones}",
    has_own_digests=True,
    setting="classifier",
)
GROUPS = Evaluation(
    name="groups",
    title="groups and sites",
    command="evaluate groups {dataset} --backbones {backbones} --column={column}",
    has_own_digests=True,
    setting="classifier",
)
CORRUPTION = Evaluation(
    name="corruption",
    title="each backbone's own preprocessing",
    command="evaluate corruption {clean} --backbones {backbones}",
    keeps="corrupted predictions",
    board="robustness",
)
CORRUPTION_ONE_LOADER = Evaluation(
    name="corruption-one-loader",
    title="one loader for all backbones",
    command="evaluate corruption-one-loader {clean} --backbones {backbones}",
    keeps="corrupted predictions",
    has_own_digests=True,
    board="robustness",
)
TRANSFER = Evaluation(
    name="transfer",
    title="transfer",
    command="evaluate transfer {dataset} --backbones {backbones}",
    has_own_digests=True,
    settings_are_listed=True,
    board="transfer",
)

_DECLARED = (
    *(FUSION, PROBE, LATE, TUNED, TUNING, LINEAR_PROBE, KNN, ATTENTION_RANDOM, ATTENTION_TRAINED, FEW_LABELS),
    *(GROUPS, CORRUPTION, CORRUPTION_ONE_LOADER, TRANSFER),
)
EVALUATIONS = Registry("evaluation", ((one.name, one) for one in _DECLARED))
"""Every declared evaluation, in the order in which pages list them."""


def keeping(kept: Kept) -> tuple[str, ...]:
    """Names of the evaluations whose rows keep something."""
    return tuple(one.name for one in EVALUATIONS.values() if one.keeps == kept)


def on_board(board: Board) -> dict[str, str]:
    """Name -> title of the evaluations of a board."""
    return {one.name: one.title for one in EVALUATIONS.values() if one.board == board}


def in_phase(phase: Phase) -> tuple[str, ...]:
    """Names of the evaluations whose fits are counted to a part of the runtime."""
    return tuple(one.name for one in EVALUATIONS.values() if one.phase == phase)
