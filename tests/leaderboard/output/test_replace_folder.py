"""A folder is put in the place of another one as a whole, when all of it is on the disk."""

import os
import threading

import pytest

from fuseboard.leaderboard.output.replace_folder import MARKER, replacing


def test_all_files_are_on_the_disk_before_the_folder_is_there(tmp_path, monkeypatch):
    out, synced, at_once = tmp_path / "site", set(), threading.Barrier(2, timeout=10)

    def fsync(handle):
        at_once.wait()  # it breaks where one file waits for the other
        assert not out.exists()
        synced.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(out, lambda _: "made\n") as folder:
        (folder / "deep").mkdir()
        for name in ("one", "two", "deep/three"):
            (folder / name).write_text(name)
    assert synced == {(out / name).stat().st_ino for name in ("one", "two", "deep/three", MARKER)}


def test_a_full_disk_leaves_the_folder_that_was_there(tmp_path, monkeypatch):
    out = tmp_path / "site"
    with replacing(out, lambda _: "first\n") as folder:
        (folder / "page").write_text("first")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Exception, match=r"[Nn]o space"), replacing(out, lambda _: "second\n") as folder:
        (folder / "page").write_text("second")
    assert (out / "page").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
