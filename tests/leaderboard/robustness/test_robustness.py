import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.robustness.published_comparison import published_comparisons
from fuseboard.leaderboard.robustness.robustness import corruption_boards
from fuseboard.leaderboard.site import build
from fuseboard.store.results.corruption_errors import CLEAN, learned_from
from fuseboard.store.statistics import alexnet_reference
from fuseboard.store.statistics.corruption_error import Errors, Robustness
from tests.leaderboard.corrupted import CORRUPTIONS, DATA, LABELS, TWIN, embed, expose, fingerprints
from tests.leaderboard.page import Page

HOSTILE = "<script>alert(1)</script>"


def boards(store):
    snapshot = take(store.opened)
    return corruption_boards(snapshot.rows, snapshot.balanced_errors, snapshot.boards, {})


def by_hand(said):
    return {
        split: 1 - balanced_accuracy_score(LABELS, (scores[:, 0] > 0.5).astype(int)) for split, scores in said.items()
    }


@pytest.mark.parametrize("keep", [("right",), ("scores",), ("right", "scores")])
def test_errors_are_scikit_learns_whatever_a_row_kept(store, keep):
    embed(store, "alpha")
    expected = by_hand(expose(store, ("alpha",), keep=keep))
    (board,) = boards(store)
    (row,) = board.rows
    assert row.measured == pytest.approx(expected, abs=1e-12)
    assert row.errors.clean == pytest.approx(expected[CLEAN])
    assert row.mean == pytest.approx(np.mean([error for split, error in expected.items() if split != CLEAN]))


def test_be_and_rbe_by_hand(store):
    embed(store, "alpha")
    expected = by_hand(expose(store, ("alpha",)))
    reference = alexnet_reference.errors()["breastmnist"]
    means = {c: np.mean([expected[f"{c}-{s}"] for s in range(1, 6)]) for c in CORRUPTIONS}
    be = np.mean([means[c] / reference.corrupted[c] for c in CORRUPTIONS])
    added = {c: means[c] - expected[CLEAN] for c in CORRUPTIONS}
    theirs = {c: reference.corrupted[c] - reference.clean for c in CORRUPTIONS}
    (row,) = boards(store)[0].rows
    assert row.robustness.mean_be == pytest.approx(be)
    assert row.robustness.mean_rbe == pytest.approx(np.mean([added[c] / theirs[c] for c in CORRUPTIONS]))
    assert row.robustness.rbe_of_sums == pytest.approx(sum(added.values()) / sum(theirs.values()))


def test_without_labels_every_number_is_missing_with_the_reason(store):
    expose(store, ("alpha",))
    (row,) = boards(store)[0].rows
    assert row.errors is None
    assert row.measured == {}
    assert "no version in the store holds breastmnist-28" in row.reason


def test_without_answers_every_number_is_missing_with_the_reason(store):
    embed(store, "alpha")
    expose(store, ("alpha",), keep=())
    (row,) = boards(store)[0].rows
    assert row.errors is None
    assert row.reason == "neither predictions nor right answers were kept"


def test_a_missing_corruption_leaves_the_others_and_says_so(store):
    embed(store, "alpha")
    expose(store, ("alpha",), corruptions=CORRUPTIONS[1:])
    (row,) = boards(store)[0].rows
    assert row.errors is not None
    assert row.robustness is None
    assert f"{CORRUPTIONS[0]} is not measured" in row.reason


def test_rows_of_an_older_version_are_counted_and_not_shown(store):
    embed(store, "alpha")
    expose(store, ("alpha",), revisions={"alpha": 2})
    said = expose(store, ("alpha",), seed=1, day=1)
    (board,) = boards(store)
    assert len(board.rows) == 1
    assert board.left_out == 1 + 5 * len(CORRUPTIONS)
    assert board.rows[0].measured == pytest.approx(by_hand(said))


def test_one_loader_belongs_to_the_clean_row_that_it_learned_from(store):
    embed(store, "alpha", "beta")
    said = {}
    for seed, name in enumerate(("alpha", "beta")):
        expose(store, (name,), seed=seed)
        digest = learned_from("d1", fingerprints(name))
        other = {"fingerprints": (f"{seed}" * 32,), "protocol_digest": digest}
        said[name] = expose(store, (name,), seed=seed + 5, evaluation="corruption-one-loader", corrupted=other)
    right, wrong = boards(store)
    assert [right.evaluation, wrong.evaluation] == ["corruption", "corruption-one-loader"]
    assert {row.subset[0]: row.measured for row in wrong.rows} == {
        name: pytest.approx(by_hand(own)) for name, own in said.items()
    }
    assert wrong.left_out == 0


def test_corrupted_rows_of_another_definition_do_not_belong_to_a_clean_row(store):
    embed(store, "alpha")
    expose(store, ("alpha",), corrupted={"protocol_digest": "another"})
    (board,) = boards(store)
    assert board.rows[0].keys.keys() == {CLEAN}
    assert board.left_out == 5 * len(CORRUPTIONS)
    assert "only the clean images were measured" in board.rows[0].reason


def test_the_least_mean_error_comes_first(store):
    embed(store, "alpha", "beta", "gamma")
    for seed, name in enumerate(("alpha", "beta", "gamma")):
        expose(store, (name,), seed=seed)
    means = [row.mean for row in boards(store)[0].rows]
    assert means == sorted(means)
    assert len(set(means)) > 1


def test_shades_go_from_no_error_to_guessing(store):
    embed(store, "alpha")
    expose(store, ("alpha",))
    (board,) = boards(store)
    assert [board.shade(error) for error in (0, 0.25, 0.5, 0.9)] == [0, 5, 10, 10]


def test_reported_figures_stand_beside_the_same_images_only(store):
    embed(store, "alpha")
    expose(store, ("alpha",))
    found = {(one.model, one.dataset): one for one in published_comparisons(boards(store))}
    assert found["MedViTV2", "breastmnist"].measured is None
    assert "breastmnist-28-c: smaller images" in found["MedViTV2", "breastmnist"].reason
    assert found["MedViTV2", "octmnist"].reason == "not measured"
    assert found["AlexNet", "breastmnist"].be == 1


def test_the_page_shows_every_condition_and_leads_to_its_row(store, tmp_path):
    embed(store, "alpha")
    expected = by_hand(expose(store, ("alpha",)))
    build.build(store.opened, tmp_path / "site")
    page = Page(tmp_path / f"site/robustness/{TWIN}.html")
    shown = {float(attrs["value"]) for attrs in page.all("data")}
    assert set(map(float, expected.values())) <= shown
    assert all(any(c.startswith("heat-") for c in attrs.get("class", "").split()) for attrs in page.all("td")[2:])
    targets = [attrs["href"] for attrs in page.all("a") if attrs.get("class") == "from"]
    assert len(targets) == 1 + 5 * len(CORRUPTIONS)
    board = Page(tmp_path / "site/boards/robustness.html")
    assert "multiples of AlexNet's errors" not in board.words, "its images are smaller"
    assert "BE of 1.64" in board.words


def test_several_labels_are_read_from_the_predictions(store):
    labels = np.stack([LABELS, 1 - LABELS[::-1]], axis=1).astype(np.uint8)
    embed(store, "alpha", labels=labels, task="multi-label, binary-class")
    scores = np.random.default_rng(0).random((len(labels), 2)).astype(np.float32)
    right = ((scores > 0.5) == labels).sum(axis=1).tolist()
    kept = {"evaluation": "corruption", "scores": scores.tolist(), "right": right, "rows": len(labels)}
    acc = float(((scores > 0.5) == labels).mean())
    store.keep(("alpha",), CLEAN, 0.5, acc, dataset=TWIN, **kept)
    recalls = [balanced_accuracy_score(labels[:, i], scores[:, i] > 0.5) for i in range(2)]
    assert boards(store)[0].rows[0].measured == {CLEAN: pytest.approx(1 - np.mean(recalls))}


def test_an_empty_store_says_which_command_fills_the_board(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    links = [link.get("href") for link in Page(tmp_path / "site/boards/robustness.html").all("a")]
    assert "../method.html#measuring-corrupted" in links
    assert "fuseboard evaluate corruption" in Page(tmp_path / "site/method.html").words


def test_names_and_splits_of_strangers_are_text(store, tmp_path):
    embed(store, "alpha")
    expose(store, ("alpha",), corruptions=(HOSTILE, "x" * 200))
    expose(store, (HOSTILE, "y" * 200), corruptions=(HOSTILE,), protocol=HOSTILE)
    build.build(store.opened, tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.html"):
        assert HOSTILE not in path.read_text(encoding="utf-8"), path


def test_errors_of_splits_are_those_of_the_harness():
    by_split = {f"{c}-{s}": 0.1 * s for c in CORRUPTIONS for s in range(1, 6)}
    errors = Errors.of(0.05, by_split)
    assert errors.corrupted["pixelate"] == pytest.approx((0.1, 0.2, 0.3, 0.4, 0.5))
    assert Robustness(errors, alexnet_reference.reference(DATA)).mean_be > 0
    assert alexnet_reference.reference("breastmnist-99") is None
