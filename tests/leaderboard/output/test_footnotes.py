"""Footnotes: a reason in a cell is a sign that leads to it, and each reason stands beneath the table once."""

from fuseboard.leaderboard.output.footnotes import Footnotes


def test_a_reason_stands_once_and_is_escaped():
    notes = Footnotes("t")
    first, again = notes.mark("no <b> AUC"), notes.mark("no <b> AUC")
    assert first == again
    assert 'href="#t.a"' in first
    assert "<b>" not in first
    notes.mark("another")
    assert notes.lines == [("t.a", "a", "no <b> AUC"), ("t.b", "b", "another")]


def test_without_a_reason_there_is_a_dash_alone():
    notes = Footnotes("t")
    assert "href" not in notes.mark(None)
    assert notes.lines == []


def test_signs_do_not_run_out():
    notes = Footnotes("t")
    for number in range(30):
        notes.mark(str(number))
    assert [sign for _, sign, _ in notes.lines][25:28] == ["z", "aa", "ab"]
