"""The check as a whole: what it goes through, what it refuses to look at, and what the command prints."""

import json
from pathlib import Path

import pytest

from fuseboard.cli import run
from fuseboard.harness.submissions import check as checks
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA, tree
from tests.harness.submissions.stranger import Stranger


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


def test_a_sound_submission_goes_through_every_rule(stranger: Stranger) -> None:
    found = stranger.check()
    assert not found.is_bad
    assert found.version is not None
    assert found.version.manifest.entry(DATA, "test").rows == 120
    wanted = {"card", "manifest", "licence", "shards", "schema", "ids", "labels", "vectors", "duplicates", "neighbours"}
    assert wanted | {"twin", "canary", "sample"} <= {finding.check for finding in found.findings}


def test_the_command_prints_a_table_and_json(stranger: Stranger, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(stranger.root)
    command = ["submission", "check", str(stranger.folder), "--store", str(stranger.root)]
    assert run(command) == 0
    assert "nearest is pixels" in capsys.readouterr().out
    assert run([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"status", "check", "message", "fix"} == set(rows[0])
    assert tree(stranger.root) == before


def test_the_command_ends_with_1_and_the_mend(stranger: Stranger, capsys: pytest.CaptureFixture[str]) -> None:
    stranger.embed("val", stranger.vectors("val"), ids=stranger.ids("val")[::-1])
    assert run(["submission", "check", str(stranger.folder), "--store", str(stranger.root), "--json"]) == 1
    bad = [row for row in json.loads(capsys.readouterr().out) if row["status"] == "wrong"]
    assert [row["check"] for row in bad] == ["ids"]
    assert "extract this dataset again" in bad[0]["fix"]


def test_a_broken_folder_fetches_nothing(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.quarantine, "fetch", lambda *_: pytest.fail("fetched"))
    (stranger.folder / "setup.py").write_text("raise SystemExit('executed')")
    assert stranger.check().version is None


def test_a_withdrawn_submission_is_not_asked_for_its_shards(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks.quarantine, "fetch", lambda *_: pytest.fail("fetched"))
    text = (stranger.folder / "submission.toml").read_text().replace('"active"', '"withdrawn"\nreason = "an error"')
    (stranger.folder / "submission.toml").write_text(text)
    found = stranger.check()
    assert not found.is_bad
    assert found.version is None


def test_a_rule_that_fails_is_a_finding(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("as a library may\x1b[31m")

    monkeypatch.setattr(checks, "split_statistics", fails)
    assert stranger.problem() == r"shards: cannot be judged (ZeroDivisionError: as a library may\u001b[31m)"


def test_ctrl_c_is_not_a_finding(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checks, "split_statistics", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stranger.check()
    monkeypatch.undo()
    assert not stranger.check().is_bad


def test_a_busy_name_is_one_line(stranger: Stranger, capsys: pytest.CaptureFixture[str]) -> None:
    with checks.quarantine.locked(Store(stranger.root), "hog"):
        with pytest.raises(FuseboardError):
            stranger.check()
        assert run(["submission", "check", str(stranger.folder), "--store", str(stranger.root)]) == 1
    captured = capsys.readouterr()
    assert "another check of it is running" in captured.err
    assert "Traceback" not in captured.err


def test_an_empty_store_will_do(stranger: Stranger, tmp_path: Path) -> None:
    found = checks.check(stranger.folder, Store(tmp_path / "empty"))
    assert not found.is_bad
    assert found.version is not None
