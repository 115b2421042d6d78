"""Rendering fills the templates of pages, with everything foreign escaped."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jinja2

from fuseboard.leaderboard.answers import findings
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds import card, sitemap
from fuseboard.leaderboard.output import format, plain
from fuseboard.leaderboard.output.footnotes import Footnotes
from fuseboard.leaderboard.output.glossary import TERMS
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.compiled_templates import CompiledTemplates
from fuseboard.leaderboard.pages.navigation import menu
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.pages.row_links import linked
from fuseboard.leaderboard.rankings.sentences import best_sentence, mean_sentence
from fuseboard.store.embeddings import random_weights
from fuseboard.store.files.foreign_text import foreign

TEMPLATES = Path(__file__).parents[1] / "templates"


THREADS = 2
"""While one waits for a drawing, which another process makes, the other one fills pages."""


_COMPILED = CompiledTemplates()


class _Addresses:
    """They are the addresses of a site, as templates ask for them."""

    slug = staticmethod(address.slug)
    backbone = staticmethod(address.backbone)
    dataset = staticmethod(address.dataset)
    explorer = staticmethod(address.explorer)
    runtime = staticmethod(address.runtime)
    subsets = staticmethod(address.subsets)
    submission = staticmethod(address.submission)
    compared = staticmethod(address.compared)
    provenance = staticmethod(address.provenance)
    provenance_part = staticmethod(address.provenance_part)

    def __init__(self, site: SiteContext) -> None:
        self._parts = site.parts_of_rows

    def row(self, dataset: str, key: str) -> str:
        """Return the address that shows where a row came from."""
        return address.row(dataset, key, self._parts)


def render(kinds: Iterable[Iterable[Page]], site: SiteContext, digest: str = "") -> Iterator[tuple[Page, str]]:
    """Yield each page with its text, kind by kind.

    Args:
        kinds: pages of one kind each.
        site: what they share.
        digest: SHA-256 of the published rows, which the footer names.
    """
    environment = _environment(site)
    environment.globals["digest"] = digest

    def fill(pages: Iterable[Page]) -> list[tuple[Page, str]]:
        templates = environment.get_template
        filled = (
            (p, templates(p.template).render(p.context, page=p, root=p.root, menu=menu(site, p.path))) for p in pages
        )
        return [(page, linked(text)) for page, text in filled]

    with ThreadPoolExecutor(THREADS) as pool:
        for filled in pool.map(fill, kinds):
            yield from filled
    _COMPILED.save()


def _environment(site: SiteContext) -> jinja2.Environment:
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
        site=site,
        snapshot=site.snapshot,
        address=_Addresses(site),
        terms=TERMS,
        footnotes=Footnotes,
        missing=format.missing,
        trained=random_weights.trained,
        best_sentence=best_sentence,
        mean_sentence=mean_sentence,
        findings=findings,
        card={
            "path": card.PATH,
            "width": card.WIDTH,
            "height": card.HEIGHT,
            "description": card.description(site),
            "address": sitemap.address,
        },
    )
    environment.filters.update(
        number=format.number,
        points=format.points,
        seconds=format.seconds,
        moment=format.moment,
        day=format.day,
        span=format.span,
        p=format.p_value,
        short=format.short,
        score=format.score,
        quantity=format.quantity,
        lasting=plain.seconds,
        task=format.task,
        foreign=foreign,
    )
    return environment
