"""Sources: what the composed command line tells the site of the harness."""

import sys
from pathlib import Path

from fuseboard import cli
from fuseboard.harness.protocols import protocol
from fuseboard.leaderboard.site import build
from tests.leaderboard.conftest import TinyStore
from tests.leaderboard.page import Page


def test_the_protocols_are_those_of_the_harness():
    known = cli.sources.protocols()
    assert list(known) == protocol.names()
    for name, own in known.items():
        assert (own.digest, own.title) == (protocol.get(name).digest, protocol.get(name).title)
        assert own.choices["params"] == protocol.get(name).params.model_dump()


def test_every_file_that_the_answers_come_from_is_watched(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    (tmp_path / "bloodmnist_64.npz").touch()
    watched = set(cli.sources.files())
    assert tmp_path / "bloodmnist_64.npz" in watched
    assert {protocol.FOLDER / f"{name}.toml" for name in protocol.names()} < watched
    assert Path(protocol.__file__) in watched
    assert all(path.is_file() for path in watched)


def test_a_built_site_shows_examples_and_knows_the_protocol(tmp_path):
    store = TinyStore(tmp_path / "store")
    store.embed("alpha", dataset="digits")
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset="digits", protocol_digest=protocol.get("starter").digest)
    build.build(store.opened, tmp_path / "site", sources=cli.sources)
    shown = Page(tmp_path / "site" / "datasets" / "digits.html")
    images = [image["src"] for image in shown.all("img") if "examples" in image["src"]]
    assert len(images) == 6
    assert all((tmp_path / "site" / "datasets" / path).is_file() for path in images)
    assert protocol.get("starter").title in Page(tmp_path / "site" / "provenance" / "digits.html").words


def test_an_installation_without_the_harness_has_no_examples(monkeypatch):
    monkeypatch.setitem(sys.modules, "fuseboard.harness.datasets.examples", None)
    assert cli.sources.examples("digits") == {}
