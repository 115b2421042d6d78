"""A real browser and a site to open in it: Debian's Chromium, driven by Playwright, which downloads nothing.

Its headless shell is taken where there is one: the same engine without the windows around it, at a third of the work.
"""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.output.server import open_server
from fuseboard.leaderboard.site.build import build
from fuseboard.leaderboard.site.release import freeze
from fuseboard.store.store import Store
from tests.browser.filled import fill, submit
from tests.conftest import BUNDLED

SECONDS = 10
"""How long a page may take for anything."""
RELEASE = "2026.01"
FROZEN = {f"releases/{RELEASE}/{name}" for name in ("index.html", "releases.html")}
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")


@dataclass(frozen=True)
class Site:
    """A site that is being served."""

    folder: Path
    url: str
    """With a slash at the end."""

    @property
    def paths(self) -> list[str]:
        """Every page, relative to the site's root; of a release, which has the same once more, two that differ."""
        found = (page.relative_to(self.folder).as_posix() for page in self.folder.rglob("*.html"))
        return sorted(path for path in found if not path.startswith("releases/") or path in FROZEN)


@dataclass
class Record:
    """What happened on the pages of one context that nobody asked for."""

    host: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, context):
        """Listens to every page of a context."""
        context.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        context.on("weberror", lambda raised: self.complaints.append(str(raised.error)))
        context.on("dialog", self._dialog)
        context.on("request", self._request)

    def _request(self, request):
        if urlsplit(request.url).netloc != self.host and not request.url.startswith(("data:", "blob:")):
            self.complaints.append(f"a request to {request.url}")

    def _dialog(self, dialog):
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[test]")
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        pytest.skip("no chromium on this machine: apt install chromium-headless-shell")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    place = tmp_path_factory.mktemp("browser")
    store, submissions = fill(place / "store"), submit(place / "submissions")
    freeze(Store(store), RELEASE, place / "releases", submissions, doi="10.5281/zenodo.1234567")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_wasm, "DIST", BUNDLED)
        front = build(Store(store), place / "site", submissions, kept=place / "releases")
    with served(front.parent) as opened:
        yield opened


@contextmanager
def served(folder):
    """Serves the site of a folder for as long as it is needed."""
    server = open_server(folder, 0)
    server.RequestHandlerClass.func.log_message = lambda *_: None
    server.handle_error = lambda *_: None  # a page that is left while something is on its way
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(folder, f"http://127.0.0.1:{server.server_address[1]}/")
    server.shutdown()
    server.server_close()


def visitor(browser, site):
    """A clean browser of somebody with a wide window."""
    opened = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(1000 * SECONDS)
    return opened


@pytest.fixture
def record(site):
    """Everything that went wrong on a page of the test; a test that passes has nothing in it."""
    kept = Record(urlsplit(site.url).netloc)
    yield kept
    assert kept.complaints == []


@pytest.fixture
def context(browser, site, record):
    """A visitor with a clean browser. Paths given to `goto` are relative to the site's root."""
    opened = visitor(browser, site)
    record.watch(opened)
    yield opened
    opened.close()


@pytest.fixture
def page(context):
    """An empty page of that visitor, watched for complaints and for requests to elsewhere."""
    return context.new_page()
