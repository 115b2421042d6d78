"""A path that cannot be a store's is refused by every command, in one line, before anything else is looked at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from fuseboard.cli import app, run


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Every command that takes a store, with something for what it cannot do without."""
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))
    if path and not hasattr(command, "commands") and any("--store" in one.opts for one in command.params):
        needed = [one for one in command.params if one.required]
        options = [word for one in needed if one.opts[0].startswith("-") for word in (one.opts[0], "x")]
        yield [*path, *options, *("x" for one in needed if not one.opts[0].startswith("-"))]


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Path -> what is said of it."""
    store = tmp_path / "store"
    (store / "embeddings" / "hog" / "0").mkdir(parents=True)
    (store / "embeddings" / "hog" / "0" / "manifest.json").write_text("{}")
    (tmp_path / "file").write_text("")
    inside = f"lies in a store; give the store itself: {store}"
    return {
        "/dev/null": "/dev/null is no folder, so it is no store",
        str(tmp_path / "file"): "is no folder, so it is no store",
        str(tmp_path / "file" / "store"): f"{tmp_path / 'file'} is no folder, so",
        str(store / "embeddings"): inside,
        str(store / "embeddings" / "hog" / "0"): inside,
        str(store / "results" / "new"): inside,
        "~nobody-of-that-name/store": "no home folder of that name",
    }


def test_there_are_such_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_store_is_there(
    command: list[str],
    places: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = set(tmp_path.rglob("*"))
    for place, said in places.items():
        for by_option in (True, False):
            monkeypatch.delenv("FUSEBOARD_STORE", raising=False)
            if not by_option:
                monkeypatch.setenv("FUSEBOARD_STORE", place)
            assert run([*command, *(["--store", place] if by_option else [])]) == 2
            error = capsys.readouterr().err
            assert said in error
            assert error.count("\n") == 1
    assert set(tmp_path.rglob("*")) == before


def test_another_than_the_one_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", "/dev/null")
    assert run(["store", "list", "--store", str(tmp_path)]) == 0
    assert run(["--store", str(tmp_path), "store", "list"]) == 0
    assert run(["--version"]) == 0
