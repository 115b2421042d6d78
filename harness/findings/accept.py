"""Accepting findings: a stranger's file read strictly, each backbone judged alone, and shipped cards filled in.

Nothing of the file is believed for being there. Its card must be the shipped one but for pins, the pins must be what
the weights' own place publishes, and a canary that is here already must agree. What stays the sender's word is the
first canary of a backbone, and that what is said to be the authors' vectors came out of the authors' code; both are
kept with their origin.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.harness.backbones import canary, card_text, parity, pin, published_pins, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.findings.report import LIMIT, Observation, Report
from fuseboard.harness.submissions.rules import files, parsing, texts
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic


def read(path: Path) -> tuple[Report | None, list[Finding]]:
    """The report in a stranger's file, None where it cannot be taken for one, and what is wrong with it."""
    content = files.content_of(path, LIMIT)
    if isinstance(content, Finding):
        return None, [content]
    found = parsing.read(Report, "findings.json", content)
    is_bad = any(finding.is_bad for finding in found.findings)
    return None if is_bad else found.model, [_safe(finding) for finding in found.findings]


def accept(report: Report) -> Iterator[Finding]:
    """Judges one backbone after the other, and writes the card and the canary of those that pass."""
    for name, message in report.failed.items():
        yield Finding("note", name, texts.safe(f"failed on {report.device}: {message}"))
    for one in report.backbones:
        try:
            yield Finding("ok", one.card.id, _accepted(one, report))
        except FuseboardError as error:
            yield Finding("wrong", one.card.id, texts.safe(str(error)), "nothing of this backbone was written")


def _accepted(one: Observation, report: Report) -> str:
    """Takes one backbone's findings over and says what that was.

    Raises:
        FuseboardError: they cannot be; nothing was written then.
    """
    own, shipped = one.card, registry.get(one.card.id if one.card.id in registry.CARDS else _unknown(one.card.id))
    if own != shipped and not pin.same_but_for_pins(own, shipped):
        raise FuseboardError(
            f"{own.id}: its card is not the shipped one ({'; '.join(_differences(own, shipped))}); where the sender is "
            "right, change the card here first"
        )
    published_pins.confirm(own)
    found, known = np.array(one.canary, np.float32), canary.shipped(own)
    difference = canary.check(own, found)
    said = "first canary" if difference is None else f"canary as known, to {difference:.1e} of its scale"
    origin: dict[str, Any] = {
        "created": report.created.isoformat(), "device": report.device, "libraries": report.libraries
    }  # fmt: skip
    if one.authors is not None:
        compared = parity.compare(own, found, np.array(one.authors, np.float32))
        if not compared.holds:
            raise FuseboardError(
                f"{own.id}: the authors' own code gives other vectors ({compared}, allowed {compared.allowed:g}): the "
                "card is not what the authors compute; mend it first"
            )
        said += f"; authors' own code {compared}"
        origin["parity"] = {
            "max_relative_difference": compared.max_relative_difference, "cosine": compared.cosine
        }  # fmt: skip
        if doubts := [key for key in shipped.unverified if key.startswith(("source", "preprocessing"))]:
            said += f", so `unverified` may lose {', '.join(doubts)}"
    if own != shipped:
        path = registry.CARDS[own.id]
        atomic.write_text(path, card_text.pinned(path.read_text(encoding="utf-8"), own))
        said = f"pinned; {said}"
    if known is None:
        canary.record(own, found, origin)
    elif "parity" in origin and "parity" not in known.get("origin", {}):
        canary.record(own, np.array(known["vectors"], np.float32), origin)
    return said


def _unknown(name: str) -> str:
    raise FuseboardError(f"{name}: no backbone of this name has a card here")


def _differences(own: Card, shipped: Card) -> list[str]:
    """The keys in which two cards differ beyond the gaps that pins fill, with both values."""
    sides = [dict(texts.leaves(card.model_dump(mode="json"))) for card in (shipped, own)]
    gaps = {f"source.{name}" for name in shipped.unpinned}
    keys = [k for k in {**sides[0], **sides[1]} if k.strip(".") and not any(k.startswith(gap) for gap in gaps)]
    return [
        f"{key} is {sides[0].get(key)!r} here and {sides[1].get(key)!r} there"
        for key in keys
        if not key.endswith(".") and sides[0].get(key) != sides[1].get(key)
    ][:4]


def _safe(finding: Finding) -> Finding:
    return Finding(finding.status, finding.check, texts.safe(finding.message), finding.fix)
