"""An entry says what changed between two builds of a site, as `data/changes.json` keeps it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from fuseboard.store.files.foreign_text import foreign
from fuseboard.store.files.hashing import fingerprint

MAX_ENTRIES = 100
"""Entries of a history; older ones are dropped."""
MAX_SAID, MAX_LETTERS = 2, 160
"""Lines that a headline holds, and letters of each."""
MAX_LINES = 100
"""One entry lists this many of each kind; the rest is a number."""

Text = Annotated[str, StringConstraints(max_length=4_000)]
"""From a file that anybody may have changed."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeLine(_Strict):
    """It describes in words something that came, went or was chosen."""

    text: Text
    dataset: Text | None = None
    """Whose page says more."""
    backbone: Text | None = None


class ScoreChange(_Strict):
    """It is a test metric that changed between rows of the same name."""

    dataset: Text
    evaluation: Text
    protocol: Text
    subset: tuple[Text, ...]
    split: Text
    metric: Literal["auc", "acc"]
    before: Share | None
    now: Share | None
    why: Text
    """Which input changed."""
    key: Text
    """It names the row as it is now."""


class RankChange(_Strict):
    """It is a rank that changed."""

    protocol: Text
    board: Literal["singles", "fusion"]
    name: Text
    before: Count | None
    """None where it was not ranked."""
    now: Count | None
    why: Text


class Entry(_Strict):
    """An entry holds what one build found changed."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """A hash of it and of the entry before, which names it for ever."""
    date: datetime | None
    """It is the date of the newest thing in the store; None where the store was empty."""
    lines: tuple[ChangeLine, ...]
    lines_left_out: Count
    moves: tuple[ScoreChange, ...]
    """The largest first."""
    moved: Count
    """Rows that moved, whether or not they are among `moves`."""
    places: tuple[RankChange, ...]
    placed: Count

    @property
    def headline(self) -> str:
        """Return in one line how many rows moved and ranks changed, and what else is told, in its own words."""
        counts = [
            f"{count:,} {word}{'s'[: count - 1]} {verb}"
            for count, word, verb in ((self.moved, "row", "moved"), (self.placed, "rank", "changed"))
            if count
        ]
        said = [_cut(foreign(line.text)) for line in self.lines[:MAX_SAID]]
        more = len(self.lines) + self.lines_left_out - len(said)
        return "; ".join([*([", ".join(counts)] if counts else []), *said, *([f"{more:,} more"] if more else [])])


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"


class History(_Strict):
    """It holds the entries of a site, the newest first."""

    format: Literal[1] = 1
    entries: Annotated[tuple[Entry, ...], Field(max_length=MAX_ENTRIES)] = ()

    def after(self, **found: Any) -> "History":
        """Return the history with one entry more."""
        last = self.entries[0].id if self.entries else ""
        draft = Entry(id="0" * 32, **found).model_dump(mode="json")
        entry = Entry(**{**found, "id": fingerprint({"entry": draft, "after": last})})
        return History(entries=(entry, *self.entries)[:MAX_ENTRIES])

    def as_json(self) -> bytes:
        """Return the content of the file."""
        return (self.model_dump_json(indent=1) + "\n").encode()


EMPTY = History()
"""This is the history of a site that has not been built twice."""
