"""A page of the site as a test reads it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a page holds: its tags with attributes, and its text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    @property
    def words(self):
        return " ".join(self.text.split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]
