"""The life of a submission: what a new version may change, and what stays."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from fuseboard.cli import run
from fuseboard.harness.submissions.folder import Submission, read
from fuseboard.harness.submissions.folder import accepted as read_accepted
from fuseboard.harness.submissions.rules import lifecycle
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

SHARDS = f'[shards]\nhub = "org/embeddings"\nrevision = "{"c" * 40}"\n'


@pytest.fixture
def accepted(small_store: Path, tmp_path: Path) -> Path:
    """A sound submission as it lies on the main branch."""
    (source,) = small_store.glob("embeddings/hog/*")
    place = tmp_path / "main" / "submissions" / "hog"
    place.mkdir(parents=True)
    for name in ("card.toml", "manifest.json"):
        shutil.copy(source / name, place)
    (place / "submission.toml").write_text(f'status = "active"\n{SHARDS}')
    return place


@pytest.fixture
def folder(accepted: Path, tmp_path: Path) -> Path:
    """The same as a pull request has it."""
    return Path(shutil.copytree(accepted, tmp_path / "submissions" / "hog"))


def whole(folder: Path) -> Submission:
    submission, findings = read(folder)
    assert submission is not None, findings
    return submission


def problems(folder: Path, accepted: Path) -> str:
    found = [*lifecycle.statement_findings(whole(folder)), *lifecycle.findings(whole(folder), read_accepted(accepted))]
    return "\n".join(finding.message for finding in found if finding.is_bad)


def manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def newer(folder: Path, created: str = "2099-01-01T00:00:00Z") -> str:
    """Makes the folder another version, by another transform; returns the fingerprint of the former."""
    card = tomllib.loads((folder / "card.toml").read_text())
    card["preprocessing"]["interpolation"] = "bicubic"
    (folder / "card.toml").write_text(tomli_w.dumps(card))
    said = json.loads((folder / "manifest.json").read_text())
    former = said["fingerprint"]
    said["identity"]["preprocessing"]["interpolation"] = "bicubic"
    manifest(folder, identity=said["identity"], fingerprint=fingerprint(said["identity"]), created=created)
    return str(former)


def earlier(print_: str, until: str = "2026-01-31", reason: str = "another transform") -> str:
    return f'[[earlier]]\nfingerprint = "{print_}"\nuntil = {until}\nreason = "{reason}"\n'


def state(folder: Path, text: str) -> None:
    (folder / "submission.toml").write_text(text)


def test_nothing_changed(folder: Path, accepted: Path) -> None:
    assert problems(folder, accepted) == ""


def test_a_first_submission(folder: Path, tmp_path: Path) -> None:
    assert read_accepted(tmp_path / "none") is None
    assert [finding.status for finding in lifecycle.findings(whole(folder), None)] == ["ok"]


def test_a_new_version_lists_the_former(folder: Path, accepted: Path) -> None:
    former = newer(folder)
    assert f"the accepted version {former} is not in its history" in problems(folder, accepted)
    state(folder, f'status = "active"\n{SHARDS}{earlier(former)}')
    assert problems(folder, accepted) == ""


def test_a_version_does_not_regress(folder: Path, accepted: Path) -> None:
    former = newer(folder, created="2001-01-01T00:00:00Z")
    state(folder, f'status = "active"\n{SHARDS}{earlier(former)}')
    assert "was made 2001-01-01 00:00:00+00:00, and the accepted version" in problems(folder, accepted)


def test_a_manifest_without_zone_is_compared_too(folder: Path, accepted: Path) -> None:
    manifest(folder, created="2001-01-01T00:00:00")
    assert "a version does not regress" in problems(folder, accepted)


def test_a_version_does_not_come_back(folder: Path, accepted: Path) -> None:
    former = json.loads((folder / "manifest.json").read_text())["fingerprint"]
    state(folder, f'status = "active"\n{SHARDS}{earlier(former)}')
    assert "lists the version that is handed in as an earlier one" in problems(folder, accepted)


def test_history_keeps_its_lines(folder: Path, accepted: Path) -> None:
    state(accepted, f'status = "active"\n{SHARDS}{earlier("a" * 32)}')
    assert "earlier versions were dropped or changed" in problems(folder, accepted)
    state(folder, f'status = "active"\n{SHARDS}{earlier("a" * 32, reason="prettier")}')
    assert "earlier versions were dropped or changed" in problems(folder, accepted)
    state(folder, f'status = "active"\n{SHARDS}{earlier("a" * 32)}')
    assert problems(folder, accepted) == ""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (earlier("a" * 32) + earlier("a" * 32), "lists an earlier version twice"),
        (earlier("a" * 32) + earlier("b" * 32, "2025-01-01"), "not in the order of their days"),
        (earlier("a" * 32, "2999-01-01"), "end in the future"),
    ],
)
def test_a_history_in_disorder(folder: Path, accepted: Path, lines: str, message: str) -> None:
    state(folder, f'status = "active"\n{SHARDS}{lines}')
    assert message in problems(folder, accepted)


def test_vectors_do_not_change_under_a_fingerprint(folder: Path, accepted: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    said["datasets"]["digits-first120"]["splits"]["val"]["shards"][0]["sha256"] = "0" * 64
    manifest(folder, datasets=said["datasets"])
    assert "digits-first120 val has other vectors under the accepted fingerprint" in problems(folder, accepted)


def test_a_split_does_not_go_silently(folder: Path, accepted: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    del said["datasets"]["digits-first120"]["splits"]["val"]
    manifest(folder, datasets=said["datasets"])
    assert "digits-first120 val is gone from the accepted version" in problems(folder, accepted)


def test_a_withdrawal_keeps_card_and_manifest(folder: Path, accepted: Path) -> None:
    state(folder, f'status = "withdrawn"\nreason = "wrong weights"\n{SHARDS}')
    assert problems(folder, accepted) == ""
    assert any(
        "withdrawn, because wrong weights" in finding.message for finding in lifecycle.statement_findings(whole(folder))
    )
    manifest(folder, created="2098-01-01T00:00:00Z")
    assert "is withdrawn, and its card or manifest changed with it" in problems(folder, accepted)


def test_another_name_is_another_submission(folder: Path, accepted: Path) -> None:
    card = tomllib.loads((folder / "card.toml").read_text())
    (folder / "card.toml").write_text(tomli_w.dumps({**card, "id": "gog"}))
    manifest(folder, backbone="gog")
    assert "is now called gog" in problems(folder, accepted)


def superseded(folder: Path, by: str) -> None:
    folder.mkdir(exist_ok=True)
    state(folder, f'status = "superseded"\nsuperseded_by = "{by}"\n{SHARDS}')


def test_superseded_by_one_that_is_there(folder: Path, accepted: Path) -> None:
    shutil.copytree(folder, folder.with_name("second"))
    superseded(folder, "second")
    assert problems(folder, accepted) == ""
    assert any(
        finding.message == "superseded: hog -> second" for finding in lifecycle.statement_findings(whole(folder))
    )


def test_superseded_by_none(folder: Path, accepted: Path) -> None:
    superseded(folder, "second")
    assert "superseded_by names second, and there is no such submission here" in problems(folder, accepted)
    superseded(folder, "uni")
    assert "superseded_by names uni, and there is no such submission here" in problems(folder, accepted)


def test_superseded_by_a_link(folder: Path, accepted: Path) -> None:
    folder.with_name("second").symlink_to(accepted, target_is_directory=True)
    superseded(folder, "second")
    assert "there is no such submission here" in problems(folder, accepted)


def test_superseded_by_itself_or_in_a_circle(folder: Path, accepted: Path) -> None:
    superseded(folder, "hog")
    assert "superseded_by goes in a circle: hog -> hog" in problems(folder, accepted)
    superseded(folder, "second")
    superseded(folder.with_name("second"), "third")
    superseded(folder.with_name("third"), "second")
    assert "circle: hog -> second -> third -> second" in problems(folder, accepted)


def test_superseded_by_one_whose_statement_is_broken(folder: Path, accepted: Path) -> None:
    superseded(folder.with_name("second"), "third")
    state(folder.with_name("second"), "status = [")
    superseded(folder, "second")
    assert "superseded_by names second, whose submission.toml is broken" in problems(folder, accepted)


def test_what_was_accepted_must_be_readable(folder: Path, accepted: Path) -> None:
    (accepted / "card.toml").unlink()
    with pytest.raises(FuseboardError, match=r"the accepted submission cannot be read \(card.toml is not there\)"):
        read_accepted(accepted)


def test_a_removal_without_history_by_the_command(
    folder: Path, accepted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["submission", "check", str(folder), "--before", str(accepted), "--json"]
    shutil.rmtree(folder)
    assert run(arguments) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row["message"] == "hog is removed without its history"
    assert row["fix"].startswith("keep the folder with its card and manifest, and set status")
