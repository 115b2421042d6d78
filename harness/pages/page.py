"""A page is one HTML file: styles and pictures are in it, it runs no script, and it asks no host for anything."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from fuseboard.store.files.foreign_text import foreign

TEMPLATES = Path(__file__).parent / "templates"
LOOK = Path(__file__).parents[2] / "leaderboard" / "static"
"""Where the leaderboard keeps its look, as files that are installed beside this package; none of its code is used."""
STYLES = tuple(LOOK / f"{name}.css" for name in ("base", "tables", "plots"))
ICON = LOOK / "icon.svg"
DASH = "\N{EN DASH}"


def render(template: Path, context: Mapping[str, object], styles: Sequence[Path] = ()) -> str:
    """Fills a template that extends `base.html.j2`; returns the whole page.

    All text is escaped. Nothing but the page's own styles applies, by their hash, so `style="…"` on an element does
    not: a look is a class of a stylesheet. Pictures are data URIs (`data_uri`) or inline SVG.

    Args:
        template: whose folder may hold further ones for it.
        context: at least `title` and `description`, a sentence each.
        styles: stylesheets of this page, which come after the common ones.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(foreign=foreign, number=number, percent=percent)
    css = "\n".join(path.read_text(encoding="utf-8") for path in (*STYLES, *styles))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    icon = data_uri(ICON.read_bytes(), "image/svg+xml")
    return environment.get_template(template.name).render(context, css=css, css_sha256=digest, icon=icon)


def data_uri(content: bytes, media_type: str = "image/png") -> str:
    """Returns a picture as the text of its own address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def number(value: float | None, digits: int = 3) -> str:
    """Writes a value with so many decimals, or a dash where there is none."""
    return DASH if value is None else f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(share: float | None, digits: int = 1) -> str:
    """Writes a share in per cent, or a dash where there is none."""
    return DASH if share is None else f"{number(100 * share, digits)} %"
