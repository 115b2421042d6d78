"""The sitemap lists every page by its full address, for search engines."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote
from xml.etree import ElementTree

from fuseboard.leaderboard.context.context import SiteContext

PATH = "sitemap.xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MAX_URLS = 50_000
"""Addresses that one file may hold."""


def files(site: SiteContext, pages: Iterable[str]) -> Mapping[str, bytes]:
    """Map each path on the site to its content.

    Args:
        site: of the site.
        pages: their paths.
    """
    robots = f"User-agent: *\nAllow: /\nSitemap: {site.url}{PATH}\n"
    return {PATH: sitemap(site, pages).encode(), "robots.txt": robots.encode()}


def sitemap(site: SiteContext, pages: Iterable[str]) -> str:
    """Return a sitemap by the rules of sitemaps.org; every page is as new as the newest thing in the store."""
    ElementTree.register_namespace("", NAMESPACE)
    urls = ElementTree.Element(f"{{{NAMESPACE}}}urlset")
    for path in sorted(pages)[:MAX_URLS]:
        url = ElementTree.SubElement(urls, f"{{{NAMESPACE}}}url")
        ElementTree.SubElement(url, f"{{{NAMESPACE}}}loc").text = address(site.url, path)
        if site.snapshot.newest:
            ElementTree.SubElement(url, f"{{{NAMESPACE}}}lastmod").text = site.snapshot.newest.isoformat()
    ElementTree.indent(urls, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(urls, encoding="unicode")}\n'


def address(url: str, path: str) -> str:
    """Return the one full address of a page, which for the front page is the site's own."""
    return url if path == "index.html" else url + quote(path)
