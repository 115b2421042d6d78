"""Rendering: pages through their templates, with everything foreign escaped."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import jinja2

from leaderboard import display
from leaderboard.feeds import card, sitemap
from leaderboard.material import Material
from leaderboard.pages import address, navigation
from leaderboard.pages.page import Page

TEMPLATES = Path(__file__).parents[1] / "templates"


def render(pages: Iterable[Page], material: Material) -> Iterator[tuple[Page, str]]:
    """Each page with its text."""
    environment = _environment(material)
    for page in pages:
        yield page, environment.get_template(page.template).render(page.context, page=page, root=page.root)


def _environment(material: Material) -> jinja2.Environment:
    # autoescape=True, not select_autoescape: that one looks at the extension and leaves *.html.j2 unescaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        material=material,
        snapshot=material.snapshot,
        address=address,
        navigation={"boards": navigation.BOARDS, "about": navigation.ABOUT},
        missing=display.missing,
        card={
            "path": card.PATH,
            "width": card.WIDTH,
            "height": card.HEIGHT,
            "says": card.says(material),
            "address": sitemap.address,
        },
    )
    environment.filters.update(
        number=display.number,
        points=display.points,
        seconds=display.seconds,
        moment=display.moment,
        span=display.span,
        p=display.p_value,
        short=display.short,
        foreign=display.foreign,
    )
    return environment
