"""A Space: its settings read back with the Hub's own library, and the Hub's limits are looked at."""

import pytest
from huggingface_hub import SpaceCard

from fuseboard.leaderboard.feeds import hub_space
from fuseboard.store.errors import FuseboardError


def test_the_settings_are_of_a_static_space():
    card = SpaceCard(hub_space.readme())
    assert (card.data.sdk, card.data.app_file) == ("static", "index.html")
    assert len(card.data.to_dict()["short_description"]) <= 60


def test_sizes_are_told_and_what_git_alone_does_not_take(tmp_path, monkeypatch):
    monkeypatch.setattr(hub_space, "LARGE", 100)
    (tmp_path / "static").mkdir()
    (tmp_path / "index.html").write_bytes(b"x" * 60)
    (tmp_path / "static" / "duckdb.wasm").write_bytes(b"x" * 140)
    counted, large = hub_space.size(tmp_path)
    assert counted.startswith("2 files, 0.0 MB, at most 2 in a folder")
    assert large.startswith("static/duckdb.wasm has")


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_ENTRIES"])
def test_more_files_than_the_hub_takes_are_refused(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(hub_space, limit, 2)
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"{number}.csv").touch()
    with pytest.raises(FuseboardError, match="3 files, 3 of them in data"):
        list(hub_space.size(tmp_path))


def test_an_empty_folder_is_within_them(tmp_path):
    assert list(hub_space.size(tmp_path)) == ["0 files, 0.0 MB, at most 0 in a folder"]
