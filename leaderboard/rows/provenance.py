"""The provenance says where every result row of a dataset came from, one line per fit, with what many share said
once."""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import polars as pl

from fuseboard.leaderboard.rows.reproduce import command, no_command
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.results.metrics import FIELDS

RULES = ["evaluation", "protocol", "selection", "metric_set", "source_md5"]
"""Columns that say by which rules, and on which images, the many settings of an evaluation were measured."""
SETTING = ["fusion", "classifier", "protocol_digest", "params"]
"""Columns that tell these settings apart."""
DEFINITION = [*RULES, *SETTING]
ENVIRONMENT = ["device", "hardware", "jobs", "libraries"]
FIT = [*DEFINITION, "subset", "fingerprints", "seed", *ENVIRONMENT, "superseded"]
"""Columns in which all rows of one fit agree, but for two fits that were made twice."""
LISTS = ["selection", "subset", "fingerprints"]
"""Those of them that hold several texts."""
SHOWN = [*FIT, "dataset", "key", "split", *FIELDS, "reason", "rows", "fit_s", "created"]

_fit, _environment, _rules, _definition = (itemgetter(*columns) for columns in (FIT, ENVIRONMENT, RULES, DEFINITION))


@dataclass(frozen=True)
class UsedVersion:
    """It is a version of a backbone that some row used."""

    backbone: str
    fingerprint: str
    manifest: Manifest | None
    """Null where the store does not hold it any more."""


@dataclass(frozen=True)
class SplitScore:
    """It is one row: what a fit scored on one split."""

    key: str
    split: str
    metrics: tuple[tuple[str, float], ...]
    """Name and value at full precision, without those that are missing."""
    reason: str | None
    """Why one is missing; null when none is."""
    rows: int


@dataclass(frozen=True)
class Fit:
    """It is one fit; numbers count the lines of the other tables from 1."""

    definition: int
    environment: int
    fusion: str
    classifier: str
    versions: tuple[tuple[int, str], ...]
    """Number of the version and name of its backbone, in the order of the subset."""
    evaluation: str
    protocol: str
    seed: int
    measured: tuple[SplitScore, ...]
    """They are sorted: validation, then test, then others by name."""
    fit_s: float | None
    superseded: str | None
    created: datetime
    is_referenced: bool
    """Whether it was not measured in this store but came with fuseboard."""
    command: str | None
    no_command: str | None


@dataclass(frozen=True)
class Provenance:
    """It holds the provenance of one dataset."""

    dataset: str
    fits: tuple[Fit, ...]
    versions: tuple[UsedVersion, ...]
    environments: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]
    definitions: tuple[tuple[int, Mapping[str, Any]], ...]
    """Number of the rules, and the setting."""


def provenances(
    rows: pl.DataFrame, manifests: Iterable[Manifest], referenced: Container[str] = ()
) -> Iterable[Provenance]:
    """Yield one per dataset that has a row, by name.

    Args:
        rows: of the store, marked.
        manifests: of the store.
        referenced: keys of the rows that came with fuseboard.
    """
    held = {(manifest.backbone, manifest.fingerprint): manifest for manifest in manifests}
    shown = rows.select(SHOWN).partition_by("dataset", maintain_order=True)
    for part in shown:
        yield _provenance(part["dataset"][0], [_hashable(row) for row in part.iter_rows(named=True)], held, referenced)


def _provenance(
    dataset: str,
    rows: Sequence[Mapping[str, Any]],
    held: Mapping[tuple[str, str], Manifest],
    referenced: Container[str],
) -> Provenance:
    rows_of_fits: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        rows_of_fits.setdefault(_fit(row), []).append(row)
    one_of_each = [fit[0] for fit in rows_of_fits.values()]
    pairs = ((name, one) for row in rows for name, one in zip(row["subset"], row["fingerprints"], strict=True))
    versions = {pair: number for number, pair in enumerate(sorted(set(pairs)), 1)}
    environments = _numbered(map(_environment, one_of_each))
    rules = _numbered(map(_rules, one_of_each))
    definitions = _numbered(map(_definition, one_of_each))
    fits = []
    for fit in rows_of_fits.values():
        own = sorted(fit, key=lambda row: (_order(row["split"]), row["key"]))
        last, zipped = own[-1], zip(own[-1]["subset"], own[-1]["fingerprints"], strict=True)
        fits.append(
            Fit(
                definition=definitions[_definition(last)],
                environment=environments[_environment(last)],
                fusion=last["fusion"],
                classifier=last["classifier"],
                versions=tuple((versions[pair], pair[0]) for pair in zipped),
                evaluation=last["evaluation"],
                protocol=last["protocol"],
                seed=last["seed"],
                measured=tuple(_measured(row) for row in own),
                fit_s=last["fit_s"],
                superseded=last["superseded"],
                created=max(row["created"] for row in own),
                is_referenced=last["key"] in referenced,
                command=command(last),
                no_command=no_command(last),
            )
        )
    return Provenance(
        dataset=dataset,
        fits=tuple(sorted(fits, key=lambda line: (line.definition, len(line.versions), line.versions, line.seed))),
        versions=tuple(UsedVersion(*pair, held.get(pair)) for pair in versions),
        environments=_named(environments, ENVIRONMENT),
        rules=_named(rules, RULES),
        definitions=tuple((rules[_rules(one)], one) for one in _named(definitions, DEFINITION)),
    )


def _measured(row: Mapping[str, Any]) -> SplitScore:
    metrics = tuple((str(field.title), row[name]) for name, field in FIELDS.items() if row[name] is not None)
    lacks = row["auc"] is None or row["acc"] is None
    return SplitScore(
        key=row["key"],
        split=row["split"],
        metrics=metrics,
        reason=(row["reason"] or "no reason was stored") if lacks else None,
        rows=row["rows"],
    )


def _hashable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose values can be held against others in a set."""
    return row | {name: tuple(row[name]) for name in LISTS if row[name] is not None}


def _numbered(found: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    """Return every distinct combination and its number, in the order of their texts."""
    return {values: number for number, values in enumerate(sorted(set(found), key=json.dumps), 1)}


def _named(found: Iterable[tuple[Any, ...]], columns: Sequence[str]) -> tuple[dict[str, Any], ...]:
    return tuple(dict(zip(columns, values, strict=True)) for values in found)


def _order(split: str) -> tuple[int, str]:
    return {"val": 0, "test": 1}.get(split, 2), split
