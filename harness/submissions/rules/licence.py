"""The licence: whether a stranger's embeddings may be passed on, by their word and by what is known here."""

from collections.abc import Iterator

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.terminal.finding import Finding, judge

SAYS_NOTHING = {"", "?", "-", "custom", "n/a", "none", "other", "proprietary", "tbd", "unknown", "unlicensed"}
ALLOWED = "embeddings may be passed on"


def findings(card: Card, is_withdrawn: bool) -> Iterator[Finding]:
    """What the licence forbids. For a withdrawn submission it is only a note: that may be why it was withdrawn."""
    for found in judge("licence", _problems(card), f"{card.licence}, {ALLOWED}"):
        yield Finding("note", "licence", found.message) if is_withdrawn and found.is_bad else found


def _problems(card: Card) -> Iterator[tuple[str, str]]:
    other = 'set status = "withdrawn", or hand in a backbone whose licence lets its embeddings be passed on'
    if card.licence.strip().casefold() in SAYS_NOTHING:
        yield f"the licence {card.licence!r} says nothing about what is allowed", other
    if card.redistribution != "embeddings":
        yield (
            f"the card does not let embeddings be passed on: redistribution = {card.redistribution!r}, and the licence "
            f"is {card.licence}",
            f'say redistribution = "embeddings" where that licence allows it; else {other}',
        )
        return
    for name in registry.names():
        known = registry.get(name)
        if known.source.place.casefold() == card.source.place.casefold() and known.redistribution != "embeddings":
            yield (
                f"the weights of {card.source.place} are {name}'s, whose licence, {known.licence}, does not let "
                "embeddings be passed on",
                other,
            )
