"""What commands print: programs get every digit, people an interval in one column that says which it is."""

import json

import pytest

from fuseboard.harness.terminal.output import print_rows

ROWS: list[dict[str, object]] = [
    {"metric": "auc", "value": 0.9, "low": 0.8, "high": 0.95, "acc_low": 0.5, "acc_high": 0.75, "below": 1},
    {"metric": "ece", "value": 0.1, "low": None, "high": None, "acc_low": None, "acc_high": None, "below": 2},
]


def test_an_interval_is_one_column_that_says_it_is_of_95_percent(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, False, wide_only=("acc_low", "acc_high"))
    head, _, auc, ece = capsys.readouterr().out.splitlines()
    assert head.split() == ["metric", "value", "95", "%", "below"]
    assert auc.split() == ["auc", "0.9000", "0.8000", "to", "0.9500", "1"]
    assert ece.split() == ["ece", "0.1000", "–", "2"]
    print_rows(ROWS, False, wide=True)
    assert "acc_95 %" in capsys.readouterr().out


def test_programs_get_both_ends(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, True)
    assert json.loads(capsys.readouterr().out) == ROWS
