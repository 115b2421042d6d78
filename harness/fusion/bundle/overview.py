"""The overview: what a bundle says of itself, for people and programs; nothing of it is loaded."""

from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.fusion.bundle import model_card, reading
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.harness.terminal.report import Facts


@dataclass(frozen=True)
class Overview:
    """What a bundle says of itself."""

    facts: Manifest
    summary: Facts
    backbones: list[Facts]
    metrics: list[Facts]
    notes: list[str]

    def as_json(self) -> Facts:
        """Returns everything but the names of training images and the files."""
        found: Facts = self.facts.model_dump(mode="json", exclude={"files": True, "novelty": {"names", "labels"}})
        return found


def read(path: Path) -> Overview:
    """Reads a bundle and holds its files against their hashes; raises as `reading.read`."""
    facts, _ = reading.read(path)
    return Overview(facts, _summary(facts), backbones(facts), metrics(facts), model_card.notes(facts))


def backbones(facts: Manifest) -> list[Facts]:
    """Returns a row per backbone."""
    return [
        {
            "name": name,
            "version": own.fingerprint[:12],
            "numbers": own.dim,
            "licence": own.licence,
            "source": own.source,
        }
        for name, own in facts.backbones.items()
    ]


def metrics(facts: Manifest) -> list[Facts]:
    """Returns a row per metric and split, at least one."""
    rows: list[Facts] = [
        {
            "metric": one.name,
            "split": one.split,
            "value": _rounded(one.value),
            "low": _rounded(one.low),
            "high": _rounded(one.high),
            "images": one.images,
            "reason": one.reason,
        }
        for one in facts.metrics
    ]
    return rows or [dict.fromkeys(("metric", "split", "value", "low", "high", "images", "reason"))]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _summary(facts: Manifest) -> Facts:
    own = facts.summary
    heads = sorted({member.head.kind for member in facts.members})
    return {
        "task": facts.task,
        "classes": ", ".join(facts.classes) or None,
        "classifier": f"{' and '.join(heads)}{f', a vote of {len(facts.members)}' if len(facts.members) > 1 else ''}",
        "calibration": facts.calibration.method,
        "dataset": own.dataset,
        "licence of its images": own.licence or "not stated",
        "images": f"{own.images:,} train, {own.validation:,} validation, {own.test:,} test",
        "groups": own.groups,
        "protocol": own.protocol,
        "false alarms of `unlike`": f"{facts.novelty.false_alarms:.1%} of {facts.novelty.images:,} images",
        "images are read with": str(facts.reading),
        "training images in it": f"{len(facts.novelty.names):,} as vectors, with labels and names",
        "created": f"{facts.created:%Y-%m-%d}",
    }
