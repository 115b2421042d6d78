"""This plots what each phase of the work took, end to end, dataset by dataset on one scale."""

from collections.abc import Sequence

from markupsafe import Markup

from fuseboard.leaderboard.costs.runtime import Runtime
from fuseboard.leaderboard.output.plain import listed, seconds
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import TEXT, WIDTH, axis, cut, down, frame, layer

ROW, LEFT = 40, 14
LETTERS = 48
"""Room for a name and its seconds on one line."""
BAR = {"type": "bar", "size": 14, "yOffset": 8, "stroke": "var(--raised)", "strokeWidth": 0.5}
KEY = {"type": "point", "shape": "square", "size": 100, "filled": True}
COLOURS = {"extraction": "var(--extraction)", "search": "var(--search)", "tuning": "var(--tuning)"}


def phases(found: Sequence[Runtime]) -> Markup | None:
    """Draw seconds across and datasets down; None where nothing was timed."""
    longest = max((runtime.seconds for runtime in found), default=0.0)
    if not longest:
        return None
    several = {r.dataset for r in found if sum(other.dataset == r.dataset for other in found) > 1}
    pieces: dict[str, list[dict[str, object]]] = {phase: [] for phase in COLOURS}
    names, sums = [], []
    for row, runtime in enumerate(found):
        name = f"{runtime.dataset}, {runtime.protocol}" if runtime.dataset in several else runtime.dataset
        spent = 0.0
        for phase, part in runtime.phases.items():
            if part.seconds:
                description, end = f"{name}, {phase}: {seconds(part.seconds)}", spent + part.seconds
                pieces[phase].append({"row": row, "from": spent, "to": end, "description": description})
                spent = end
        reason_without_mean = " and ".join(phase for phase, part in runtime.phases.items() if part.seconds is None)
        total = seconds(runtime.seconds) + (f" without {reason_without_mean}" if reason_without_mean else "")
        names.append({"row": row, "text": cut(name, LETTERS - len(total)), "description": name})
        sums.append({"row": row, "text": total})
    x, y = axis("from", "seconds measured", (0, longest)), down(len(found))
    text = {**TEXT, "dy": -11, "color": "var(--ink)"}
    layers = [
        *(layer({**BAR, "color": COLOURS[p]}, own, x=x, x2={"field": "to"}, y=y) for p, own in pieces.items() if own),
        layer({**text, "x": 2}, names, y=y, text={"field": "text"}),
        layer({**text, "x": WIDTH - LEFT - 16, "align": "right"}, sums, y=y, text={"field": "text"}),
    ]
    keys = {phase: {**KEY, "fill": COLOURS[phase]} for phase, own in pieces.items() if own}
    description = f"Seconds of {listed(list(keys))}, one bar for each of {len(found)} datasets under their protocols"
    return svg(frame(layers, ROW * len(found), keys, LEFT), description)
