"""The audit of a version: a sample of images embedded anew, and what explains it where other vectors come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice

import numpy as np

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets.dataset import Dataset, Image
from fuseboard.harness.reproduction import row_places, sampling, variants
from fuseboard.harness.reproduction.likeness import FLOAT16_ERROR, Likeness, allowed, chance, rounded_to
from fuseboard.harness.reproduction.sampling import Drawn, Vectors
from fuseboard.harness.reproduction.variants import Change, Variant
from fuseboard.harness.reproduction.verdict import Evidence, Tried, Verdict, is_unit, judge
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.files.progress import counting

FEW = 8
"""Images of the sample on which variants are tried; the best is then held against all."""
PAIRS = 24
"""Pairs of changes that are tried, of those that came nearest alone."""
EXACT = 1e-3


def audit(version: Version, name: str, card: Card, encoder: Encoder, dataset: Dataset) -> Verdict:
    """Embeds a sample of a version's images anew and says what the stored vectors are.

    Args:
        version: its shards are held against their hashes.
        name: of the dataset in it.
        card: of the model that is said to have made it.
        encoder: that model.
        dataset: the images.
    """
    drawn = sampling.draw(version, name, version.manifest.datasets[name])
    stored = sampling.stored(version, name, drawn)
    pictures = sampling.images(dataset, drawn)
    plain = variants.of_card(card)
    computed = sampling.embed(pictures, plain.pixels, encoder)
    if computed.shape != stored.shape:
        wide = f"{stored.shape[1]:,} numbers per image, the model makes {computed.shape[1]:,}"
        return Verdict("other model", "certain", wide, len(pictures))
    rounded = rounded_to(stored)
    dtype = "float16" if rounded == "float16" else version.manifest.dtype
    own = Likeness.of(stored, computed)
    limit = allowed(card.precision, dtype)
    if own.difference <= limit:  # no NaN passes
        why = f"they differ by {own.difference:.1e} of their scale, {limit:.1e} is allowed at {card.precision}"
        return Verdict("same", "certain", why, len(pictures), own)
    scaled = is_unit(stored) and not is_unit(computed)
    search = _Search(card, encoder, pictures, stored, scaled, dtype)
    return judge(search.evidence(version, name, drawn, rounded))


@dataclass
class _Search:
    """The search for what made the stored vectors of a sample."""

    card: Card
    encoder: Encoder
    pictures: Sequence[Image]
    stored: Vectors
    scaled: bool
    dtype: str
    _seen: set[bytes] = field(default_factory=set)
    _made: dict[Variant, Vectors] = field(default_factory=dict)

    def evidence(self, version: Version, name: str, drawn: Drawn, rounded: str | None) -> Evidence:
        """Tries variants until one makes the vectors, at their own rows or at those where they seem to lie."""
        plain = variants.of_card(self.card)
        own = Tried(plain, Likeness.of(self.stored, self._whole(plain)))
        places = row_places.look(version, name, drawn, self._whole(plain))
        there = places.vectors if places.most_moved else self.stored
        away = Tried(plain, Likeness.of(there, self._whole(plain)))
        tried = [] if self._is_exact(away) else list(self._tried(there, min(own, away, key=_error)))
        best = self._best([one for one, _ in tried], own, self.stored)
        found = None
        if places.most_moved:
            found = self._best([one for _, one in tried], away, there)
            places = row_places.look(version, name, drawn, self._whole(found.variant))
            found = Tried(found.variant, Likeness.of(places.vectors, self._whole(found.variant)))
        return Evidence(
            images=len(self.pictures),
            own=own.likeness,
            best=best,
            dtype=self.dtype,
            places=places,
            found=found if places.most_moved else None,
            chance=chance(self.stored, self._whole(best.variant)),
            tried=[one for one, _ in tried],
            rounded=rounded,
            emulated=variants.is_emulated(best.variant.precision, self.encoder.device),
            scaled=self.scaled,
        )

    def _best(self, tried: Sequence[Tried], plain: Tried, rows: Vectors) -> Tried:
        """The variant that is nearest on a few images, held against all; the card's own where that is nearer."""
        variant = min((plain, *tried), key=_error).variant
        return min(plain, Tried(variant, Likeness.of(rows, self._whole(variant))), key=_error)

    def _tried(self, there: Vectors, plain: Tried) -> Iterator[tuple[Tried, Tried]]:
        """Variants with one change, then pairs of those that came nearest; at their own rows and at those `there`."""
        listed = list(variants.changes(self.card))
        singles: list[tuple[float, Change]] = []
        with counting(f"{self.card.id} · variants", len(listed) + PAIRS) as advance:
            self._try(plain.variant, there)
            for change in listed:
                advance(1)
                if (one := self._try(variants.apply(plain.variant, [change]), there)) is not None:
                    singles.append((min(map(_error, one)), change))
                    yield one
                    if any(map(self._is_exact, one)):
                        return
            nearer = sorted((one for one in singles if one[0] < plain.likeness.error), key=lambda one: one[0])
            pairs = sorted(combinations(nearer, 2), key=lambda pair: pair[0][0] + pair[1][0])
            differing = ([one, other] for (_, one), (_, other) in pairs if one[0] != other[0])
            for changes in islice(differing, PAIRS):
                advance(1)
                if (two := self._try(variants.apply(plain.variant, changes), there)) is not None:
                    yield two
                    if any(map(self._is_exact, two)):
                        return

    def _try(self, variant: Variant, there: Vectors) -> tuple[Tried, Tried] | None:
        """One variant on a few images; None where it makes the same pixels as another, or is none of this model."""
        rows = np.unique(np.linspace(0, len(self.pictures) - 1, min(FEW, len(self.pictures))).astype(int))
        few = [self.pictures[row] for row in rows]
        try:
            pixels = b"".join(variant.pixels(picture).tobytes() for picture in few)
            way = variant.precision, variant.preprocessing.mean, variant.preprocessing.std, variant.preprocessing.size
            if (key := repr(way).encode() + pixels) in self._seen:
                return None
            self._seen.add(key)
            computed = self._vectors(variant, few)
        except Exception:  # a model that takes one size alone raises whatever its library raises
            return None
        if computed.shape[1] != self.stored.shape[1] or not np.isfinite(computed).all():
            return None
        at_home, away = (Tried(variant, Likeness.of(vectors[rows], computed)) for vectors in (self.stored, there))
        return at_home, away

    def _whole(self, variant: Variant) -> Vectors:
        """The vectors of all images, computed once."""
        if variant not in self._made:
            self._made[variant] = self._vectors(variant, self.pictures)
        return self._made[variant]

    def _vectors(self, variant: Variant, pictures: Sequence[Image]) -> Vectors:
        made = sampling.embed(list(pictures), variant.pixels, variant.encoder(self.encoder))
        if self.scaled:
            made = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return made

    def _is_exact(self, tried: Tried) -> bool:
        return tried.likeness.difference <= EXACT + (FLOAT16_ERROR if self.dtype == "float16" else 0)


def _error(tried: Tried) -> float:
    return tried.likeness.error
