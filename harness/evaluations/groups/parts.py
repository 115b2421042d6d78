"""Parts: what is measured of a subset, each a row of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fuseboard.harness.evaluations.groups.columns import Column
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.store.results.evaluations import GROUPS
from fuseboard.store.statistics.robustness_index import NEIGHBOURS

Measure = Literal["whole", "known", "group", "left out", "column", "neighbours"]
"""The label of all test images; of those whose group is known; of a group; of a group that training is without; the
column itself; the robustness index."""

TITLES: Mapping[Measure, str] = {
    "whole": "{classifier}",
    "known": "{classifier}, {column} known",
    "group": "{classifier}, {column}={group}",
    "left out": "{classifier} without {column}={group}",
    "column": "{classifier} of {column}",
    "neighbours": "robustness index of {column}",
}
"""The column `classifier` of rows."""


@dataclass(frozen=True, kw_only=True)
class Part(Variant):
    """One measure of a column."""

    measure: Measure
    column: Column
    group: str | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """Nothing is chosen here, so validation is not looked at."""
        return ("test",)


def part(protocol: Protocol, measure: Measure, column: Column, group: str | None = None) -> Part:
    """Returns a part, with what decides its numbers: a corrected column makes other rows."""
    identity: dict[str, Any] = {"measure": measure}
    params: dict[str, Any] = {"measure": measure, "column": column.name, "column_digest": column.digest}
    if measure != "whole":
        identity |= {"column": column.name, "column_digest": column.digest}
    if group is not None:
        identity["group"] = params["group"] = group
    if measure == "neighbours":
        identity |= {"k": NEIGHBOURS, "metric": "cosine, mean over backbones"}
    own = {} if measure == "neighbours" else protocol.params.model_dump(exclude_none=True)
    title = TITLES[measure].format(classifier=protocol.classifier, column=column.name, group=group)
    return Part(
        protocol=protocol,
        under=GROUPS.name,
        name=title,
        classifier=title,
        setting=identity,
        own_params={**own, **params},
        measure=measure,
        column=column,
        group=group,
    )


def parts(protocol: Protocol, column: Column) -> list[Part]:
    """Returns all parts of a column but `whole`, which belongs to none."""
    groups = [value for value in column.values if len(column.rows("test", value))]
    return [
        part(protocol, "known", column),
        *(part(protocol, "group", column, value) for value in groups),
        *(part(protocol, "left out", column, value) for value in groups),
        part(protocol, "column", column),
        part(protocol, "neighbours", column),
    ]
