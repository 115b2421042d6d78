"""The board of groups: the worst group decides, alarms are said, and foreign names are text."""

import pytest

from fuseboard.leaderboard.boards.groups import group_tables
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.site.build import build
from tests.leaderboard.page import Page

EVIL = "<script>alert(1)</script>"


def measure(store, subset, aucs, column="site", digest="1", day=0, alone=(0.8, 0.6, 0.001), dataset="breastmnist"):
    """Rows of one column: `aucs` are those of each group."""

    def one(kind, auc, group=None, **more):
        facts = {"measure": kind, "column": column, "column_digest": digest, "rarest_class": 20, "train_images": 9}
        facts |= more | ({"group": group} if group else {})
        return {
            "subset": subset, "split": "test", "metrics": (auc, 0.5), "dataset": dataset, "evaluation": "groups",
            "protocol": "linear-2026", "protocol_digest": f"{kind} {column} {group} {digest}", "params": facts,
            "day": day, "classifier": f"ridge {kind} {group}",
        }  # fmt: skip

    label = dict(zip(("label_auc", "label_auc_by_chance", "label_p"), alone, strict=True))
    store.keep_together(
        one("known", 0.9, auc_low=0.85, auc_high=0.93),
        *(one("group", auc, group) for group, auc in aucs.items()),
        *(one("left out", auc and auc - 0.1, group) for group, auc in aucs.items()),
        one("column", 0.7, **label),
        one("neighbours", None, index=0.25, index_low=0.2, index_high=0.3, by_chance=0.5),
    )


def words(store, tmp_path):
    build(store.opened, tmp_path / "site")
    return Page(tmp_path / "site" / "boards/groups.html").words


def test_the_method_with_the_best_worst_group_stands_first(store, tmp_path):
    measure(store, ("alpha",), {"north": 0.95, "south": 0.6})
    measure(store, ("beta",), {"north": 0.8, "south": 0.75})
    measure(store, ("gamma",), {"north": None, "south": None})
    (table,) = group_tables(take(store.opened))
    assert [one.subset for one in table.scores] == [("beta",), ("alpha",), ("gamma",)]
    assert [one.worst and one.worst.group for one in table.scores] == ["south", "south", None]
    assert table.scores[0].known.left_out.value == pytest.approx(0.675)
    assert table.scores[2].known.left_out.value is None
    page = words(store, tmp_path)
    assert "site alone tells the label of training images" in page
    assert "left out .650" in page
    assert "0.500 by chance" in page
    assert (tmp_path / "site/data/groups.csv").read_text().count("\n") == 1 + 3 * 3


def test_a_column_that_tells_nothing_is_no_alarm(store, tmp_path):
    measure(store, ("alpha",), {"f": 0.9, "m": 0.8}, "sex", alone=(0.51, 0.6, 0.4))
    assert "sex alone does not tell the label" in words(store, tmp_path)


def test_of_two_states_of_a_column_the_newer_is_shown(store):
    measure(store, ("alpha",), {"nroth": 0.9, "south": 0.8})
    measure(store, ("alpha",), {"north": 0.7, "south": 0.6}, digest="2", day=1)
    (table,) = group_tables(take(store.opened))
    assert [one.group for one in table.groups] == ["north", "south"]
    assert table.scores[0].worst.auc.value == 0.6


def test_names_of_columns_and_groups_are_text(store, tmp_path):
    measure(store, ("alpha",), {EVIL: 0.9, "{{ 7*7 }}": 0.8}, EVIL)
    words(store, tmp_path)
    html = (tmp_path / "site" / "boards/groups.html").read_text()
    assert EVIL not in html
    assert "{{ 7*7 }}" in html


def test_nothing_measured_is_one_sentence_and_no_entry_of_the_menu(store, tmp_path):
    assert "Nothing has been measured by groups yet" in words(store, tmp_path)
    assert "boards/groups.html" not in (tmp_path / "site" / "index.html").read_text()


def test_every_row_has_the_command_that_measures_it_again(store):
    from fuseboard.leaderboard.rows.reproduce import command

    measure(store, ("alpha", "beta"), {"north": 0.9, "south": 0.8}, "a site")
    for row in take(store.opened).rows.iter_rows(named=True):
        said = command(row)
        assert said.startswith(
            "fuseboard evaluate groups breastmnist --backbones alpha,beta '--column=a site' --protocol"
        )
