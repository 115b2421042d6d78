"""The search: what it keeps, what it knows, and what it does when it is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score
from xgboost import XGBClassifier

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.runtime import cluster
from fuseboard.harness.search import search as engine
from fuseboard.harness.search import strategies
from fuseboard.harness.search.fit import Order, Outcome, fit
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategies.strategy import Ask, Plan, SearchView
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.dask_cluster import dask_cluster
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK
REPOSITORY = Path(__file__).parents[3]


def no_fit(*_: object, **__: object) -> None:
    raise AssertionError("a fit was run although everything is known")


def measured(root: Path) -> pl.DataFrame:
    """Everything that does not depend on the clock, the machine's load or the number of jobs."""
    noisy = ("fit_s", "predict_s", "peak_rss_mb", "created", "jobs")
    return results.read(root, scores=True).drop(noisy).sort("key")


def test_rows_equal_a_plain_fit_on_the_joined_matrix(store: Path) -> None:
    search = Search(Store(store), DATA, STARTER)
    search.run(strategies.get("exhaustive"))
    catalog = Store(store)
    train, test = (catalog.blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "test"))
    features, unseen = (np.hstack([blocks.features["hog"], blocks.features["pixels"]]) for blocks in (train, test))
    plain = XGBClassifier(**STARTER.params.model_dump(exclude_none=True), random_state=42, n_jobs=2)
    scores = plain.fit(features, train.labels).predict_proba(unseen)
    rows = results.read(store, scores=True).filter(pl.col("subset") == ["hog", "pixels"], pl.col("split") == "test")
    row = rows.to_dicts()[0]
    np.testing.assert_array_equal(np.array(row["scores"], np.float32), scores)
    assert row["acc"] == accuracy_score(test.labels, scores.argmax(axis=1))
    one_vs_rest = [roc_auc_score(test.labels == c, scores[:, c]) for c in range(10)]
    assert row["auc"] == pytest.approx(np.mean(one_vs_rest), abs=1e-12)
    assert row["features"] == features.shape[1]
    assert row["rows"] == 120


def test_a_second_run_fits_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Search(Store(store), DATA, STARTER)
    choice = first.run(strategies.get("exhaustive"))
    assert first.fits == 3
    monkeypatch.setattr(engine, "fit", no_fit)
    second = Search(Store(store), DATA, STARTER)
    assert second.run(strategies.get("exhaustive")) == choice
    assert second.fits == 0


def test_a_new_backbone_fits_only_the_new_subsets(store: Path) -> None:
    alone = Search(Store(store), DATA, STARTER, ["hog"])
    alone.run(strategies.get("exhaustive"))
    both = Search(Store(store), DATA, STARTER)
    both.run(strategies.get("exhaustive"))
    assert (alone.fits, both.fits) == (1, 2)


def test_a_changed_version_makes_exactly_its_rows_stale(store: Path) -> None:
    Search(Store(store), DATA, STARTER).run(strategies.get("exhaustive"))
    half = extract(registry.get("pixels").at_precision("fp16"), datasets.get(DATA), Store(store))
    again = Search(Store(store), DATA, STARTER, ["hog", half.spec])
    again.run(strategies.get("exhaustive"))
    assert again.fits == 2, "hog alone is still known"


def test_another_protocol_is_measured_anew(store: Path) -> None:
    Search(Store(store), DATA, STARTER).run(strategies.get("singles"))
    changed = STARTER.model_copy(update={"params": STARTER.params.model_copy(update={"max_depth": 2})})
    other = Search(Store(store), DATA, changed)
    other.run(strategies.get("singles"))
    assert other.fits == 2


@pytest.mark.parametrize(("name", "subsets"), [("singles", 2), ("all", 1), ("exhaustive", 3)])
def test_strategies_fit_what_they_say(store: Path, name: str, subsets: int) -> None:
    search = Search(Store(store), DATA, STARTER)
    search.run(strategies.get(name))
    assert search.fits == subsets


def test_a_strategy_is_sent_the_validation_scores(store: Path) -> None:
    seen = {}

    def two_rounds(view: SearchView) -> Plan:
        assert view.backbones == ["hog", "pixels"]
        seen["first"] = yield Ask([("hog",), ("pixels",)])
        seen["second"] = yield Ask([("hog", "pixels")])

    search = Search(Store(store), DATA, STARTER)
    search.run(two_rounds)
    rows = {tuple(r["subset"]): r["acc"] for r in results.read(store).to_dicts() if r["split"] == "val"}
    assert {**seen["first"], **seen["second"]} == rows
    assert search.fits == 3


def test_only_finalists_keep_their_predictions(store: Path) -> None:
    extract(registry.get("pixels").model_copy(update={"id": "pixels-b"}), datasets.get(DATA), Store(store))
    search = Search(Store(store), DATA, STARTER)
    choice = search.run(strategies.get("exhaustive"))
    rows = results.read(store, scores=True)
    kept = {tuple(row["subset"]) for row in rows.iter_rows(named=True) if row["scores"] is not None}
    assert kept == choice.finalists
    assert len(list(store.glob("results/fusion/*/*.parquet"))) == 1, "the files of single fits are joined"


def predicted(root: Path) -> set[tuple[str, ...]]:
    rows = results.read(root, scores=True).filter(pl.col("scores").is_not_null())
    return {tuple(subset) for subset in rows["subset"].to_list()}


def test_a_search_of_more_backbones_keeps_what_a_smaller_pool_rests_on(store: Path) -> None:
    extract(registry.get("pixels").model_copy(update={"id": "pixels-b"}), datasets.get(DATA), Store(store))
    pair = ["hog", "pixels"]
    for small_first in ("all", "exhaustive"):
        Search(Store(store), DATA, STARTER, pair).run(strategies.get(small_first))
        assert tuple(pair) in predicted(store)
        Search(Store(store), DATA, STARTER).run(strategies.get("backward"))
        assert tuple(pair) in predicted(store)


def test_predictions_that_were_dropped_come_back(store: Path) -> None:
    search = Search(Store(store), DATA, STARTER)
    search.run(strategies.get("exhaustive"))
    before = measured(store)
    (file,) = store.glob("results/fusion/*/*.parquet")
    rows = results.read(store, scores=True).with_columns(scores=pl.lit(None, results.SCHEMA["scores"]))
    results.write_file(rows, file)  # as a store of an earlier version may be
    again = Search(Store(store), DATA, STARTER)
    again.run(strategies.get("exhaustive"))
    assert again.fits == 3
    assert measured(store).equals(before)


@pytest.mark.parametrize(
    ("backbones", "message"),
    [
        (["hog", "pixls"], "did you mean pixels"),
        (["hog", "hog"], "named twice"),
        (["hog@ffff"], "unknown version 'hog@ffff'"),
    ],
)
def test_unknown_backbones(store: Path, backbones: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Search(Store(store), DATA, STARTER, backbones).run(strategies.get("exhaustive"))


def test_a_dataset_nobody_embedded(store: Path) -> None:
    with pytest.raises(FuseboardError, match="holds no embeddings of bloodmnist; run `fuseboard extract"):
        Search(Store(store), "bloodmnist", STARTER).run(strategies.get("exhaustive"))
    with pytest.raises(FuseboardError, match="hog has no embeddings of bloodmnist; it has digits-first120"):
        Search(Store(store), "bloodmnist", STARTER, ["hog"]).run(strategies.get("exhaustive"))


def test_a_missing_split_is_named(store: Path) -> None:
    (path,) = store.glob("embeddings/hog/*/manifest.json")

    said = json.loads(path.read_text())
    del said["datasets"][DATA]["splits"]["val"]
    path.write_text(json.dumps(said))
    with pytest.raises(FuseboardError, match="hog has no val split of digits-first120, only train, test"):
        Search(Store(store), DATA, STARTER).run(strategies.get("exhaustive"))


SLOW = textwrap.dedent(
    """
    import sys, time
    from fuseboard.store.store import Store
    from fuseboard.harness.search import search as engine; from fuseboard.harness.search import strategies
    from tests.harness.quick import QUICK
    plain = engine.fit
    def slow(*arguments):
        time.sleep(0.5)
        return plain(*arguments)
    engine.fit = slow
    engine.Search(Store(sys.argv[1]), sys.argv[2], QUICK, jobs=1).run(strategies.get("exhaustive"))
    """
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_search_loses_only_the_fits_in_flight(store: Path, tmp_path: Path, how: signal.Signals) -> None:
    undisturbed = Path(shutil.copytree(store, tmp_path / "undisturbed"))
    Search(Store(undisturbed), DATA, STARTER).run(strategies.get("exhaustive"))
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(store), DATA],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 120
    while not list(store.glob(f"results/fusion/{DATA}/[!.]*.parquet")):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "no row appeared"
        time.sleep(0.01)
    process.send_signal(how)
    process.wait(60)
    assert process.returncode != 0
    done = results.read(store).height // 2
    assert 1 <= done < 3
    resumed = Search(Store(store), DATA, STARTER)
    resumed.run(strategies.get("exhaustive"))
    assert resumed.fits == 3 - done
    assert measured(store).equals(measured(undisturbed))


def test_jobs_do_not_change_the_rows(store: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(store, tmp_path / "other"))
    Search(Store(store), DATA, STARTER, jobs=1).run(strategies.get("exhaustive"))
    Search(Store(other), DATA, STARTER, jobs=3).run(strategies.get("exhaustive"))
    assert measured(store).equals(measured(other))


def test_a_dask_cluster_gives_the_same_rows(store: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    other = Path(shutil.copytree(store, tmp_path / "other"))
    Search(Store(store), DATA, STARTER).run(strategies.get("exhaustive"))
    with dask_cluster(tmp_path) as (address, _):
        remote = Search(Store(other), DATA, STARTER, address=address)
        remote.run(strategies.get("exhaustive"))
    assert remote.fits == 3
    assert measured(store).equals(measured(other))


def test_a_cluster_that_does_not_answer_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr(cluster, "ANSWER_S", 1)
    with pytest.raises(FuseboardError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        Search(Store(store), DATA, STARTER, address="tcp://127.0.0.1:9").run(strategies.get("exhaustive"))


def deadly(order: Order, labels: np.ndarray, *blocks: np.ndarray) -> Outcome:
    """Kills its process on the widest subset, as the system does when memory runs out."""
    if len(blocks) > 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return fit(order, labels, *blocks)


def test_workers_that_the_system_kills_end_in_one_line_and_what_is_done_is_kept(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr(engine, "fit", deadly)
    with dask_cluster(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as (address, _):
        Search(Store(store), DATA, STARTER, address=address).run(strategies.get("singles"))
        with pytest.raises(FuseboardError, match="died again and again"):
            Search(Store(store), DATA, STARTER, address=address).run(strategies.get("exhaustive"))
    monkeypatch.undo()
    kept = len(results.read(store, "fusion", DATA)) // 2
    assert kept >= 2, "the singles at least"
    resumed = Search(Store(store), DATA, STARTER)
    choice = resumed.run(strategies.get("exhaustive"))
    assert resumed.fits == choice.possible - kept


def test_two_searches_at_once_give_the_same_rows_once(store: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(store, tmp_path / "alone"))
    Search(Store(alone), DATA, STARTER).run(strategies.get("exhaustive"))
    command = [sys.executable, "-c", SLOW, str(store), DATA]
    both = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors.decode()
    assert measured(store).equals(measured(alone))


def test_a_search_in_closed_form_loads_no_library_that_it_does_not_need(store: Path) -> None:
    """To load scikit-learn and pandas takes as long as a hundred of its fits."""
    code = f"""
        import sys
        from fuseboard.harness.search.opening import search

        search({DATA!r}, protocol="linear-2026", store={str(store)!r})
        print(sorted({{"torch", "xgboost", "sklearn", "pandas"}} & {{*sys.modules}}))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
