"""How a command begins: what interrupts it, and a working directory that is no more."""

import builtins
import os
import sys
from pathlib import Path

import pytest

import fuseboard
from fuseboard import __main__ as start


def test_ctrl_c_while_the_commands_are_imported_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importing = builtins.__import__

    def interrupted(name: str, *rest: object) -> object:
        if name == "fuseboard":
            raise KeyboardInterrupt
        return importing(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", interrupted)
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_deleted_working_directory_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    with pytest.raises(SystemExit) as ended:
        start.main()
    os.chdir(tmp_path)
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "deleted" in line


@pytest.mark.parametrize("group", [[], ["store"], ["datasets"], ["leaderboard"]])
def test_a_group_alone_shows_its_help(group: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    from fuseboard import cli

    assert cli.run(group) == 2
    out, err = capfd.readouterr()
    assert "Usage:" in out
    assert err == ""


def test_a_name_of_the_front_door_says_what_its_installation_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fuseboard.harness.fusion.estimator", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(ModuleNotFoundError, match=r"^fuseboard\.Fusion: this needs sklearn.*run: .*harness"):
        fuseboard.Fusion  # noqa: B018
