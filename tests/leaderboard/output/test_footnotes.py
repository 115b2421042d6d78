"""Footnotes: a reason in a cell is a sign that leads to it, and each reason stands beneath the table once."""

from fuseboard.leaderboard.output import format
from fuseboard.leaderboard.output.footnotes import Footnotes


def test_a_reason_stands_once_and_is_escaped():
    notes = Footnotes("t")
    first, again = notes.mark("no <b> AUC"), notes.mark("no <b> AUC")
    assert first == again
    assert 'href="#t:a"' in first
    assert "<b>" not in first
    notes.mark("another")
    assert notes.lines == [("t:a", "a", "no <b> AUC"), ("t:b", "b", "another")]


def test_without_a_reason_there_is_a_dash_alone():
    notes = Footnotes("t")
    assert "href" not in notes.mark(None)
    assert notes.lines == []


def test_signs_do_not_run_out():
    notes = Footnotes("t")
    for number in range(30):
        notes.mark(str(number))
    assert [sign for _, sign, _ in notes.lines][25:28] == ["z", "aa", "ab"]


def test_only_what_is_missing_becomes_a_footnote():
    notes = Footnotes("t")
    assert "href" not in format.score(0.5, notes.why("never told"))
    assert notes.lines == []
    assert 'href="#t:a"' in format.number(None, 1, notes.why("not timed"))
    assert notes.lines == [("t:a", "a", "not timed")]


def test_a_number_that_compares_with_no_other_has_the_sign_alone():
    notes = Footnotes("t")
    assert "missing" not in notes.sign("the machine was busy")
    assert notes.lines == [("t:a", "a", "the machine was busy")]
