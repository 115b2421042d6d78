"""A bundle is there whole or not at all, whatever happens meanwhile."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuseboard.harness.fusion.bundle import reading, writing
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.store.errors import FuseboardError, UsageError

from .conftest import bundle_of

WRITER = """
import sys, time
from pathlib import Path
from fuseboard.harness.fusion.bundle import writing
from fuseboard.harness.fusion.bundle.loading import load
found = load(sys.argv[1])
writing.atomic.sync_folder = lambda folder: (print("here", flush=True), time.sleep(60))
found.save(sys.argv[2])
"""


def named(bundle: Bundle, remark: str) -> Bundle:
    selection = bundle.facts.selection.model_copy(update={"remarks": (remark,)})
    return replace(bundle, facts=bundle.facts.model_copy(update={"selection": selection}))


def only(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("name", ["model", "model.zip", "far/away/model"])
def test_what_is_saved_is_what_is_loaded_and_saved_again(tmp_path: Path, name: str) -> None:
    bundle_of().save(tmp_path / name)
    first = load(tmp_path / name)
    first.save(tmp_path / name)
    again = load(tmp_path / name)
    assert again.files() == first.files()
    assert only(tmp_path) == [name.partition("/")[0]]


def test_equal_bundles_are_equal_bytes(tmp_path: Path) -> None:
    bundle = bundle_of()
    for name in ("a.zip", "b.zip"):
        bundle.save(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_a_full_disk_leaves_the_earlier_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    named(bundle_of(), "first").save(tmp_path / name)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FuseboardError, match=r"no space left on the disk while writing .*nothing half-written"):
        named(bundle_of(), "second").save(tmp_path / name)
    assert only(tmp_path) == [name]
    assert load(tmp_path / name).selection_.remarks == ("first",)


def test_a_killed_training_leaves_the_earlier_bundle_and_the_next_one_sweeps(saved: Path) -> None:
    named(bundle_of(), "first").save(saved)
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", WRITER, str(saved), str(saved)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert len(only(saved.parent)) == 2
    named(bundle_of(), "second").save(saved)  # while the other one writes: its folder is left alone
    assert len(only(saved.parent)) == 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert load(saved).selection_.remarks == ("second",)
    (left,) = set(saved.parent.iterdir()) - {saved}
    named(bundle_of(), "third").save(saved)  # too young to be told from one that is about to be locked
    os.utime(left, (0, 0))
    named(bundle_of(), "fourth").save(saved)
    assert only(saved.parent) == [saved.name]


def test_trainings_into_one_folder_are_each_whole(tmp_path: Path) -> None:
    bundles = [named(bundle_of(), str(number)) for number in range(6)]
    ends = time.monotonic() + 2
    bundles[0].save(tmp_path / "model")

    def read() -> set[str]:
        seen = set()
        while time.monotonic() < ends and len(seen) < 4:
            seen.add(load(tmp_path / "model").selection_.remarks[0])
        return seen

    with ThreadPoolExecutor(7) as pool:
        reader = pool.submit(read)
        list(pool.map(lambda bundle: bundle.save(tmp_path / "model"), bundles * 3))
        assert reader.result() <= set("012345")
    assert only(tmp_path) == ["model"]
    load(tmp_path / "model")


def test_a_folder_that_took_the_place_of_another_is_told_from_it_though_it_has_its_number(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system gives the number of a folder that is gone to the next one."""
    real, tries = reading._read, []

    def replaced_meanwhile(container: reading.Container, where: str) -> Any:
        tries.append(where)
        if len(tries) == 1:
            shutil.rmtree(saved)
            monkeypatch.setattr(reading, "_read", real)
            named(bundle_of(), "second").save(saved)
            monkeypatch.setattr(reading, "_read", replaced_meanwhile)
            raise FuseboardError("README.md is not the file that manifest.json says")
        return real(container, where)

    monkeypatch.setattr(reading, "_read", replaced_meanwhile)
    assert load(saved).selection_.remarks == ("second",)
    assert len(tries) == 2


def test_where_names_cannot_change_places_it_takes_two_steps(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_exchanged", lambda *_: False)
    named(bundle_of(), "second").save(saved)
    assert load(saved).selection_.remarks == ("second",)
    assert only(saved.parent) == ["model"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("thesis.txt", "holds 'thesis.txt' and is no model; name a new or an empty folder"),
        ("manifest.json", "is not replaced .*remove it by hand"),
    ],
)
def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path, made: str, message: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / made).write_text("{}")
    with pytest.raises(UsageError, match=message):
        bundle_of().save(tmp_path / "mine")
    assert only(tmp_path / "mine") == [made]


def test_a_bundle_beside_other_things_is_never_replaced(saved: Path) -> None:
    (saved / ".git").mkdir()
    with pytest.raises(UsageError, match=r"holds '\.git' too"):
        bundle_of().save(saved)
    (saved / ".git").rmdir()
    (saved / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"notes\.txt.* is no part of the bundle"):
        bundle_of().save(saved)


def test_files_are_never_replaced(tmp_path: Path) -> None:
    for name in ("model", "model.zip"):
        (tmp_path / name).write_text("x")
        with pytest.raises(UsageError, match=r"is a file; name a folder|exists and is no zip"):
            bundle_of().save(tmp_path / name)
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        bundle_of().save(tmp_path / "folder.zip")


def test_an_empty_folder_and_a_link_to_one_are_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    bundle_of().save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    load(tmp_path / "real")
