from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.leaderboard.published.verdicts import csv_file as verdict_file
from fuseboard.leaderboard.published.verdicts.regressions import verdict_regressions
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.store.errors import FuseboardError

REPRODUCED = Verdict(
    "f.csv",
    "breastmnist",
    "CONCH",
    "acc",
    "test",
    Decimal("0.84"),
    Decimal("0.85"),
    "reproduced",
    Decimal("0.01"),
    "",
    "a",
)
DEVIATES = replace(REPRODUCED, verdict="deviates", measured=Decimal("0.81"), difference=Decimal("-0.03"))
GONE = replace(REPRODUCED, verdict="not measured", measured=None, difference=None, reason="no such row", row="")

numbers = st.decimals(-1, 1, allow_nan=False, places=17)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"))
some = st.builds(
    Verdict, texts, texts, texts, texts, texts, numbers, numbers, st.sampled_from(["reproduced", "deviates"]),
    numbers, texts, texts,
)  # fmt: skip


@given(st.lists(some, unique_by=lambda verdict: verdict.cell))
def test_what_is_written_is_read_again(tmp_path_factory, verdicts):
    path = tmp_path_factory.mktemp("verdicts") / "verdicts.csv"
    verdict_file.write(verdicts, path)
    assert verdict_file.read(path) == tuple(sorted(verdicts, key=lambda verdict: verdict.cell))


def test_the_order_does_not_change_the_file_and_those_without_a_figure_are_not_in_it(tmp_path):
    other = replace(DEVIATES, subject="UNI")
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    verdict_file.write([other, GONE, REPRODUCED], one)
    verdict_file.write([REPRODUCED, other], two)
    assert one.read_bytes() == two.read_bytes()
    assert one.read_text() == (
        "file,dataset,subject,metric,split,reported,measured,verdict,difference,reason,row\n"
        "f.csv,breastmnist,CONCH,acc,test,0.84,0.85,reproduced,0.01,,a\n"
        "f.csv,breastmnist,UNI,acc,test,0.84,0.81,deviates,-0.03,,a\n"
    )


GOOD = "f.csv,breastmnist,CONCH,acc,test,0.84,0.85,reproduced,0.01,,a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,dataset\n", "line 1: the columns are not file, dataset, subject"),
        ("", "line 1: the columns are not"),
        (f"{','.join(verdict_file.COLUMNS)}\n{GOOD}\nf.csv,breastmnist\n", "line 3: 2 cells, 11 are expected"),
        (
            f"{','.join(verdict_file.COLUMNS)}\n{GOOD.replace('reproduced', 'fine')}\n",
            "line 2: verdict 'fine' is none of",
        ),
        (f"{','.join(verdict_file.COLUMNS)}\n{GOOD.replace('0.85', '')}\n", "line 2: measured: '' is no number"),
        (
            f"{','.join(verdict_file.COLUMNS)}\n{GOOD.replace('0.01', 'inf')}\n",
            "line 2: difference: 'inf' is no number",
        ),
        (f"{','.join(verdict_file.COLUMNS)}\n{GOOD},b\n", "line 2: 12 cells, 11 are expected"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, text, message):
    path = tmp_path / "verdicts.csv"
    path.write_text(text)
    with pytest.raises(FuseboardError, match=rf"verdicts\.csv, {message}"):
        verdict_file.read(path)


def test_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path):
    with pytest.raises(FuseboardError, match=r"gone\.csv: not a readable file of verdicts"):
        verdict_file.read(tmp_path / "gone.csv")


def off(difference):
    return replace(DEVIATES, difference=Decimal(difference))


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        (REPRODUCED, DEVIATES, "was reproduced (+1.00 pp), and deviating by -3.00 pp now"),
        (REPRODUCED, GONE, "was reproduced (+1.00 pp), and is not measured now: no such row"),
        (DEVIATES, GONE, "was deviating by -3.00 pp, and is not measured now: no such row"),
        (DEVIATES, off("-0.0311"), "was deviating by -3.00 pp, and deviating by -3.11 pp now"),
        (DEVIATES, off("0.0311"), "was deviating by -3.00 pp, and deviating by +3.11 pp now"),
        (DEVIATES, None, "was deviating by -3.00 pp, and is no published figure any more"),
        (DEVIATES, off("-0.031"), None),
        (DEVIATES, off("-0.02"), None),
        (DEVIATES, off("0.03"), None),
        (DEVIATES, REPRODUCED, None),
        (REPRODUCED, replace(REPRODUCED, difference=Decimal("-0.012")), None),
        (GONE, DEVIATES, None),
        (None, DEVIATES, None),
    ],
)
def test_what_is_worse(before, now, what):
    other = replace(REPRODUCED, dataset="bloodmnist")
    changes = verdict_regressions([v for v in (other, before) if v], [v for v in (now, other) if v])
    assert [change.what for change in changes] == ([what] if what else [])
    assert all((change.before, change.now) == (before, now) for change in changes)
