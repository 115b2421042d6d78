"""Rendering: pages through their templates, with everything foreign escaped."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

from leaderboard import display
from leaderboard.feeds import card, sitemap
from leaderboard.material import Material
from leaderboard.pages import address, navigation
from leaderboard.pages.page import Page

TEMPLATES = Path(__file__).parents[1] / "templates"


THREADS = 2
"""While one waits for a drawing, which another process makes, the other one fills pages."""


class _Compiled(jinja2.BytecodeCache):
    """Templates that this process compiled before; compiling them all takes longer than filling a small site."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja compiles anew where the template is another one by now."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps one."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def render(kinds: Iterable[Iterable[Page]], material: Material) -> Iterator[tuple[Page, str]]:
    """Each page with its text, kind by kind."""
    environment = _environment(material)

    def fill(pages: Iterable[Page]) -> list[tuple[Page, str]]:
        return [(p, environment.get_template(p.template).render(p.context, page=p, root=p.root)) for p in pages]

    with ThreadPoolExecutor(THREADS) as pool:
        for filled in pool.map(fill, kinds):
            yield from filled


def _environment(material: Material) -> jinja2.Environment:
    # autoescape=True, not select_autoescape: that one looks at the extension and leaves *.html.j2 unescaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        bytecode_cache=_COMPILED,
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
