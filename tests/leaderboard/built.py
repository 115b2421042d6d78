"""Pages of one kind, made without the rest of the site."""

import re
from html.parser import HTMLParser
from importlib import import_module

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context import submissions
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.pages.rendering import render
from tests.leaderboard.page import Page


class Built(Page):
    """A page as a template made it, never written."""

    def __init__(self, html):
        HTMLParser.__init__(self)
        self.tags, self.text, self.html = [], "", html
        self.feed(html)

    def cell(self, identity):
        """The text of the element with an id, its tags left out."""
        inside = re.search(rf'<(\w+)[^>]* id="?{re.escape(identity)}"?[ >].*?</\1>', self.html, re.DOTALL)
        return " ".join(re.sub(r"<[^>]*>", " ", inside[0]).split())


def built(store, kind, folder=None, sources=None):
    """Path -> page of a module of `leaderboard.pages`."""
    snapshot = take(store.opened)
    context = SiteContext(snapshot, submissions.read(folder, snapshot), sources or no_providers(), "http://localhost/")
    made = render([import_module(f"fuseboard.leaderboard.pages.{kind}").pages(context)], context)
    return {page.path: Built(text) for page, text in made}
