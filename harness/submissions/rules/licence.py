"""The licence: whether a stranger's embeddings may be passed on, by their word and by what is known here."""

from collections.abc import Iterator

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.terminal.finding import Finding

SAYS_NOTHING = {"", "?", "-", "custom", "n/a", "none", "other", "proprietary", "tbd", "unknown", "unlicensed"}


def findings(card: Card, is_withdrawn: bool) -> Iterator[Finding]:
    """What the licence forbids. Of a withdrawn submission it is only told: that may be why it was withdrawn."""
    problems = list(_problems(card))
    for problem in problems:
        mend = 'set status = "withdrawn", or hand in a backbone whose licence lets its embeddings be passed on'
        yield Finding("note" if is_withdrawn else "wrong", "licence", problem, "" if is_withdrawn else mend)
    if not problems:
        yield Finding("ok", "licence", f"{card.licence}, embeddings may be passed on")


def _problems(card: Card) -> Iterator[str]:
    if card.licence.strip().casefold() in SAYS_NOTHING:
        yield f"the licence {card.licence!r} says nothing about what is allowed"
    if card.redistribution != "embeddings":
        yield (
            f"the licence, {card.licence}, does not let embeddings be passed on (redistribution = "
            f"{card.redistribution!r} on the card)"
        )
        return
    for name in registry.names():
        known = registry.get(name)
        if known.source.place.casefold() == card.source.place.casefold() and known.redistribution != "embeddings":
            yield (
                f"the weights of {card.source.place} are {name}'s, whose licence, {known.licence}, does not let "
                "embeddings be passed on"
            )
