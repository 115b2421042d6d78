"""A small Zenodo on the loopback: what it holds, and the fixture that starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.wire import TOKEN, FaultyServer
from tests.store.zenodo_api import Deposition, Handler


class Zenodo(FaultyServer):
    """The server and what it holds."""

    def __init__(self, folder: Path) -> None:
        self.tokens = {TOKEN: {"deposit:write", "deposit:actions"}}
        self.depositions: dict[int, Deposition] = {}
        self.numbers = iter(range(100, 10_000))
        self.prefix = "10.5281"
        self.answers_original = False
        """Whether `newversion` answers with the old record, as documented, or the new draft, as zenodo-rdm does."""
        self.largest = 10**12
        self.bucket_at: str | None = None
        """Another server that the bucket link names."""
        super().__init__(Handler, folder)

    def sent(self) -> list[str]:
        """Names of the files that came by PUT."""
        return [path.rsplit("/", 1)[1] for method, path in self.asked if method == "PUT" and "/api/files/" in path]

    def fetched(self) -> list[str]:
        """Names of the files of records that were asked for."""
        return [path.split("/")[-2] for method, path in self.asked if method == "GET" and path.endswith("/content")]

    def new(self, owner: str, concept: int | None = None) -> Deposition:
        concept = next(self.numbers) if concept is None else concept
        made = Deposition(next(self.numbers), concept, owner)
        self.depositions[made.id] = made
        return made

    def newest(self, concept: int) -> Deposition | None:
        there = [made for made in self.depositions.values() if made.concept == concept and made.published]
        return max(there, key=lambda made: made.id, default=None)

    def draft_of(self, concept: int) -> Deposition | None:
        there = (made for made in self.depositions.values() if made.concept == concept and not made.published)
        return next(there, None)


@pytest.fixture
def zenodo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_waiting: None) -> Iterator[Zenodo]:
    """The loopback Zenodo, empty, and the real client pointed at it with a token that may do everything."""
    (folder := tmp_path / "zenodo").mkdir()
    server = Zenodo(folder)
    monkeypatch.setenv("FUSEBOARD_ZENODO", server.url)
    monkeypatch.setenv("ZENODO_TOKEN", TOKEN)
    monkeypatch.delenv("ZENODO_SANDBOX_TOKEN", raising=False)
    yield server
    server.close()
