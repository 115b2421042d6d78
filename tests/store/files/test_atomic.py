import errno
from pathlib import Path

import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic


def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")

    def fail():
        with atomic.replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_the_new_file_is_not_visible_before_the_block_ends(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with atomic.replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_text() == "new"


@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path, monkeypatch, where, number):
    def full(*_: object) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr(where, full)
    with pytest.raises(FuseboardError, match=r"no space left .*a.txt; nothing half-written"):
        atomic.write_text(tmp_path / "a.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_the_disk_are_not_called_a_full_one(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        atomic.write_text(tmp_path / "file" / "a.txt", "text")


def test_what_killed_processes_left_is_swept(tmp_path):
    left = tmp_path / f"{atomic.PREFIX}x.parquet"
    left.write_text("")
    (tmp_path / "kept").write_text("")
    atomic.sweep(tmp_path)
    assert [Path(p).name for p in tmp_path.iterdir()] == ["kept"]
