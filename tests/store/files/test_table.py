import re

import pytest

from fuseboard.store.files.table import show, show_facts, unbroken

SENTENCE = "the images of this split were read anew and are not what the manifest says"


@pytest.fixture(params=["", "80", "100"])
def columns(request, monkeypatch):
    """Columns of a screen that is a pipe: of no wish, and of two."""
    monkeypatch.setenv("COLUMNS", request.param) if request.param else monkeypatch.delenv("COLUMNS", raising=False)
    return int(request.param or 80)


def lines_of(capsys):
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_sentences_are_broken_between_words_and_names_and_numbers_never(capsys, columns):
    name, number = "mobilenetv2-openimages.random", 0.85712345678
    show(["backbone", "auc", "rows", "why"], [[name, number, 56056, SENTENCE], ["hog", None, 80868, ""]])
    lines = lines_of(capsys)
    assert max(map(len, lines)) <= columns
    assert any(line.split()[:3] == [name, "0.8571", "56056"] for line in lines)
    assert {"hog", "80868"} <= {word for line in lines for word in line.split()}
    assert set(SENTENCE.split()) <= {word for line in lines for word in line.split()}


def test_what_does_not_fit_becomes_records_of_whole_names(capsys, columns):
    spec = f"mobilenetv2-openimages@{'0123456789abcdef' * 2}"
    path = "/somewhere/embeddings/mobilenetv2-openimages/breastmnist-64/train-00000-of-00004.parquet"
    show(["version", "file", "problem"], [[spec, path, SENTENCE], ["hog", "x", SENTENCE * 3]])
    lines = lines_of(capsys)
    assert {spec, path} <= {word for line in lines for word in line.split()}, "what is copied works"
    assert lines[0].split() == ["version", spec]
    assert all(len(line) <= columns for line in lines if path not in line)


def test_wide_is_a_line_per_row_and_every_column(capsys, columns):
    show(["name", "why", "source", "none"], [["a", SENTENCE * 3, "s", None]], wide_only=("source",), wide=True)
    head, _, row = lines_of(capsys)
    assert head.split() == ["name", "why", "source", "none"]
    assert SENTENCE * 3 in row
    show(["name", "source", "none"], [["a", "s", None]], wide_only=("source",))
    assert lines_of(capsys)[0].split() == ["name"], "what is empty everywhere says nothing"


def test_subsets_are_broken_between_backbones(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    subset = [f"efficientnet-lite{n}" for n in range(4)]
    show(["subset", "acc"], [["+".join(subset), 0.5]])
    words = [word for line in lines_of(capsys) for word in line.split()]
    assert [f"{name}+" for name in subset[:-1]] == [word for word in words if word.endswith("+")]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([0.5, 1.0], ["0.5000", "1.0000"]),
        ([1e-7, 0.25], ["1.00e-07", "2.50e-01"]),
        ([12345.678, 0.5], ["12,345.7", "0.5"]),
        ([float("nan"), 0.5], ["nan", "0.5000"]),
        ([True, False], ["yes", "no"]),
        ([(1, 2), None], ["1, 2", "–"]),
        (["[red]a[/red]", "b"], ["[red]a[/red]", "b"]),
    ],
)
def test_cells_are_written_for_people(capsys, cells, texts):
    show(["it"], [[cell] for cell in cells])
    assert [line.strip() for line in lines_of(capsys)[2:]] == texts


def test_facts_have_a_line_each_and_keep_what_is_not_known(capsys):
    show_facts({"a": None, "space": {"rate": [0.1, 0.05], "deep": {"n": 1}}, "long": SENTENCE * 4})
    out = capsys.readouterr().out
    assert re.match(r"a +–\nspace\.rate +0\.1, 0\.05\nspace\.deep\.n +1\nlong +the images", out)
    assert max(map(len, out.splitlines())) <= 80


def test_a_number_stays_beside_its_interval(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    interval = "0.857 [0.560, 0.968]"
    show(["name", "auc", "why"], [["hog", unbroken(interval), SENTENCE]])
    assert any(interval in line for line in lines_of(capsys))
