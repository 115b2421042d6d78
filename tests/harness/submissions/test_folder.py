"""Submissions: what is refused before anything is fetched."""

import json
import shutil
from pathlib import Path

import pytest

from harness.submissions.folder import read
from store.errors import UsageError


@pytest.fixture
def folder(small_store: Path, tmp_path: Path) -> Path:
    """A sound submission: the card and manifest of a stored version."""
    (source,) = small_store.glob("embeddings/hog/*")
    place = tmp_path / "hog"
    place.mkdir()
    for name in ("card.toml", "manifest.json"):
        shutil.copy(source / name, place)
    (place / "submission.toml").write_text(f'status = "active"\n[shards]\nfolder = "{source}"\n')
    return place


def problems(folder: Path) -> str:
    return " ".join(f"{finding.check}: {finding.message}" for finding in read(folder)[1] if finding.is_bad)


def test_a_sound_submission_passes(folder: Path) -> None:
    assert problems(folder) == ""
    assert {finding.check for finding in read(folder)[1]} >= {"card", "manifest", "fingerprint", "dim"}


def test_foreign_files_and_links_are_refused(folder: Path) -> None:
    (folder / "setup.py").write_text("raise SystemExit('executed')")
    (folder / "README.md").symlink_to("/etc/hostname")
    assert "'setup.py' does not belong here" in problems(folder)
    assert "'README.md' does not belong here" in problems(folder)


def test_a_missing_manifest_is_named(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert "manifest.json is not there" in problems(folder)


def test_a_card_of_another_version_is_noticed(folder: Path) -> None:
    text = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(text.replace('interpolation = "bilinear"', 'interpolation = "bicubic"'))
    assert "fingerprint: the card says" in problems(folder)


def test_a_forged_fingerprint_is_noticed(folder: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**said, "fingerprint": "0" * 32}))
    assert "is not the hash of the identity beside it" in problems(folder)


def test_another_folder_name_is_noticed(folder: Path) -> None:
    assert "name: the card says hog, here it is gog" in problems(folder.rename(folder.with_name("gog")))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        read(tmp_path / "none")
