"""Changes say what is different since the site was last built, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.diff import came_and_went, named, score_changes, set_aside
from fuseboard.leaderboard.feeds.entry import EMPTY, MAX_LINES, ChangeLine, Entry, History
from fuseboard.leaderboard.feeds.previous_site import CHANGES, STATE, PreviousSite
from fuseboard.leaderboard.feeds.rank_changes import rank_changes
from fuseboard.leaderboard.feeds.state import Chosen, State, state

FIRST = "the first build here, so nothing to compare it with"
HIDDEN = "the site that stood here told of images of your own that stay off now, so nothing of it is compared or kept"
NOTHING = "nothing moved since the last build"


@dataclass(frozen=True)
class Changes:
    """They are what one build found."""

    history: History
    raw: bytes
    """The history as a file."""
    state: State
    """What the next build is told."""
    message: str
    """What this build found, for the person who asked for it."""


def since(previous: PreviousSite, site: SiteContext) -> Changes:
    """Return what changed between the site that a build replaces and the one it makes.

    Args:
        earlier: what stands in the folder.
        site: of the new site.
    """
    now = state(site)
    if previous.problem:
        line = ChangeLine(
            text=f"Changes cannot be told, because the site that stood here is no help: {previous.problem}"
        )
        return _appended(previous, site, now, lines=[line])
    if previous.rows is None or previous.state is None:
        return Changes(EMPTY, EMPTY.as_json(), now, HIDDEN if previous.is_hidden else FIRST)
    before, after = named(previous.rows), named(site.snapshot.rows.drop("right"))
    shards = ({(v.backbone, v.fingerprint, v.dataset): v.hash for v in one.vectors} for one in (previous.state, now))
    moves, rows = score_changes(before, after, *shards)
    places = list(rank_changes(previous.state.rankings, now.rankings))
    lines = [
        *_names(previous.state, now),
        *came_and_went(before, after),
        *set_aside(before, after),
        *_choices(previous.state, now),
    ]
    if not (moves or places or lines):
        return Changes(previous.history, previous.raw or previous.history.as_json(), now, NOTHING)
    return _appended(
        previous, site, now, lines=lines, moves=moves, moved=rows, places=tuple(places[:MAX_LINES]), placed=len(places)
    )


def files(changes: Changes) -> Mapping[str, bytes]:
    """Map each path on the site to its content."""
    return {CHANGES: changes.raw, STATE: changes.state.as_json()}


def _appended(
    previous: PreviousSite, site: SiteContext, now: State, lines: list[ChangeLine], **found: object
) -> Changes:
    nothing = {"moves": (), "moved": 0, "places": (), "placed": 0}
    shown, left_out = tuple(lines[:MAX_LINES]), max(0, len(lines) - MAX_LINES)
    date = site.snapshot.newest
    history = previous.history.after(date=date, lines=shown, lines_left_out=left_out, **{**nothing, **found})
    entry: Entry = history.entries[0]
    return Changes(history, history.as_json(), now, f"{entry.headline}: see changes.html")


def _names(before: State, now: State) -> Iterator[ChangeLine]:
    for word, then, own in (
        ("backbone", before.backbones, now.backbones),
        ("dataset", before.datasets, now.datasets),
        ("protocol", before.protocols, now.protocols),
    ):
        for name in sorted(set(own) - set(then)):
            yield _line(f"New {word}: {name}", word, name)
        for name in sorted(set(then) - set(own)):
            yield _line(f"Gone {word}: {name}", word, name)


def _line(text: str, word: str, name: str) -> ChangeLine:
    return ChangeLine(
        text=text, dataset=name if word == "dataset" else None, backbone=name if word == "backbone" else None
    )


def _choices(before: State, now: State) -> Iterator[ChangeLine]:
    then = {(one.dataset, one.protocol): one for one in before.chosen}
    for one in now.chosen:
        was = then.get((one.dataset, one.protocol))
        if was is not None and was.subset != one.subset:
            text = (
                f"{one.dataset} under {one.protocol}: {_subset_text(one)} is chosen, where it was {_subset_text(was)}"
            )
            yield ChangeLine(text=text[:4_000], dataset=one.dataset)


def _subset_text(chosen: Chosen) -> str:
    return " + ".join(chosen.subset) or "nothing"
