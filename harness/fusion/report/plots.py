"""The plots of a report: small inline SVG in the colours of the theme, whose marks say on hovering what they are."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from fuseboard.harness.fusion.report.numbers import Bin, Curve
from fuseboard.store.files.foreign_text import foreign

WIDTH = 400
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 46
FIELD = WIDTH - LEFT - RIGHT
COLOURS = ("plot-chosen", "plot-oracle", "plot-all", "plot-single")
"""Of the first curves; one colour serves all where there are more."""
ROW, NAME, LETTERS = 24, 150, 20
"""Height of a row, and the room that its name has beside the plot."""
TALL, LONG = 40, 54
"""Height of a row whose name stands above its interval, and the letters that it has room for."""

Row = tuple[str, float, float, float, bool]


def roc(curves: Sequence[Curve]) -> Markup:
    """Draws ROC curves, and chance as a broken line."""
    shown = [_line((LEFT, TOP + FIELD), (LEFT + FIELD, TOP), "soft", 1, dashed=True)]
    width = 2 if len(curves) <= len(COLOURS) else 1
    for number, curve in enumerate(curves):
        colour = COLOURS[number] if len(curves) <= len(COLOURS) else COLOURS[0]
        points = [_at(x, y) for x, y in zip(curve.false, curve.true, strict=True)]
        path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        title = f"{curve.name}: AUC {curve.auc:.3f}"
        shown.append(
            f'<path d="{path}" fill="none" stroke="var(--{colour})" stroke-width="{width:g}">{_title(title)}</path>'
        )
    if len(curves) <= len(COLOURS):
        for number, curve in enumerate(reversed(curves)):
            y = TOP + FIELD - 16 - 18 * number
            colour = COLOURS[len(curves) - 1 - number]
            shown.append(_line((LEFT + 128, y), (LEFT + 144, y), colour, 2))
            shown.append(_text(LEFT + 150, y + 4, f"{_cut(curve.name, 16)} {curve.auc:.3f}"))
    names = ", ".join(f"{curve.name} {curve.auc:.3f}" for curve in curves[:10])
    return _square(shown, "false positive rate", "true positive rate", f"ROC curves; area under them: {names}")


def reliability(bins: Sequence[Bin]) -> Markup:
    """Draws how often answers are right against how sure they are; on the broken line they mean what they say."""
    shown = [_line((LEFT, TOP + FIELD), (LEFT + FIELD, TOP), "soft", 1, dashed=True)]
    most = max(each.answers for each in bins)
    for each in bins:
        x, y = _at(each.confidence, each.right)
        shown.append(_line((x, _at(0, each.low)[1]), (x, _at(0, each.high)[1]), "plot-chosen", 2))
        title = (
            f"{each.answers:,} answers, on average with p = {each.confidence:.3f}: {each.right:.3f} right, "
            f"95 % interval {each.low:.3f} to {each.high:.3f}"
        )
        radius = 3 + 5 * (each.answers / most) ** 0.5
        shown.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="var(--plot-chosen)">{_title(title)}</circle>'
        )
    said = "; ".join(f"{each.confidence:.2f} said, {each.right:.2f} right" for each in bins)
    return _square(shown, "probability of the answer", "share that is right", f"Reliability: {said}")


def differences(rows: Sequence[Row], metric: str) -> Markup:
    """Draws how far subsets are from the chosen one; those that cannot be told from it stand on a shade.

    Where a name is too long to stand beside its interval, all stand above theirs.

    Args:
        rows: name, difference, low, high, whether it ties; the best first.
        metric: what is compared.
    """
    ends = [end for _, value, low, high, _ in rows for end in (value, low, high)]
    low, high = min(*ends, 0.0), max(*ends, 0.0)
    margin = 0.06 * (high - low) or 0.01
    low, high = low - margin, high + margin
    above = max(len(name) for name, *_ in rows) > LETTERS
    left, tall, letters = (RIGHT, TALL, LONG) if above else (NAME, ROW, LETTERS)
    width, height = WIDTH - left - RIGHT, tall * len(rows)

    def x(value: float) -> float:
        return left + width * (value - low) / (high - low)

    shown = []
    for number, row in enumerate(rows):
        if row[4]:
            top = TOP + tall * number
            shown.append(f'<rect x="0" y="{top}" width="{WIDTH}" height="{tall}" fill="var(--accent-tint)"/>')
    for tick in _ticks(low, high):
        shown.append(_line((x(tick), TOP), (x(tick), TOP + height), "line", 1))
        label = f"{tick:+g}".replace("-", "\N{MINUS SIGN}") if tick else "0"
        shown.append(_text(x(tick), TOP + height + 16, label, "middle", "soft"))
    shown.append(_line((x(0), TOP), (x(0), TOP + height), "soft", 1, dashed=True))
    for number, (name, value, least, most, tie) in enumerate(rows):
        y = TOP + tall * (number + (0.75 if above else 0.5))
        title = f"{name}: {value:+.4f}, 95 % interval {least:+.4f} to {most:+.4f}{', a tie' if tie else ''}"
        shown.append(_line((x(least), y), (x(most), y), "plot-chosen", 2))
        shown.append(
            f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="4" fill="var(--plot-chosen)">{_title(title)}</circle>'
        )
        shown.append(_text(6, y - 12 if above else y + 4, _cut(name, letters), whole=name))
    below = f"by {metric}, against the chosen; right is better"
    shown.append(_text(WIDTH / 2, TOP + height + 36, below, "middle"))
    tied = sum(row[4] for row in rows)
    return _svg(
        shown, TOP + height + BOTTOM, f"{len(rows)} subsets against the chosen one; {tied} cannot be told from it"
    )


def _square(shown: Iterable[str], across: str, up: str, says: str) -> Markup:
    """Returns a field from 0 to 1 with what is drawn in it."""
    grid = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = _at(tick, tick)
        grid += [_line((x, TOP), (x, TOP + FIELD), "line", 1), _line((LEFT, y), (LEFT + FIELD, y), "line", 1)]
        grid += [
            _text(x, TOP + FIELD + 16, f"{tick:g}", "middle", "soft"),
            _text(LEFT - 6, y + 4, f"{tick:g}", "end", "soft"),
        ]
    titles = [
        _text(LEFT + FIELD / 2, TOP + FIELD + 36, across, "middle"),
        f'<g transform="rotate(-90 14 {TOP + FIELD / 2:g})">{_text(14, TOP + FIELD / 2, up, "middle")}</g>',
    ]
    return _svg([*grid, *shown, *titles], TOP + FIELD + BOTTOM, says)


def _at(x: float, y: float) -> tuple[float, float]:
    return LEFT + FIELD * x, TOP + FIELD * (1 - y)


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: float, dashed: bool = False) -> str:
    (x1, y1), (x2, y2) = start, end
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="var(--{colour})" '
        f'stroke-width="{width:g}"{dash}/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "ink", whole: str | None = None) -> str:
    title = _title(whole) if whole is not None and whole != text else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var(--{colour})"'
    return f"<text {place}>{title}{escape(foreign(text))}</text>"


def _title(text: str) -> str:
    return f"<title>{escape(foreign(text))}</title>"


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _ticks(low: float, high: float) -> list[float]:
    """Returns three to six round numbers in a range."""
    rough = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(base * unit for base in (1, 2, 5, 10) if base * unit >= rough)
    first = math.ceil(low / step)
    return [round(step * n, 10) for n in range(first, first + 12) if step * n <= high]


def _svg(shown: Iterable[str], height: float, says: str) -> Markup:
    label = escape(foreign(says))
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}">{"".join(shown)}</svg>'
    )
