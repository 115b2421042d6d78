"""Mermaid flowcharts of boxes and arrows as HTML, drawn while the documentation is built.

GitHub draws the same text itself; its library is three megabytes of JavaScript, which a page about folders need not
load. Only what docs/architecture.md uses is understood: `subgraph`, nodes with a text, `-->`. Another line is an error.
"""

import html
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

NODE = re.compile(r'(\w+)\["(.*)"\]')
ARROW = re.compile(r"(\w+) --> (\w+)")


class Mermaid(SphinxDirective):
    """A flowchart from the bottom to the top."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Returns the drawing."""
        return [nodes.raw("", draw(list(self.content)), format="html")]


def draw(lines: list[str]) -> str:
    """Returns rows of boxes, those above that import those below; a subgraph is a box of rows.

    Raises:
        ValueError: a line is none of those that are understood.
    """
    texts: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    groups: dict[str, list[str]] = {}
    inside: str | None = None
    for line in (line.strip() for line in lines):
        if line.startswith("subgraph "):
            inside = line.removeprefix("subgraph ")
            groups[inside] = []
        elif line == "end":
            inside = None
        elif found := NODE.fullmatch(line):
            texts[found[1]] = found[2]
            if inside:
                groups[inside].append(found[1])
        elif found := ARROW.fullmatch(line):
            arrows.append((found[1], found[2]))
        elif line and not line.startswith(("flowchart", "direction")):
            raise ValueError(f"the picture has a line that is not understood: {line}")
    boxes = {group: f"<b>{html.escape(group)}</b>{_rows(own, arrows, texts)}" for group, own in groups.items()}
    grouped = {node for own in groups.values() for node in own}
    top = [*groups, *(node for node in texts if node not in grouped)]
    return f'<div class="rooms">{_rows(top, arrows, {**texts, **boxes})}</div>'


def _rows(names: list[str], arrows: list[tuple[str, str]], texts: dict[str, str]) -> str:
    height: dict[str, int] = dict.fromkeys(names, 0)
    for _ in names:  # a longest path passes each name once at most
        for low, high in arrows:
            if low in height and high in height:
                height[high] = max(height[high], height[low] + 1)
    rows = [[name for name in names if height[name] == level] for level in range(max(height.values()), -1, -1)]
    return "".join(
        '<div class="row">' + "".join(f'<div class="box">{texts[name]}</div>' for name in row) + "</div>"
        for row in rows
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Gives Markdown's fence of that name its meaning."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True}
