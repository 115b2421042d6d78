"""A board is one ranked table, validated when it is made and never changed after."""

from datetime import datetime
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fuseboard.store.results.metrics import Metrics
from fuseboard.store.results.roles import RoleName, title
from fuseboard.store.results.selection import Criterion
from fuseboard.store.statistics.ties import level

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Subset = tuple[str, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(Metrics):
    """A score holds the metrics on one split, at full precision."""

    reason: str | None
    """Why a metric is missing; null when none is."""
    images: int | None
    acc_interval: tuple[Fraction, Fraction] | None
    """Binomial (Wilson) 95 % interval of the accuracy; null where the accuracy is no share of images."""

    @model_validator(mode="after")
    def _missing_has_a_reason(self) -> "Score":
        if (self.auc is None or self.acc is None) and not self.reason:
            raise ValueError("a missing metric needs a reason")
        return self


class Environment(_Frozen):
    """An environment says what a fit ran on and with."""

    device: str
    hardware: str
    libraries: dict[str, str]
    jobs: int


class Entry(_Frozen):
    """An entry is one measured subset."""

    subset: Subset
    keys: tuple[str, ...]
    """Keys of the result rows it was read from."""
    test_key: str | None
    """It names its test row; null where it has none."""
    features: int
    val: Score
    test: Score
    fit_s: float | None
    created: datetime
    environment: int
    """Number of its environment on this board."""

    @property
    def name(self) -> str:
        """Return the backbones, joined as they are written everywhere."""
        return " + ".join(self.subset)


class Single(_Frozen):
    """A single is one backbone alone, with its rank among the others."""

    rank: int | None
    """Backbones are ranked by test AUC; equals share a rank and the next one is skipped. Null without a test AUC."""
    entry: Entry


class Role(_Frozen):
    """A role is the part that one subset plays on the fusion board."""

    name: RoleName
    entry: Entry | None
    reason: str | None
    """Why there is no such subset; null when there is."""
    auc_minus_chosen: float | None
    acc_minus_chosen: float | None


class Superseded(_Frozen):
    """Superseded rows exist and are not ranked."""

    reason: str
    rows: int


class Correlation(_Frozen):
    """This is Spearman's rank correlation of a metric on validation and on test over the subsets."""

    auc: float | None
    acc: float | None
    reason: str | None


class SelectionQuality(_Frozen):
    """It says how good a selection on validation is when validation images are drawn anew; see `selection_bias`."""

    validation_score: Fraction
    """The chosen subset's accuracy on validation, by which it was chosen."""
    corrected_score: Fraction
    """Expected accuracy of what is chosen in the same way, on images that did not choose."""
    interval: tuple[Fraction, Fraction]
    """2.5 and 97.5 % percentile of the accuracies whose mean `corrected_score` is."""
    subsets: tuple[tuple[Subset, Fraction], ...]
    """The subsets that win most often, and in what share of the resamples."""
    chosen_again: Fraction
    winners: int
    """Subsets that win at least once."""
    backbones: tuple[tuple[str, Fraction], ...]
    """Backbone, by name, and the share of the resamples whose winner contains it."""
    resamples: int


class Pair(_Frozen):
    """A pair holds a backbone's interaction with another; below 0 the two are redundant."""

    other: str
    auc: float


class Contribution(_Frozen):
    """It says what a backbone adds to a subset on test, averaged over all orders of joining: its Shapley value."""

    backbone: str
    auc: float
    acc: float | None
    """Null where no labels are at hand that say what guessing scores."""
    pairs: tuple[Pair, ...]


class Version(_Frozen):
    """It names the version of a backbone that every entry of a board used."""

    backbone: str
    fingerprint: str


class Board(_Frozen):
    """A board holds all subsets of one dataset under one protocol."""

    dataset: str
    protocol: str
    protocol_digest: str
    classifier: str
    selection: tuple[str, ...]
    source_md5: str
    task: str | None
    """Null when no manifest of the store describes the dataset."""
    seed: int
    other_seeds: tuple[int, ...]
    versions: tuple[Version, ...]
    environments: tuple[Environment, ...]
    entries: tuple[Entry, ...]
    """Best validation score first, as the protocol sees them."""
    singles: tuple[Single, ...]
    roles: tuple[Role, ...]
    no_choice: str | None
    """Why nothing could be chosen; null when something was."""
    ties: tuple[Subset, ...]
    """Subsets that share the best validation score, the chosen one first."""
    pool: tuple[str, ...]
    """Backbones that the search joined, by name: those in a subset of two or more, or all where there is no such."""
    measured: int
    possible: int
    """All subsets of the pool, and every backbone outside it alone."""
    correlation: Correlation
    selection_quality: SelectionQuality | None
    no_selection_quality: str | None
    """Why `selection_quality` is null."""
    contributions: tuple[Contribution, ...]
    """Largest in AUC first."""
    no_contributions: str | None
    """Why there are none."""
    superseded: tuple[Superseded, ...]

    @model_validator(mode="after")
    def _ranks_follow_the_test_auc(self) -> "Board":
        ranked = [single for single in self.singles if single.rank is not None]
        scores = [single.entry.test.auc for single in ranked]
        if None in scores:
            raise ValueError("a backbone without a test AUC has a rank")
        aucs = level([score for score in scores if score is not None])  # scores that differ by rounding share a rank
        ranks = [single.rank for single in ranked]
        for (rank, auc), (next_rank, next_auc) in pairwise(zip(ranks, aucs, strict=True)):
            if (rank == next_rank) != (auc == next_auc) or auc < next_auc:
                raise ValueError(f"ranks {rank} and {next_rank} do not follow the test AUC")
        return self

    @model_validator(mode="after")
    def _a_choice_has_its_roles(self) -> "Board":
        if bool(self.roles) == bool(self.no_choice):
            raise ValueError("a board has either roles or the reason why there is no choice")
        return self

    @property
    def outside(self) -> tuple[str, ...]:
        """Return the backbones that were measured alone only, beside a pool of others."""
        return tuple(version.backbone for version in self.versions if version.backbone not in self.pool)

    @property
    def criterion(self) -> Criterion:
        """Return what the protocol chooses by."""
        return Criterion(self.selection[0])

    def is_judged(self, entry: Entry) -> bool:
        """Tell whether an entry has the score that the protocol chooses by."""
        return self.criterion.split != "val" or getattr(entry.val, self.criterion.column) is not None

    def title(self, role: str) -> str:
        """Return what a reader calls a role on this board."""
        return title(role, self.criterion, [self.pool])

    def role(self, name: str) -> Role | None:
        """Return the role of that name, or None where nothing was chosen."""
        return next((role for role in self.roles if role.name == name), None)
