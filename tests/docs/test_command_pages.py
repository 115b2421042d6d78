"""The pages of the documentation that are made from the help: one for each command, with all that it takes."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from fuseboard import cli

EXTENSIONS = Path(__file__).parents[2] / "docs" / "_extensions"


def extension(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", EXTENSIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    made: dict[str, str] = extension("command_pages").pages()
    return made


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for word, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, word))


def test_every_command_has_a_page_with_every_option_and_argument(pages: dict[str, str]) -> None:
    for words, command in commands(typer.main.get_command(cli.app)):
        page = pages["-".join(words) or "index"]
        for parameter in command.params:
            shown = [parameter.metavar or parameter.name]
            for spelling in parameter.opts if parameter.param_type_name == "option" else shown:
                assert f"{spelling}" in page, f"{words} does not tell {spelling}"


def test_every_page_is_in_the_contents_of_the_one_above(pages: dict[str, str]) -> None:
    for words, _ in commands(typer.main.get_command(cli.app)):
        if words:
            assert f"<{'-'.join(words)}>" in pages["-".join(words[:-1]) or "index"]


def test_a_page_that_help_names_is_a_link(pages: dict[str, str]) -> None:
    assert "[search-strategies](../search-strategies.md)" in pages["search"]


def test_pages_of_commands_that_are_gone_are_removed_and_others_stay_untouched(tmp_path: Path) -> None:
    made = extension("command_pages")
    made.write(tmp_path)
    (tmp_path / "gone.md").write_text("# fuseboard gone")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("store*.md")}
    made.write(tmp_path)
    assert not (tmp_path / "gone.md").exists()
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("store*.md")}


def test_a_picture_has_a_box_for_every_room_and_no_line_is_passed_over() -> None:
    pytest.importorskip("sphinx")
    draw = extension("rooms_picture").draw
    text = 'flowchart BT\nsubgraph low\ndirection BT\na["x"]\nb["y"]\na --> b\nend\ntop["t"]\nlow --> top'
    drawn = draw(text.splitlines())
    assert drawn.index(">t<") < drawn.index(">low<") < drawn.index(">y<") < drawn.index(">x<")
    with pytest.raises(ValueError, match="a ==> b"):
        draw(["a ==> b"])
