"""Tuned fusion beside tuned oracle-single: against plain XGBoost, done once, refused in one line."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from xgboost import XGBClassifier

from fuseboard import cli
from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.tuning import tuner
from fuseboard.harness.evaluations.tuning.comparison import Comparison
from fuseboard.harness.evaluations.tuning.evaluation import evaluate
from fuseboard.harness.evaluations.tuning.recipes import Final
from fuseboard.harness.protocols import protocol
from fuseboard.harness.protocols.protocol import CrossValidation, Protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.statistics import resampling
from fuseboard.store.store import Store

DATA = "digits-first120"
STARTER = protocol.get("starter")
assert STARTER.tuning is not None
SMALL = {
    **STARTER.tuning.space,
    "n_estimators": (3, 5),
    "max_depth": (2, 3),
    "subsample": (0.6, 0.8),
}
TUNING = STARTER.tuning.model_copy(update={"trials": 3, "space": SMALL})
RULES = STARTER.model_copy(update={"tuning": TUNING, "params": STARTER.params.model_copy(update={"n_estimators": 4})})


@pytest.fixture(scope="module")
def kept(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    """A store that was tuned as the protocol says, and what was found; nobody writes to it."""
    root = Path(shutil.copytree(small_store, tmp_path_factory.mktemp("tuned") / "store"))
    return root, tuned(root)


@pytest.fixture
def compared(kept: tuple[Path, Comparison]) -> Comparison:
    return kept[1]


@pytest.fixture
def tuned_store(kept: tuple[Path, Comparison], tmp_path: Path) -> Path:
    """A copy of the tuned store to write to."""
    return Path(shutil.copytree(kept[0], tmp_path / "tuned"))


def tuned(store: Path, rules: Protocol = RULES, trials: int | None = None) -> Comparison:
    return evaluate(Search(Store(store), DATA, rules), trials)


def no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuner, "fit", lambda *_: pytest.fail("a fit was run although everything is known"))


def test_every_seed_is_a_plain_xgbclassifier_with_the_tuned_parameters(store: Path, compared: Comparison) -> None:
    assert compared.rows.height == len(compared.found) * 3 * 2
    for subset, best in compared.found.items():
        train, test = (Store(store).blocks(DATA, split, list(subset)) for split in ("train", "test"))
        features, unseen = (np.hstack([b.features[name] for name in subset]) for b in (train, test))
        for seed in (42, 43, 44):
            plain = XGBClassifier(**best.params, random_state=seed, n_jobs=1).fit(features, train.labels)
            row = compared.rows.filter(
                pl.col("subset") == list(subset), pl.col("seed") == seed, pl.col("split") == "test"
            ).to_dicts()[0]
            np.testing.assert_array_equal(np.array(row["scores"], np.float32), plain.predict_proba(unseen))
            assert row["acc"] == (plain.predict(unseen) == test.labels).mean()


def test_what_is_tuned_is_what_validation_chose(store: Path) -> None:
    search = Search(Store(store), DATA, RULES)
    found = evaluations.get("tuned")(search)
    choice, rows = found.choice, found.rows
    accuracy = {row["subset"][0]: row["acc"] for row in search.rows(choice.singles).to_dicts() if row["split"] == "val"}
    single = max(accuracy, key=lambda name: accuracy[name])
    assert {tuple(subset) for subset in rows["subset"]} == {choice.chosen, (single,)}


@pytest.mark.parametrize("metric", ["acc", "auc", "log-loss"])
def test_the_parameters_are_the_best_on_validation(store: Path, metric: str) -> None:
    selection = RULES.selection.model_copy(update={"metric": metric})
    compared = tuned(store, RULES.model_copy(update={"selection": selection}), trials=5)
    trials = results.read(store, "tuning")
    assert set(trials["split"]) == {"val"}, "no trial sees a test image"
    for subset, best in compared.found.items():
        values = trials.filter(pl.col("subset") == list(subset))[metric.replace("-", "_")].to_list()
        assert len(values) == 5
        assert best.value == (-min(values) if metric == "log-loss" else max(values))
        assert min(values) < max(values)
        first = compared.rows.filter(pl.col("subset") == list(subset), pl.col("seed") == 42, pl.col("split") == "val")
        assert abs(best.value) == first[metric.replace("-", "_")][0], "seed 42 is the one that the trials had"


def test_cross_validation_tunes_over_its_folds(store: Path) -> None:
    selection = RULES.selection.model_copy(update={"cv": CrossValidation(folds=2, repeats=1)})
    compared = tuned(store, RULES.model_copy(update={"selection": selection}), trials=2)
    assert set(results.read(store, "tuning")["split"]) == {"cv"}
    assert set(compared.rows["split"]) == {"val", "test"}


def test_mean_deviation_and_difference(compared: Comparison) -> None:
    test = compared.rows.filter(pl.col("split") == "test")
    means = {}
    for role, subset in compared.roles.items():
        for metric in ("auc", "acc"):
            values = test.filter(pl.col("subset") == list(subset))[metric].to_numpy()
            assert len(values) == 3
            spread = compared.test(role, metric)
            assert spread.mean == pytest.approx(values.mean(), abs=1e-12)
            assert spread.sd == pytest.approx(values.std(ddof=1), abs=1e-12)
            means[role, metric] = values.mean()
    assert any(compared.test("chosen", metric).sd for metric in ("auc", "acc")), "rows are sampled, so seeds differ"
    for metric in ("auc", "acc"):
        expected = means["chosen", metric] - means["oracle-single", metric]
        assert compared.difference(metric).value == pytest.approx(expected, abs=1e-9)
    lines = {(line["role"], line["test"]): line["mean"] for line in compared.table}
    assert {key: lines[key] for key in means} == pytest.approx(means)
    assert len(lines) == 6
    assert compared.notes[0].startswith("3 of 3 subsets; ")
    assert "of 3 trials share the best validation acc" in compared.notes[1]


def test_intervals_are_those_of_resampled_images(compared: Comparison) -> None:
    """Against a plain loop over the same draws: the mean over seeds, and the paired difference of two such means."""
    drawn = resampling.draw(compared.task, compared.labels).counts[:, None, :]
    means = {}
    for role, subset in compared.roles.items():
        rows = compared.rows.filter(pl.col("split") == "test", pl.col("subset") == list(subset))
        right = np.array([np.argmax(row, axis=1) == compared.labels for row in rows["scores"].to_list()])
        means[role] = (right * drawn).sum(axis=2).mean(axis=1) / len(compared.labels)
        spread = compared.test(role, "acc")
        assert [spread.interval.low, spread.interval.high] == pytest.approx(np.quantile(means[role], [0.025, 0.975]))
        assert spread.interval.low < spread.mean < spread.interval.high
        assert spread.mean == pytest.approx(spread.interval.value)
    estimate = compared.difference("acc")
    gaps = means["chosen"] - means["oracle-single"]
    assert [estimate.low, estimate.high] == pytest.approx(np.quantile(gaps, [0.025, 0.975]))


def test_what_is_done_is_not_done_again(
    tuned_store: Path, compared: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_fit(monkeypatch)
    assert tuned(tuned_store).rows.equals(compared.rows)
    shutil.rmtree(tuned_store / tuner.FOLDER)
    again = tuned(tuned_store)
    assert again.found == compared.found, "the trials' rows are enough to make a lost study again"


def test_another_number_of_trials_is_another_protocol(tuned_store: Path, compared: Comparison) -> None:
    whole, fewer = compared.rows, tuned(tuned_store, trials=2).rows
    assert (set(whole["protocol"]), set(fewer["protocol"])) == ({"starter"}, {"starter-trials2"})
    assert set(whole["protocol_digest"]).isdisjoint(fewer["protocol_digest"])
    assert results.read(tuned_store, "tuned").height == whole.height + fewer.height
    assert results.read(tuned_store, "tuning").height == 3 * len(compared.found), "the first two trials are shared"


def test_search_rows_do_not_depend_on_the_tuning(store: Path) -> None:
    Search(Store(store), DATA, RULES).run(strategies.get("exhaustive"))
    search = Search(Store(store), DATA, RULES.model_copy(update={"tuning": None}))
    search.run(strategies.get("exhaustive"))
    assert search.fits == 0


def test_tuned_rows_depend_on_the_ranges() -> None:
    wider = TUNING.model_copy(update={"space": {**SMALL, "max_depth": (2, 3, 4)}})
    assert RULES.tuned_digest(3) != RULES.model_copy(update={"tuning": wider}).tuned_digest(3)


def test_a_single_that_is_chosen_is_tuned_once(store: Path) -> None:
    compared = evaluate(Search(Store(store), DATA, RULES, ["pixels"]))
    assert list(compared.found) == [("pixels",)]
    assert (compared.difference("auc").value, compared.difference("acc").value) == (0, 0)
    assert compared.difference("auc").low is None, "nothing that chance could do"


def test_the_command(store: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "tuned", DATA, "--protocol", "starter", "--trials", "2", "--json", "--store", str(store)]
    assert cli.run(command) == 0
    told = capfd.readouterr()
    means = {(line["role"], line["test"]): line["mean"] for line in json.loads(told.out)}
    for metric in ("auc", "acc"):
        estimate = means["chosen", metric] - means["oracle-single", metric]
        assert means["difference", metric] == pytest.approx(estimate, abs=1e-9)
    assert results.read(store, "tuned")["protocol"].unique().to_list() == ["starter-trials2"]
    assert "of 2 trials share the best validation acc" in told.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["soft-vote", DATA, "--trials", "2"], "trials are of the evaluation tuned; soft-vote has none, leave it out"),
        (["tuned", DATA, "--trials", "0"], "Invalid value for '--trials'"),
        (["tune", DATA], "did you mean tuned?"),
    ],
)
def test_wrong_usage(store: Path, arguments: list[str], line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["evaluate", *arguments, "--store", str(store)]) == 2
    assert line in capfd.readouterr().err


def test_a_protocol_without_tuning(store: Path) -> None:
    with pytest.raises(UsageError, match="protocol starter has no tuning; take one that has"):
        tuned(store, RULES.model_copy(update={"tuning": None}))


def test_one_class_in_validation(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "labels", lambda *_: np.full(120, 7))
    with pytest.raises(FuseboardError, match="all 120 validation images are of class 7, so parameters cannot be told"):
        tuned(store)
    assert not results.read(store).height, "nothing was fitted before"


def test_a_class_without_test_images_has_no_auc(compared: Comparison) -> None:
    test = pl.col("split") == "test"
    rows = compared.rows.with_columns(auc=pl.when(test).then(None).otherwise("auc"))
    lacking = replace(compared, rows=rows, labels=np.where(compared.labels == 7, 1, compared.labels))
    spread, estimate = lacking.test("chosen", "auc"), lacking.difference("auc")
    assert (spread.mean, spread.sd, spread.interval.low, estimate.value, estimate.low) == (None, None, None, None, None)
    assert lacking.test("chosen", "acc").mean is not None
    assert [line["mean"] for line in lacking.table if line["test"] == "auc"] == [None, None, None]


def test_a_trial_without_the_metric_says_why(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Search(Store(store), DATA, RULES).run(strategies.get("exhaustive"))
    real = tuner.fit

    def broken(*arguments: object) -> object:
        outcome = real(*arguments)
        outcome.scores["val"][0][5, 2] = np.nan
        return outcome

    monkeypatch.setattr(tuner, "fit", broken)
    with pytest.raises(FuseboardError, match=r"has no acc to tune by: 1 scores are NaN"):
        tuned(store)
    assert not list((store / "results" / "tuned").rglob("*.parquet"))


def test_a_final_row_is_of_its_seed(store: Path) -> None:
    pool = Search(Store(store), DATA, RULES).pool
    one, other = (
        Final(RULES.with_params({"max_depth": 3}, seed), rules=RULES, trials=3).inputs(pool, ("hog",), "test")
        for seed in (42, 43)
    )
    assert (one.seed, other.seed, one.evaluation) == (42, 43, "tuned")
    assert one.protocol_digest == other.protocol_digest == RULES.tuned_digest(3)
