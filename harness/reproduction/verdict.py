"""The verdict on stored vectors: the same as are computed again, or what most probably made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.reproduction.likeness import Likeness, allowed
from fuseboard.harness.reproduction.row_places import Places
from fuseboard.harness.reproduction.variants import Variant
from fuseboard.harness.terminal.report import Facts

Name = Literal["same", "other precision", "other transform", "other order", "other model"]
Certainty = Literal["certain", "likely", "unclear"]
FOLLOWS = 0.2
"""Correlation below which numbers are taken to mean something else. On BreastMNIST-28 EfficientNet-Lite0 has .25 to 1
with itself under other transforms (.06 where pixels are repeated), and 0 with Lite1 or with random weights."""
ALIKE = 0.9999
"""Least cosine of vectors that differ by arithmetic like TF32's alone."""
ENOUGH = 8
"""Images below which nothing is told from correlations."""


@dataclass(frozen=True)
class Tried:
    """A variant, and how near its vectors come to the stored ones."""

    variant: Variant
    likeness: Likeness


@dataclass(frozen=True)
class Verdict:
    """What a sample of a dataset's images says."""

    verdict: Name
    certainty: Certainty
    why: str
    images: int
    own: Likeness | None = None
    """As the card says; None where widths differ."""
    best: Tried | None = None
    """The variant that comes nearest, where others than the card's were tried."""

    @property
    def is_same(self) -> bool:
        """Whether the stored vectors are those that card and images make."""
        return self.verdict == "same"

    def facts(self) -> Facts:
        """Everything, for programs and tables."""
        own, best = self.own, self.best
        return {
            "verdict": self.verdict,
            "certainty": self.certainty,
            "images": self.images,
            "difference": own and own.difference,
            "cosine": own and own.cosine,
            "correlation": own and own.correlation,
            "cka": own and own.cka,
            "best": best and best.variant.words,
            "best_difference": best and best.likeness.difference,
            "best_correlation": best and best.likeness.correlation,
            "why": self.why,
        }


@dataclass(frozen=True)
class Evidence:
    """What was found of vectors that are not the card's."""

    images: int
    own: Likeness
    best: Tried
    """Of all images, with the rows at their own places."""
    dtype: str
    """`float16` where the numbers are such."""
    places: Places
    found: Tried | None
    """Where rows lie elsewhere, the variant whose vectors are found there, and how near."""
    chance: float
    """Correlation that random pairings of images and vectors reach."""
    tried: Sequence[Tried]
    rounded: str | None
    emulated: bool
    """Whether the arithmetic of the best variant was only imitated here."""
    scaled: bool
    """Whether the stored vectors are of length 1 and the model's are not; all comparisons are then of directions."""


def judge(evidence: Evidence) -> Verdict:
    """Says what most probably made vectors that the card does not make."""
    name, certainty, why = _judge(evidence)
    if evidence.rounded == "bfloat16":
        why += "; every stored number is a bfloat16"
    return Verdict(name, certainty, why, evidence.images, evidence.own, evidence.best)


def _judge(seen: Evidence) -> tuple[Name, Certainty, str]:
    own, best = seen.own, seen.best
    gains = best.likeness.error < 0.5 * own.error
    if seen.scaled and not best.variant.changes_transform and _makes(seen.best, seen.dtype):
        return "other transform", "certain", f"they were divided by their length{_beside(best)}"
    if gains and _makes(best, seen.dtype):
        kind: Name = "other transform" if best.variant.changes_transform else "other precision"
        made = f"{best.variant.words} makes them ({_apart(best.likeness)}; {_as_the_card(own)})"
        return kind, "likely" if seen.emulated else "certain", made
    if seen.found is not None and _makes(seen.found, seen.dtype):
        count = int(seen.places.moved.sum())
        where = f"{count} of {seen.images} images have their vector at another row, such as {seen.places.example}"
        return "other order", "certain", f"{where} ({_apart(seen.found.likeness)} there){_beside(seen.found)}"
    explained = 1 - (best.likeness.error / own.error) ** 2 if own.error else 0.0
    nearest = f"nearest is {best.variant.words}, which explains {explained:.0%} of the difference"
    nearest = nearest if best.variant.changes else "none of them is nearer than the card itself"
    if own.difference <= allowed("tf32", seen.dtype) and own.cosine >= ALIKE and not gains:
        return (
            "other precision",
            "likely",
            f"they differ no more than TF32 or half precision does ({_as_the_card(own)})",
        )
    if gains and not best.variant.changes_transform:
        return "other precision", "likely", f"{nearest} ({_apart(best.likeness)}; {_as_the_card(own)})"
    if best.likeness.correlation > max(FOLLOWS, 2 * seen.chance) and seen.images >= ENOUGH:
        follows = (
            f"their numbers follow the model's (correlation {best.likeness.correlation:.2f}, chance {seen.chance:.2f})"
        )
        return "other transform", "likely", f"{follows}, and none of {len(seen.tried)} variants makes them; {nearest}"
    cka = "none" if own.cka is None else f"{own.cka:.3f}"
    return (
        "other model",
        "likely" if seen.images >= ENOUGH else "unclear",
        f"no dimension follows the model's under any of {len(seen.tried)} variants, nor at another row (best "
        f"correlation {best.likeness.correlation:.2f}, chance {seen.chance:.2f}); CKA {cka}",
    )


def _makes(tried: Tried, dtype: str) -> bool:
    return tried.likeness.difference <= allowed(tried.variant.precision, dtype)


def _apart(likeness: Likeness) -> str:
    return f"they differ by {likeness.difference:.1e} of their scale"


def _as_the_card(own: Likeness) -> str:
    return f"as the card says by {own.difference:.1e}"


def _beside(tried: Tried) -> str:
    return f", and {tried.variant.words}" if tried.variant.changes else ""


def is_unit(vectors: NDArray[np.float32]) -> bool:
    """Whether all vectors have the length 1."""
    return bool(np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3))
