"""What others read of the site: feed, sitemap, card, and the facts in every page's head and foot."""

import re
import shutil
import struct
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest

from fuseboard.leaderboard.feeds import card
from fuseboard.leaderboard.output.base_url import normal
from fuseboard.leaderboard.pages import home
from fuseboard.leaderboard.site import build
from fuseboard.store.errors import UsageError
from tests.leaderboard.conftest import TinyStore
from tests.leaderboard.page import Page
from tests.leaderboard.site.test_build import HOSTILE
from tests.leaderboard.test_cli import run

URL = "https://example.org/a%20b/"
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def out(searched_once, tmp_path_factory):
    """Built twice, so that there is something to tell, from a store that lies beside it; nobody writes to either."""
    place = tmp_path_factory.mktemp("feeds")
    store = TinyStore(shutil.copytree(searched_once.root, place / "store"))
    build.build(store.opened, place / "site", url=URL)
    store.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1, protocol=HOSTILE)
    store.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=2)
    build.build(store.opened, place / "site", url=URL)
    return place / "site"


def test_the_feed_is_rss_with_one_item_per_entry(out):
    text = (out / "feed.xml").read_text()
    channel = ElementTree.fromstring(text).find("channel")
    assert {"title", "link", "description", "lastBuildDate", "item"} <= {child.tag for child in channel}
    assert channel.find(f"{ATOM}link").attrib == {
        "href": f"{URL}feed.xml", "rel": "self", "type": "application/rss+xml",
    }  # fmt: skip
    newest = datetime(2026, 1, 3, tzinfo=UTC)
    assert parsedate_to_datetime(channel.findtext("lastBuildDate")) == newest
    (item,) = channel.findall("item")
    assert parsedate_to_datetime(item.findtext("pubDate")) == newest
    assert item.find("guid").attrib == {"isPermaLink": "false"}
    assert re.fullmatch(r"[0-9a-f]{32}", item.findtext("guid"))
    path, _, anchor = item.findtext("link").removeprefix(URL).partition("#")
    assert anchor in {a.get("id") for _, a in Page(out / path).tags}
    # A reader takes the description for HTML, so it must still be escaped when the XML is not any more.
    assert "&lt;script&gt;alert" in item.findtext("description")
    assert "<script" not in item.findtext("description")


def test_the_sitemap_names_every_page_once_by_its_full_address(out):
    urls = ElementTree.fromstring((out / "sitemap.xml").read_text()).findall(f"{MAP}url")
    places = [url.findtext(f"{MAP}loc") for url in urls]
    pages = {path.relative_to(out).as_posix() for path in out.rglob("*.html")}
    assert sorted(places) == sorted(URL + page if page != "index.html" else URL for page in pages)
    assert {url.findtext(f"{MAP}lastmod") for url in urls} == {"2026-01-03T00:00:00+00:00"}
    assert f"Sitemap: {URL}sitemap.xml" in (out / "robots.txt").read_text().splitlines()


def test_every_page_says_what_a_link_to_it_shows(out):
    for path in out.rglob("*.html"):
        page, place = Page(path), path.relative_to(out).as_posix()
        said = {tag.get("property") or tag.get("name"): tag["content"] for tag in page.all("meta") if "content" in tag}
        full = URL + place if place != "index.html" else URL
        assert [a["href"] for a in page.all("link") if a["rel"] == "canonical"] == [full]
        assert said["og:url"] == full
        assert said["og:image"] == f"{URL}static/card.png"
        assert said["og:title"]
        assert said["og:description"] == said["description"]
        assert "3 frozen image models" in said["og:image:alt"]
        assert said["twitter:card"] == "summary_large_image"


def test_the_card_is_a_png_of_its_size_and_always_the_same(out, tmp_path):
    png = (out / "static/card.png").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (card.WIDTH, card.HEIGHT)
    build.build(TinyStore(out.parent / "store").opened, tmp_path / "other", url=URL)
    assert (tmp_path / "other/static/card.png").read_bytes() == png


def test_an_empty_store_has_feeds_and_a_card(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    channel = ElementTree.fromstring((tmp_path / "site/feed.xml").read_text()).find("channel")
    assert (channel.find("lastBuildDate"), channel.findall("item")) == (None, [])
    urls = ElementTree.fromstring((tmp_path / "site/sitemap.xml").read_text()).findall(f"{MAP}url")
    assert all(url.find(f"{MAP}lastmod") is None for url in urls)
    assert (tmp_path / "site/static/card.png").stat().st_size > 5_000


def test_a_hostile_name_is_text_on_the_card(store, tmp_path):
    store.embed("alpha")
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), protocol="</text><script/>\x00\ufffe")
    context = site_context(store, tmp_path)
    drawn = ElementTree.fromstring(card.drawing(context))
    assert not [part for part in drawn.iter() if part.tag.endswith("script")]
    assert "</text><script/>" in "".join(drawn.itertext())


def site_context(store, tmp_path):
    from fuseboard.leaderboard.context.providers import no_providers
    from fuseboard.leaderboard.site import write

    return write.gather(store.opened, None, no_providers(), URL)


def test_the_foot_says_what_it_was_built_from(out):
    words = Page(out / "changes.html").words
    assert "Last result: 2026-01-03 00:00 UTC" in words
    assert re.search(r"Built by fuseboard [\d.]+(, commit [0-9a-f]{10}( \+ changes)?)? from 16 result rows", words)
    assert "3 versions of embeddings; protocols: <script>alert" in words


@pytest.mark.parametrize("text", ["http://a", "https://a.b/c", "https://a.b:8443/c/", "http://[::1]:8000/"])
def test_an_address_gets_its_slash(text):
    assert normal(text) == text.rstrip("/") + "/"


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "ftp://a.b/", "file:///x", "javascript:alert(1)", "http://", "https://u:p@a.b/", "https://a/?q",
     "https://a/#x", "https://a b/", 'https://a/"', "https://ä.de/", "http://a:99999/", "http://[::1", "//a.b/", "http://a/\n"],
)  # fmt: skip
def test_a_wrong_address_is_wrong_usage_in_one_line(store, tmp_path, text):
    done = run("build", "--store", store.root, "--out", tmp_path / "site", "--url", text)
    assert isinstance(done.exception, UsageError)
    assert "--url" in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "site").exists()


def test_the_url_option_is_what_pages_say(searched, tmp_path):
    done = run("build", "--store", searched.root, "--out", tmp_path / "site", "--url", "https://example.org/x")
    assert done.exit_code == 0
    assert "https://example.org/x/boards/singles.html" in (tmp_path / "site/sitemap.xml").read_text()


def test_the_card_counts_what_the_front_page_counts(store, tmp_path):
    for dataset in ("breastmnist-64", "breastmnist-28", "octmnist", "digits"):
        for name in ("alpha", "beta", "alpha.random"):
            store.measure((name,), (0.8, 0.7), (0.8, 0.7), dataset=dataset)
    store.embed("gamma", "retinamnist")
    context = site_context(store, tmp_path)
    assert "2 frozen image models · 2 medical datasets" in card.description(context)
    assert home.headline(context).startswith("2 frozen image models on 2 medical datasets")
