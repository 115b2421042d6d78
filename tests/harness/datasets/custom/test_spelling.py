"""Spellings: classes are numbered alike in every process, or both spellings of one are named."""

import itertools
import os
import subprocess
import sys
import unicodedata
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuseboard.harness.datasets.custom import classes
from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.store.errors import UsageError

ACCENTS = ("caf\u00e9", "cafe\u0301")


def spec(**keys: object) -> Spec:
    return Spec.model_validate({"name": "mine", "licence": "CC0", "table": "list.csv", **keys})


def found(labels: list[str], **keys: object) -> classes.Classes:
    return classes.of(pl.DataFrame({"label": labels}), spec(**keys), "list.csv")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["1", "01", "2", "001"], r"label '001' \(1 images\) and '01' \(1 images\) and '1' \(1 images\) are spellings"),
        (["0", "-0", "1"], r"label '-0' \(1 images\) and '0' \(1 images\) are spellings of one; write it in one way"),
        (["+1", "1", "1", "0"], r"label '\+1' \(1 images\) and '1' \(2 images\)"),
        (["1", "1.0", "0"], r"label '1' .* and '1\.0'"),
        ([*ACCENTS, "tea"], r"label 'cafe\\u0301' .* and 'caf\\xe9'"),
        (["1", "01", "2", "02"], r"\(2 are written so\)"),
        (["1" * 5000, "0" + "1" * 5000, "2"], "are spellings of one"),
    ],
)
def test_two_spellings_of_a_label_are_named(labels: list[str], message: str) -> None:
    for order in itertools.islice(itertools.permutations(labels), 24):
        with pytest.raises(UsageError, match=message):
            found(list(order))


def test_a_label_that_looks_like_a_listed_class_is_named() -> None:
    with pytest.raises(UsageError, match=r"'cafe\\u0301' .* and 'caf\\xe9'"):
        found([ACCENTS[1], "tea"], classes=(ACCENTS[0], "tea"))
    with pytest.raises(ValueError, match="`classes` names one twice"):
        spec(classes=ACCENTS)
    assert found(["1", "01", "1"], classes=("01", "1")).labels.tolist() == [1, 0, 1], "listed, so meant as two"


def test_two_spellings_of_a_group_are_named() -> None:
    from fuseboard.harness.datasets.custom import splits

    rows = pl.DataFrame(
        {"path": [f"{n}.png" for n in range(20)], "label": list("ab") * 10, "group": ["7", "07", *map(str, range(18))]}
    )
    shown = classes.of(rows, spec(group="patient"), "list.csv")
    with pytest.raises(UsageError, match=r"patient '07' \(1 images\) and '7' \(2 images\) are spellings of one"):
        splits.divide(rows, shown, spec(group="patient"), "list.csv")


NUMBERS = st.builds(
    lambda sign, zeros, number: f"{sign}{'0' * zeros}{number}",
    st.sampled_from(["", "", "-", "+"]),
    st.integers(0, 2),
    st.integers(0, 12),
)
WORDS = st.text(st.sampled_from("abé\u0301e1 0-"), min_size=1, max_size=4).map(str.strip).filter(bool)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.lists(NUMBERS, min_size=2), st.lists(WORDS, min_size=2)), st.randoms(use_true_random=False))
@example(["1", "01"], None)
def test_any_order_of_rows_numbers_the_classes_alike_or_names_both_spellings(labels: list[str], rng: object) -> None:
    shuffled = list(labels)
    if rng is not None:
        rng.shuffle(shuffled)  # type: ignore[attr-defined]

    def outcome(of: list[str]) -> object:
        try:
            shown = found(of)
        except UsageError as error:
            return str(error)
        return shown.names, {label: int(number) for label, number in zip(of, shown.labels, strict=True)}

    one, other = outcome(labels), outcome(shuffled)
    assert one == other
    if isinstance(one, tuple):
        names = one[0]
        assert set(names) == set(labels)
        assert len({unicodedata.normalize("NFC", name) for name in names}) == len(names)
        if all(name.removeprefix("-").removeprefix("+").isdigit() for name in names):
            values = [Decimal(name) for name in names]
            assert values == sorted(set(values))
        else:
            assert list(names) == sorted(names)


def test_every_process_has_the_same_order_and_source(tmp_path: Path) -> None:
    from PIL import Image

    labels = ["10", "9", "-3", "007", "+5", "b", "ä", "Z"]
    for number in range(8 * 3):
        Image.fromarray(np.full((2, 2), number, np.uint8)).save(tmp_path / f"{number}.png")
    rows = "".join(f"{number}.png,{labels[number % 8]}\n" for number in range(8 * 3))
    (tmp_path / "list.csv").write_text(f"path,label\n{rows}")
    (tmp_path / "my.toml").write_text('name = "mine"\nlicence = "CC0"\ntable = "list.csv"\n')
    code = (
        "import sys; from fuseboard.harness.datasets import registry; d = registry.get(sys.argv[1]); "
        "print(d.label_names, d.source_md5)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "my.toml")],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(3)
    }
    assert len(said) == 1
    assert "('+5', '-3', '007', '10', '9', 'Z', 'b', 'ä')" in said.pop()
