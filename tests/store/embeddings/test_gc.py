from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fuseboard.store.cli import commands
from fuseboard.store.embeddings import gc as garbage
from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.store import Store


def older(version, days=1):
    """The version as if it had been made before, because tests make all in one second."""
    there = version.manifest.model_copy(update={"created": version.manifest.created - timedelta(days=days)})
    there.write(version.folder)
    return version


@pytest.fixture
def two(make_version, root):
    return older(make_version(root, identity={"crop": 1})), make_version(root)


def test_an_older_version_goes_when_a_newer_one_holds_all_of_it(two, root, make_version):
    make_version(root, "beta")
    old, new = two
    [found] = garbage.find(root, Store(root).versions, Store(root).current)
    assert (found.folder, found.backbone) == (old.folder, "alpha")
    assert new.manifest.fingerprint[:12] in found.reason
    assert found.bytes > 0
    assert garbage.remove(root, found)
    assert [version.spec for version in Store(root).versions if version.manifest.backbone == "alpha"] == [new.spec]
    assert not old.folder.exists()
    assert garbage.find(root, Store(root).versions, Store(root).current) == []


def test_the_version_of_the_present_card_stays_and_supersedes(two, root):
    old, new = two
    [found] = garbage.find(root, Store(root).versions, Store(root, lambda: {"alpha": old.manifest.fingerprint}).current)
    assert found.folder == new.folder


@pytest.mark.parametrize(
    "lacking", [{"splits": ("train", "val")}, {"dataset": "breastmnist"}], ids=["a split", "a dataset"]
)
def test_what_no_newer_version_holds_stays(make_version, root, lacking):
    older(make_version(root, identity={"crop": 1}))
    make_version(root, **lacking)
    assert garbage.find(root, Store(root).versions, Store(root).current) == []


def test_another_precision_stays_whichever_is_newer(make_version, root):
    older(make_version(root, identity={"precision": "fp32"}))
    make_version(root, identity={"precision": "fp16"})
    assert garbage.find(root, Store(root).versions, Store(root).current) == []


def test_other_source_images_stay(two, root):
    old, _ = two
    entry = old.manifest.datasets["digits"].model_copy(update={"source_md5": "1" * 32})
    manifest.read(old.folder).model_copy(update={"datasets": {"digits": entry}}).write(old.folder)
    assert garbage.find(root, Store(root).versions, Store(root).current) == []


def test_what_was_cut_off_is_offered_with_the_way_to_go_on(root, make_version):
    version = make_version(root)
    (version.folder / manifest.FILE).unlink()
    partial = root / "incoming" / "beta" / ("0" * 32)
    partial.mkdir(parents=True)
    (partial / "half").write_bytes(b"12345")
    reasons = {found.backbone: found.reason for found in garbage.find(root, Store(root).versions, Store(root).current)}
    assert "cut off" in reasons["alpha"]
    assert "pulling again" in reasons["beta"]
    assert {found.backbone: found.bytes for found in garbage.find(root, Store(root).versions, Store(root).current)}[
        "beta"
    ] == 5


def test_what_is_being_worked_on_is_left(two, root):
    [found] = garbage.find(root, Store(root).versions, Store(root).current)
    with versions.lock_of(root, found.backbone, found.fingerprint):
        assert not garbage.remove(root, found)
    assert found.folder.exists()


def gc(root: Path, *options: str, answer: str | None = None):
    return CliRunner().invoke(
        commands(lambda name: None, dict, lambda name: "known", lambda name: None),
        ["gc", "--store", str(root), *options],
        input=answer,
    )


def test_nothing_goes_without_a_yes(two, root):
    for answer in ("n\n", "\n"):
        done = gc(root, answer=answer)
        assert done.exit_code == 0
        assert "nothing was removed" in done.stdout
    assert gc(root).exit_code == 1, "nobody there to answer"
    assert len(Store(root).versions) == 2
    assert "removed" in gc(root, answer="y\n").stdout
    assert len(Store(root).versions) == 1
    assert "nothing to remove" in gc(root, "--yes").stdout
