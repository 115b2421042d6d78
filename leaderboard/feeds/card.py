"""The card is the picture that other places show beside a link to the site."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.rankings.table import RankedRow, RankingTable
from fuseboard.store.files.foreign_text import foreign

PATH = "static/card.png"
WIDTH, HEIGHT = 1200, 630
"""Pixels, as the Open Graph protocol's readers like it."""
TITLE = ("Which frozen embeddings of medical", "images are worth fusing?")
MAX_ROWS = 5
"""Backbones."""
MAX_NAME_LENGTH = 24
"""Letters of a name that fit."""
LEFT, RIGHT, NAME, VALUE = 440, 1010, 64, 1136
"""Where the plot begins and ends, names begin, and values end."""
TOP, STEP = 352, 44
FONT = "Liberation Sans"
"""The one that the drawing library brings along, so that every machine draws the same."""
PAPER, INK, SOFT, LINE, ACCENT = "#faf9f6", "#17242b", "#52616a", "#dcd9d1", "#0b5a6b"


def files(site: SiteContext) -> Mapping[str, bytes]:
    """Map each path on the site to its content."""
    import vl_convert  # its import takes a moment, which only a build that draws should wait for

    return {PATH: vl_convert.svg_to_png(drawing(site), scale=1, ppi=72)}


def description(site: SiteContext) -> str:
    """Describe what the card shows, for those who do not see it."""
    best = _best(site)
    if best is None:
        return f"fuseboard: {' '.join(TITLE)} {_counts(site)}."
    rows = ", ".join(
        f"{foreign(row.name)[:MAX_NAME_LENGTH]} {score(row.mean_auc)}" for row in best.rows[:MAX_ROWS] if row.mean_auc
    )
    return f"fuseboard: {' '.join(TITLE)} {_counts(site)}. {_what(best)}: {rows}."


def drawing(site: SiteContext) -> Markup:
    """Return the card as SVG."""
    best = _best(site)
    plot = Markup("").join(_plot(best)) if best else _text(NAME, TOP + 40, "Nothing has been ranked yet.", 28, SOFT)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
        '<rect width="{w}" height="{h}" fill="{paper}"/><rect width="{w}" height="12" fill="{accent}"/>'
        "{brand}{one}{two}{counts}"
        '<path d="M{left} 300H{right}" stroke="{line}" stroke-width="2"/>{plot}</svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        paper=PAPER,
        accent=ACCENT,
        line=LINE,
        left=NAME,
        right=VALUE,
        brand=_text(NAME, 84, "fuseboard", 30, ACCENT, bold=True),
        one=_text(NAME, 152, TITLE[0], 48, INK, bold=True),
        two=_text(NAME, 210, TITLE[1], 48, INK, bold=True),
        counts=_text(NAME, 268, _counts(site), 28, SOFT),
        plot=plot,
    )


def _best(site: SiteContext) -> RankingTable | None:
    """Return the best row under the protocol with the most datasets that ranks anything."""
    return next((one for one in site.singles if one.rows and one.rows[0].rank is not None), None)


def _counts(site: SiteContext) -> str:
    """Return how much there is, counted as on the front page."""
    snapshot = site.snapshot
    held = (
        (len(site.answers.models), "frozen image model"),
        (len(site.answers.distinct), "medical dataset"),
        (snapshot.rows.height, "result row"),
    )
    return " · ".join(f"{count:,} {word}{'s' if count != 1 else ''}" for count, word in held)


def _what(best: RankingTable) -> str:
    count = len(best.counted)
    on = foreign(best.counted[0])[:40] if count == 1 else f"the mean of {count} datasets"
    return f"Best single backbones by test AUC on {on}, {foreign(best.protocol)[:40]}"


def _plot(best: RankingTable) -> Iterator[Markup]:
    rows = [row for row in best.rows[:MAX_ROWS] if row.rank is not None and row.mean_auc is not None]
    ends = [end for row in rows for end in (*(row.mean_interval or ()), row.mean_auc) if end is not None]
    low, high = min(ends), max(ends)
    scale = (RIGHT - LEFT) / ((high - low) or 1.0)
    for number, row in enumerate(rows):
        yield from _row(row, TOP + STEP * number, low, scale)
    spans = "bars are 95 % intervals" if any(row.mean_interval for row in rows) else "no intervals"
    yield _text(NAME, 594, f"{_what(best)}; {spans}", 21, SOFT)


def _row(row: RankedRow, y: int, low: float, scale: float) -> Iterator[Markup]:
    name, value = foreign(row.name), row.mean_auc or 0.0
    yield _text(NAME, y, name if len(name) <= MAX_NAME_LENGTH else f"{name[: MAX_NAME_LENGTH - 1]}…", 26, INK)
    yield Markup('<path d="M{} {}H{}" stroke="{}" stroke-width="1"/>').format(LEFT, y - 9, RIGHT, LINE)
    if row.mean_interval:
        ends = (round(LEFT + scale * (end - low), 1) for end in row.mean_interval)
        yield Markup('<path d="M{} {y}H{}" stroke="{}" stroke-width="5"/>').format(*ends, ACCENT, y=y - 9)
    x = round(LEFT + scale * (value - low), 1)
    yield Markup('<circle cx="{}" cy="{}" r="9" fill="{}" stroke="{}" stroke-width="2"/>').format(
        x, y - 9, ACCENT, PAPER
    )
    yield _text(VALUE, y, score(value), 26, INK, bold=True, anchor="end")


def _text(x: int, y: int, text: str, size: int, colour: str, bold: bool = False, anchor: str = "start") -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-family="{}" font-size="{}" font-weight="{}" fill="{}" text-anchor="{}">{}</text>'
    ).format(x, y, FONT, size, 600 if bold else 400, colour, anchor, text)
