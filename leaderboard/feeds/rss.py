"""The RSS feed tells readers that ask now and then what changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from markupsafe import escape

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.changes import Changes
from fuseboard.leaderboard.feeds.entry import Entry
from fuseboard.leaderboard.output.plain import score
from fuseboard.store.files.foreign_text import foreign

PATH = "feed.xml"
ATOM = "http://www.w3.org/2005/Atom"
MAX_ITEMS = 20
"""Things told of an entry of each kind; the page has them all."""


def files(site: SiteContext, changes: Changes) -> Mapping[str, bytes]:
    """Map each path on the site to its content."""
    return {PATH: feed(site, changes).encode()}


def feed(site: SiteContext, changes: Changes) -> str:
    """Return RSS 2.0, valid by the RSS Advisory Board's rules; every text in it is escaped twice, because it is HTML
    there."""
    ElementTree.register_namespace("atom", ATOM)
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    _put(channel, "title", "fuseboard: what moved")
    _put(channel, "link", f"{site.url}changes.html")
    _put(channel, "description", "Rows, ranks and choices of the leaderboard that are other ones than before, and why.")
    _put(channel, "language", "en")
    if site.snapshot.newest:
        _put(channel, "lastBuildDate", _date(site.snapshot.newest))
    own = {"href": f"{site.url}{PATH}", "rel": "self", "type": "application/rss+xml"}
    ElementTree.SubElement(channel, f"{{{ATOM}}}link", own)
    for entry in changes.history.entries:
        item = ElementTree.SubElement(channel, "item")
        _put(item, "title", entry.headline)
        _put(item, "link", f"{site.url}changes.html#e-{entry.id[:12]}")
        _put(item, "description", "".join(f"<p>{escape(foreign(line))}</p>" for line in _lines(entry)))
        _put(item, "guid", entry.id, isPermaLink="false")
        if entry.date:
            _put(item, "pubDate", _date(entry.date))
    ElementTree.indent(rss, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(rss, encoding="unicode")}\n'


def _lines(entry: Entry) -> list[str]:
    places = [
        f"{place.board}, {place.protocol}: {place.name} from {place.before or 'no rank'} to {place.now or 'no rank'}"
        f" ({place.why})"
        for place in entry.places
    ]
    moves = [
        f"{move.dataset} {move.split}, {move.evaluation} of {' + '.join(move.subset)} ({move.protocol}): "
        f"{move.metric.upper()} {_number(move.before)} to {_number(move.now)} ({move.why})"
        for move in entry.moves
    ]
    found = []
    for part in ([line.text for line in entry.lines], places, moves):
        found += part[:MAX_ITEMS]
        if len(part) > MAX_ITEMS:
            found.append(f"and {len(part) - MAX_ITEMS} more")
    return found


def _number(value: float | None) -> str:
    return "nothing" if value is None else score(value)


def _put(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = text


def _date(moment: datetime) -> str:
    """Format a date as RFC 822, which the feed requires."""
    return format_datetime(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), usegmt=True)
