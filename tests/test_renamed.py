"""Names of before: they do what they did, and say how they are called now."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from fuseboard import cli, renamed


def test_an_old_option_works_and_answers_with_the_new_one(tmp_path, capsys):
    where = ["--limit", "20", "--store", str(tmp_path)]
    assert cli.run(["extract", "hog", "pixels", "-d", "digits", "--one-pass", *where]) == 0
    assert "--one-pass is called --shared-read now" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "embeddings").iterdir()} == {"hog", "pixels"}


@given(st.lists(st.text(max_size=8), max_size=5))
def test_words_of_today_stay_as_they_are(words):
    known = {*renamed.OPTIONS, *(word for old in renamed.COMMANDS for word in old)}
    plain = [word for word in words if word not in known]
    assert renamed.translate(plain) == (plain, [])


def test_what_follows_two_dashes_is_no_option():
    assert renamed.translate(["fuse", "--", "--trust"])[0] == ["fuse", "--", "--trust"]


def options_of(command, found):
    found |= {name for parameter in command.params for name in parameter.opts}
    for each in getattr(command, "commands", {}).values():
        options_of(each, found)
    return found


def test_every_new_option_exists_and_no_old_one_does():
    there = options_of(typer.main.get_command(cli.app), set())
    assert set(renamed.OPTIONS.values()) <= there
    assert not set(renamed.OPTIONS) & there


@pytest.mark.parametrize("new", renamed.COMMANDS.values())
def test_every_new_command_exists(new, capsys):
    assert cli.run([*new, "--help"]) == 0
