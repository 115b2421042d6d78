"""The acceptance: what leaves the quarantine, and what does not."""

import json
import shutil
from pathlib import Path

import pytest

from fuseboard import cli
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.submissions.merging.acceptance import accept
from fuseboard.store.embeddings import history
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA, coarse


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return extract(coarse(), datasets.get(DATA), Store(tmp_path_factory.mktemp("theirs")))


@pytest.fixture
def folder(made: Version, tmp_path: Path) -> Path:
    place = tmp_path / "submissions" / "coarse"
    place.mkdir(parents=True)
    for name in ("card.toml", "manifest.json"):
        shutil.copy(made.folder / name, place)
    state(place, made)
    return place


def state(folder: Path, made: Version, said: str = 'status = "active"') -> None:
    (folder / "submission.toml").write_text(f'{said}\n[shards]\nfolder = "{made.folder}"\n')


def backbones(root: Path) -> set[str]:
    return {version.manifest.backbone for version in Store(root).versions}


def told(folder: Path, root: Path) -> str:
    return " ".join(
        f"{one.status} {one.check}: {one.message}" for one in accept(folder, Store(root, registry.fingerprints))
    )


def test_a_sound_submission_meets_every_search(folder: Path, made: Version, store: Path) -> None:
    assert "3 files are new" in told(folder, store)
    assert backbones(store) == {"coarse", "hog", "pixels"}
    (version,) = [one for one in Store(store).versions if one.manifest.backbone == "coarse"]
    assert version.manifest.datasets == made.manifest.datasets
    (event,) = history.read(version.folder)
    assert event.where == str(made.folder), "where its owner put it, not the quarantine"
    assert "0 files are new" in told(folder, store), "a second time takes nothing"
    assert len(history.read(version.folder)) == 1


@pytest.mark.parametrize(
    "said", ['status = "withdrawn"\nreason = "a mistake"', 'status = "superseded"\nsuperseded_by = "young"']
)
def test_what_is_not_active_stays_outside(folder: Path, made: Version, store: Path, said: str) -> None:
    young = Path(shutil.copytree(folder, folder.with_name("young")))
    assert young.is_dir()
    state(folder, made, said)
    assert "not taken" in told(folder, store)
    assert backbones(store) == {"hog", "pixels"}
    state(folder, made)
    told(folder, store)
    state(folder, made, said)
    assert "but the store has it: searches go on to use" in told(folder, store)


def test_what_is_broken_stays_outside_and_says_why(folder: Path, store: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    said["datasets"][DATA]["splits"]["val"]["shards"][0]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(said))
    assert "coarse: shards" in told(folder, store)
    assert backbones(store) == {"hog", "pixels"}


def test_the_command_takes_all_and_goes_on_after_a_broken_one(
    folder: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(folder, folder.with_name("broken")))
    (folder.parent / "README.md").write_text("Data only.")
    assert broken.is_dir()
    where = ["--store", str(store), "--json"]
    assert cli.run(["submission", "accept", str(folder.parent), "--all", *where]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["check"].partition(":")[0] for row in rows if row["status"] in ("wrong", "missing")} == {"broken"}
    assert "coarse" in backbones(store)
    shutil.rmtree(broken)
    assert cli.run(["submission", "accept", str(folder.parent), "--all", *where]) == 0
    shutil.rmtree(folder)
    assert cli.run(["submission", "accept", str(folder.parent), "--all", *where]) == 0
    assert cli.run(["submission", "accept", str(folder.parent / "none"), *where]) == 2
