"""The frame holds the size, axes and legend that all plots share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuseboard.leaderboard.plots.svg import HOME

Layer = dict[str, Any]

WIDTH = 400
"""Every drawing is this wide, in its own units: an eighth more than the narrowest screen has room for."""
TOP, RIGHT, BOTTOM, LEFT = 10, 14, 46, 64
KEY_ROW, KEY_WIDTH = 18, 132
KEY_LETTERS = 16
"""Letters that a text of the legend has room for where three stand in a row; of longer ones two do."""

SHARE = {"labelExpr": "replace(datum.label, /^(\u2212?)0\\./, '$1.')"}
"""Changes of an axis of scores: its numbers stand without the zero before the point, as everywhere."""
COUNT = {
    "labelExpr": "datum.value >= 1e9 ? format(datum.value / 1e9, '.3~r') + ' G' : "
    "datum.value >= 1e6 ? format(datum.value / 1e6, '.3~r') + ' M' : format(datum.value, ',.6~r')"
}
"""Changes of an axis of counts that may be of millions: its numbers are written as `plain.count` writes them."""
TEXT = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 12, "color": "var(--soft)"}

_AXIS = {
    "domainColor": "var(--soft)",
    "gridColor": "var(--line)",
    "labelColor": "var(--soft)",
    "labelFontSize": 12,
    "labelFlush": False,
    "labelLimit": 0,
    "labelOverlap": False,
    "labelPadding": 4,
    "ticks": False,
    "titleColor": "var(--ink)",
    "titleFontSize": 12,
    "titleLimit": 0,
}


def frame(layers: Sequence[Layer], height: float, keys: Mapping[str, Layer], left: float = LEFT) -> dict[str, Any]:
    """Return a specification of layers in a field of `height`, with a legend above it.

    Nothing in it is placed by the width of a text, because that depends on the fonts of the machine that draws.

    Args:
        layers: as `layer` makes them, the hindmost first.
        height: of the field between the axes.
        keys: text -> mark of the legend, in rows of three, or of two where a text is long.
        left: room for the labels of the vertical axis.
    """
    beside = 3 if all(len(text) <= KEY_LETTERS for text in keys) else 2
    above = TOP + KEY_ROW * -(-len(keys) // beside)
    return {
        "width": WIDTH - left - RIGHT,
        "height": height,
        "padding": {"left": left, "right": RIGHT, "top": above, "bottom": BOTTOM},
        "autosize": "none",
        "background": None,
        "config": {
            "view": {"stroke": None},
            "mark": {"aria": False, "opacity": 1},
            "axis": {**_AXIS, "aria": False},
            "axisX": {"titleAnchor": "middle", "titleY": 24},
            "axisY": {"minExtent": 40, "maxExtent": 40, "titleAnchor": "middle", "titleX": -50},
        },
        "layer": [*layers, *_legend(keys, -left, -above, beside)],
    }


def axis(field: str, title: str, domain: Sequence[float], **changes: Any) -> dict[str, Any]:
    """Return an encoding by a number, on an axis from `domain[0]` to `domain[1]` that has a few lines."""
    scale = {"domain": list(domain), "nice": False, "zero": False, **changes.pop("scale", {})}
    drawn = {"title": title, "tickCount": 4, **changes}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": drawn}


def room(values: Sequence[float]) -> tuple[float, float]:
    """Return the values' range with a margin, so that no mark lies on the frame and equal values still have a width."""
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.005
    return low - margin, high + margin


def layer(mark: Layer, values: Sequence[Mapping[str, Any]], **encoding: Layer) -> Layer:
    """Return marks of inline values.

    What a value `description` says is shown on hovering over its mark, and a value `href` makes the mark lead to a page
    of the site.
    """
    if any("description" in value for value in values):
        mark, encoding = {**mark, "aria": True}, {**encoding, "description": {"field": "description"}}
    rows = [dict(value) for value in values]
    if any(row.get("href") for row in rows):
        encoding = {**encoding, "href": {"field": "href"}}
        rows = [{**row, "href": HOME + row["href"] if row.get("href") else ""} for row in rows]
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def down(rows: int) -> Layer:
    """Return an encoding by `row`, the first on top, without an axis."""
    return {
        "field": "row",
        "type": "quantitative",
        "scale": {"domain": [rows - 0.5, -0.5], "nice": False},
        "axis": None,
    }


def labels(rows: Sequence[tuple[str, str, str | None]], left: float, y: Layer) -> Layer:
    """Return what the rows are called, left of the field; a name too long for `left` is cut.

    Args:
        rows: (name, what is said of it on hovering, the page that it leads to).
        left: room for the names.
        y: the encoding of the rows.
    """
    fits = int((left - 16) / 7)
    values = [
        {"row": number, "text": cut(name, fits), "description": description, "href": href}
        for number, (name, description, href) in enumerate(rows)
    ]
    colour = "var(--accent)" if any(href for _, _, href in rows) else "var(--soft)"
    return layer({**TEXT, "x": 4 - left, "color": colour}, values, text={"field": "text"}, y=y)


def stroke(colour: str, width: float) -> Layer:
    """Return a line as it stands in a legend."""
    return {"type": "point", "shape": "stroke", "size": 256, "stroke": f"var(--{colour})", "strokeWidth": width}


def cut(text: str, letters: int) -> str:
    """Return the text, or its beginning and a sign that it goes on."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _legend(keys: Mapping[str, Layer], left: float, top: float, beside: int) -> Iterator[Layer]:
    for number, (text, mark) in enumerate(keys.items()):
        x = left + 12 + 3 * KEY_WIDTH / beside * (number % beside)
        y = top + 10 + KEY_ROW * (number // beside)
        yield layer({**mark, "x": x, "y": y}, [{}])
        yield layer({**TEXT, "text": text, "x": x + 11, "y": y}, [{}])
