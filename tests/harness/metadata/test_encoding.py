"""The encoding, held against scikit-learn's imputer, scaler and one-hot encoder."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fuseboard.harness.metadata import encoding, leaks
from fuseboard.store.errors import FuseboardError, UsageError

RNG = np.random.default_rng(0)


def column(numbers, lacking):
    return [None if number in lacking else f"{value}" for number, value in enumerate(numbers)]


@pytest.fixture
def train():
    return {
        "age": column(RNG.normal(60, 12, 90).round(1), {3, 50}),
        "height": column(RNG.normal(170, 9, 90).round(), set()),
        "sex": column(RNG.choice(["f", "m"], 90), {7}),
        "site": column(RNG.choice(["a", "b", "c"], 90), set()),
    }


def as_float(cells):
    return np.array([[np.nan if cell is None else float(cell)] for cell in cells])


def test_it_is_what_scikit_learn_makes(train):
    test = {"age": ["50", None], "height": [None, "180.5"], "sex": ["m", None], "site": ["zzz", "c"]}
    made, remarks = encoding.learn(train)
    assert remarks == []
    assert made.features == (
        *("age", "age is missing", "height"),
        *("sex=f", "sex=m", "sex is missing", "site=a", "site=b", "site=c"),
    )
    for cells in (train, test):
        numbers = []
        for name in ("age", "height"):
            scaler = StandardScaler().fit(as_float(train[name]))
            imputer = SimpleImputer(add_indicator=True).fit(scaler.transform(as_float(train[name])))
            numbers.append(imputer.transform(scaler.transform(as_float(cells[name]))))
        for name, categories in (("sex", ["f", "m", "?"]), ("site", ["a", "b", "c"])):
            encoder = OneHotEncoder(categories=[categories], handle_unknown="ignore", sparse_output=False)
            given = np.array([["?" if cell is None else cell] for cell in cells[name]])
            numbers.append(encoder.fit(given[:0] if False else np.array([[c] for c in categories])).transform(given))
        np.testing.assert_allclose(made.encode(cells, "here"), np.hstack(numbers), atol=1e-6)
    assert made.encode(test, "here")[0, -3:].tolist() == [0, 0, 0], "a category that training lacks"
    assert encoding.parse(made.text().encode(), "here") == made


def test_what_says_nothing_is_left_out(train):
    made, remarks = encoding.learn({**train, "one": ["x"] * 90, "none": [None] * 90, "same": ["3", "3.0"] * 45})
    assert made.names == tuple(train)
    assert [remark.partition(" ")[0] for remark in remarks] == ["one", "none", "same"]
    with pytest.raises(UsageError, match="no column says anything of the training images"):
        encoding.learn({"one": ["x"] * 90})


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": [f"patient {n}" for n in range(90)]}, "name has 90 values in training that are not all numbers"),
        ({"age": [*(str(n) for n in range(89)), "unknown"]}, "age has 90 values .*such as 'unknown'"),
    ],
)
def test_names_of_patients_are_no_categories(cells, said):
    with pytest.raises(UsageError, match=said):
        encoding.learn(cells)


def test_a_text_among_numbers_is_named(train):
    made, _ = encoding.learn(train)
    with pytest.raises(UsageError, match=r"^lesions\.csv: age is 'sixty', and it holds numbers in training"):
        made.encode({name: ["sixty"] for name in train}, "lesions.csv")
    with pytest.raises(FuseboardError, match="here: no encoding"):
        encoding.parse(b'{"columns": []}', "here")


def test_a_column_that_says_the_label_is_told():
    labels = RNG.permutation(np.arange(90) % 3).astype(np.uint16)
    cells = {
        "grade": [["low", "mid", "high"][label] for label in labels],
        "score": [f"{label * 10 + RNG.normal():.2f}" for label in labels],
        "age": [f"{value:.0f}" for value in RNG.normal(60, 9, 90)],
        "site": RNG.choice(["a", "b"], 90).tolist(),
    }
    made, _ = encoding.learn(cells)
    vectors = made.encode(cells, "here")
    assert [name for name, _ in leaks.leaks(made, vectors, labels)] == ["grade", "score"]
    several = np.stack([labels == 1, RNG.integers(0, 2, 90)], axis=1).astype(np.uint8)
    assert [name for name, _ in leaks.leaks(made, vectors, several)] == ["grade", "score"]
    assert list(leaks.leaks(made, vectors, np.zeros(90, np.uint16))) == []
