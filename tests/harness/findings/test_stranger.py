"""A file of findings is a stranger's: what may stand in it, and what of it is believed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuseboard.harness.backbones import canary, pin, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.findings import accept
from fuseboard.harness.findings.report import LIMIT, Observation, Report
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest
from tests.harness.backbones import paper_nine

Change = Callable[[dict[str, Any]], object]
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def shipped(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small uni as if it were all that ships; what the Hub holds is never loaded, so any bytes will do."""
    monkeypatch.setattr(paper_nine, "SMALLER", {"uni": paper_nine.SMALLER["uni"]})
    paper_nine.ship(tmp_path / "shipped", monkeypatch)
    (tmp_path / "canaries").mkdir()
    monkeypatch.setattr(canary, "FOLDER", tmp_path / "canaries")
    hub.repos["MahmoodLab/UNI"] = hub.repo()
    hub.repos["MahmoodLab/UNI"].commit({"pytorch_model.bin": b"weights"})
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def honest(shipped: None) -> dict[str, Any]:
    """Findings about that uni, whose canary is only said and never computed here."""
    card = pin.pin(registry.get("uni"))
    vectors = tuple(tuple(float(n + i) for n in range(card.dim)) for i in range(3))
    one = Observation(card=card, canary=vectors, authors=vectors)
    libraries = {"torch": "2.0"}
    report = Report(format=1, created=manifest.now(), device="a GPU", libraries=libraries, backbones=(one,), failed={})
    found: dict[str, Any] = json.loads(report.model_dump_json())
    return found


def judged(content: dict[str, Any] | bytes) -> list[Finding]:
    path = Path("sent.json")
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    report, found = accept.read(path)
    return found + list(accept.accept(report) if report is not None else [])


def untouched() -> bool:
    return registry.get("uni").unpinned == ("revision", "sha256") and not list(canary.FOLDER.iterdir())


def test_what_is_honest_passes(honest: dict[str, Any]) -> None:
    [finding] = judged(honest)
    assert finding.status == "ok"
    assert not untouched()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(extra=1), "unknown key 'extra'"),
        (lambda r: r["backbones"][0].update(code="import os"), "unknown key 'code'"),
        (lambda r: r["backbones"][0]["card"].update(hook="x"), "unknown key 'hook'"),
        (lambda r: r.update(format=2), "format: 2 cannot be this; it is 1"),
        (lambda r: r.update(backbones=[]), "it is about no backbone"),
        (lambda r: r.update(failed={"uni": "x"}), "uni is there twice"),
        (lambda r: r.update(failed={"../../etc": "x"}), "'../../etc' cannot be this"),
        (lambda r: r["backbones"].append(r["backbones"][0]), "uni is there twice"),
        (lambda r: r.update(device="GPU \u202e evil"), "U+202E, which no reader sees"),
        (lambda r: r.update(device="\x1b[2J"), "U+001B, which no reader sees"),
        (lambda r: r.update(device="x" * 3000), "3,000 characters"),
        (lambda r: r["backbones"][0]["canary"].pop(), "`canary` is no 3 vectors of the card's 24 numbers"),
        (lambda r: r["backbones"][0]["authors"][1].pop(), "`authors` is no 3 vectors"),
        (lambda r: r["backbones"][0]["canary"][0].__setitem__(0, float("nan")), "is not a finite number"),
        (lambda r: r["backbones"][0]["card"]["source"].update(revision="unpinned"), "nothing to take over"),
        (lambda r: r["backbones"][0]["card"]["source"].update(sha256="0" * 64), "the pin says 0000"),
        (lambda r: r["backbones"][0]["card"]["source"].update(revision="0" * 40), "is no commit of the main branch"),
        (lambda r: r["backbones"][0]["card"].update(id="unj"), "no backbone of this name has a card here"),
        (lambda r: r["backbones"][0]["card"].update(pooling="avg"), "pooling is 'cls' here and 'avg' there"),
        (lambda r: r["backbones"][0]["card"].update(title="<b>\u4e00|`x`"), "title is 'UNI' here and '<b>\u4e00|`x`'"),
        (lambda r: r["backbones"][0]["card"]["source"].update(hub_id="evil/uni"), "source.hub_id is 'MahmoodLab/UNI'"),
        (lambda r: r["backbones"][0]["card"]["source"].update(loader="python"), "`module` and `module_sha256` are"),
        (lambda r: r["backbones"][0]["authors"][0].__setitem__(0, 9e9), "the authors' own code gives other vectors"),
        (lambda r: r["backbones"][0].update(authors=[[0.0] * 24] * 3), "a vector is all zero"),
    ],
)  # fmt: skip
def test_what_is_forged_or_wrong_changes_nothing(honest: dict[str, Any], change: Change, message: str) -> None:
    change(honest)
    found = judged(honest)
    assert message in " ".join(finding.message for finding in found if finding.is_bad)
    assert untouched()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JSON file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 5000, "nested too deeply"),
        (b'{"format": 1, "format": 1}', "'format' is there twice"),
        (b'{"a": [' + b"1," * 200_000 + b"1]}", "200,001 parts"),
        (b" " * (LIMIT + 1), "has more than 8,388,608 bytes"),
    ],
)
def test_what_is_no_file_of_findings(shipped: None, content: bytes, message: str) -> None:
    found = judged(content)
    assert message in " ".join(finding.message for finding in found if finding.is_bad)
    assert untouched()


def test_a_link_is_not_followed(honest: dict[str, Any]) -> None:
    Path("real.json").write_text(json.dumps(honest))
    os.symlink("real.json", "link.json")
    report, [finding] = accept.read(Path("link.json"))
    assert (report, finding.is_bad) == (None, True)


def test_a_proposals_commit_is_not_the_owners(honest: dict[str, Any], hub: Any) -> None:
    """Anybody may propose a commit, which then answers under the repository's name."""
    repo = hub.repos["MahmoodLab/UNI"]
    repo.proposals.add(repo.commit({"pytorch_model.bin": b"evil", "more": b""}))
    [proposed] = repo.proposals
    honest["backbones"][0]["card"]["source"]["revision"] = proposed
    [finding] = judged(honest)
    assert "is no commit of the main branch of MahmoodLab/UNI" in finding.message
    assert untouched()


def test_a_second_canary_must_agree_with_the_first(honest: dict[str, Any]) -> None:
    judged(honest)
    before = {path: path.read_bytes() for path in canary.FOLDER.iterdir()}
    honest["backbones"][0].update(authors=None, canary=[[1.0] * 24] * 3)
    [finding] = judged(honest)
    assert (finding.status, "canary's vectors differ" in finding.message) == ("wrong", True)
    assert {path: path.read_bytes() for path in canary.FOLDER.iterdir()} == before


def test_a_parity_that_comes_later_is_added(honest: dict[str, Any]) -> None:
    authors = honest["backbones"][0].pop("authors")
    judged({**honest, "backbones": [{**honest["backbones"][0], "authors": None}]})
    card: Card = registry.get("uni")
    first = canary.shipped(card)
    assert first is not None
    assert "parity" not in first["origin"]
    judged({**honest, "backbones": [{**honest["backbones"][0], "authors": authors}]})
    later = canary.shipped(card)
    assert later is not None
    assert later["vectors"] == first["vectors"]
    assert later["origin"]["parity"] == {"max_relative_difference": 0.0, "cosine": pytest.approx(1)}
