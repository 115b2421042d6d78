"""Results for the Hub: they read back with the Hub's own library, hold every digit, and nothing of them breaks out."""

import re

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.feeds import hub_results
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.files.hashing import fingerprint
from tests.leaderboard.site.test_build import HOSTILE

PAGE = "https://example.org/board/backbones/alpha.html"


def found(store):
    site = SiteContext(take(store.opened), (), no_providers(), "https://example.org/board/")
    return {one.backbone: one for one in hub_results.measured(site)}


def from_the_hub(store, name, **source):
    """Makes a version of a backbone whose card said where on the Hub its weights lie, as `embed` does it otherwise."""
    identity = {"source": source}
    version = fingerprint(identity)
    old = versions.folder_of(store.root, name, store.embed(name))
    made = manifest.read(old).model_copy(update={"identity": identity, "fingerprint": version})
    folder = versions.folder_of(store.root, name, version)
    old.rename(folder)
    made.write(folder)
    return version


def entries(text):
    return parse_eval_result_entries(yaml.safe_load(text))


def test_every_digit_of_an_auc_reads_back(store):
    store.embed("alpha")
    store.measure(("alpha",), (0.5, 0.5), (1 / 3, 2 / 3), day=40)
    (one,) = found(store).values()
    (entry,) = entries(hub_results.eval_results(one, "org/benchmark", PAGE))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("org/benchmark", "tiny_starter", 1 / 3)
    assert (entry.date, entry.source_url, entry.source_name) == ("2026-02-10", PAGE, "fuseboard")
    assert "protocol starter" in entry.notes
    auc, acc = ModelCard(hub_results.model_card(one, PAGE)).data.eval_results
    assert (auc.metric_type, auc.metric_value, acc.metric_type, acc.metric_value) == (
        "roc_auc",
        1 / 3,
        "accuracy",
        2 / 3,
    )
    assert (auc.dataset_type, auc.dataset_split, auc.source_url) == ("tiny", "test", PAGE)


def test_intervals_come_along_where_there_are_any(predicted):
    named = found(predicted)["alpha"]
    (entry,) = entries(hub_results.eval_results(named, "org/benchmark", None))
    assert re.search(r"95 % interval \S+ to \S+$", entry.notes)
    auc, _ = ModelCard(hub_results.model_card(named, None)).data.eval_results
    low, high = auc.metric_args["interval_95"]
    assert low <= auc.metric_value <= high
    assert auc.source_url is None  # of a board that others cannot open


def test_a_metric_that_is_missing_is_no_result(store):
    for name in ("alpha", "beta"):
        store.embed(name)
    store.measure(("alpha",), (0.5, 0.5), (0.6, None))
    store.measure(("beta",), (0.5, 0.5), (None, 0.6))
    (one,) = found(store).values()
    (auc,) = ModelCard(hub_results.model_card(one, None)).data.eval_results
    assert (one.backbone, auc.metric_type) == ("alpha", "roc_auc")


def test_what_is_nobodys_model_has_no_results(searched):
    for name in ("alpha.random", "alpha-pca64", "alpha-int8"):
        searched.measure((name,), (0.5, 0.5), (0.6, 0.6))
    assert set(found(searched)) == {"alpha", "beta", "gamma"}


@pytest.mark.parametrize(
    ("source", "repository"),
    [
        ({"hub_id": "org/model"}, "org/model"),
        ({"hub_id": "org/model", "hub_type": "dataset"}, None),
        ({"hub_id": 'org/model", evil="'}, None),
        ({"hub_id": ["org/model"]}, None),
        ({"file": "org/model"}, None),
        ({}, None),
    ],
)
def test_results_are_offered_to_the_repository_of_the_weights(store, source, repository):
    version = from_the_hub(store, "alpha", **source)
    store.measure(("alpha",), (0.5, 0.5), (0.6, 0.6), fingerprints=(version,))
    one = found(store)["alpha"]
    assert one.repository == repository
    text = hub_results.model_card(one, None)
    assert f'metadata_update("{repository or "ORG/NAME"}"' in text


def test_a_benchmark_has_the_tasks_that_results_name(searched):
    searched.measure(("alpha",), (0.5, 0.5), (0.6, 0.6), protocol="other")
    own = list(found(searched).values())
    made = hub_results.files(own, "org/benchmark", lambda name: None, lambda name: name)
    tasks = {task["id"]: task for task in yaml.safe_load(made["benchmark/eval.yaml"])["tasks"]}
    assert tasks["tiny_other"] == {"id": "tiny_other", "config": "tiny", "split": "test"}
    named = [
        entry.task_id for one in own for entry in entries(made[f"models/{one.backbone}/.eval_results/fuseboard.yaml"])
    ]
    assert set(named) == set(tasks)
    assert not [path for path in hub_results.files(own, None, lambda _: None, str) if not path.endswith("README.md")]


def test_no_two_tasks_share_a_name():
    pairs = [("a_b", "c"), ("a", "b_c"), ("a", "b"), ("A", "b"), ("a\n", "b"), ("a", "b\n"), ("", "b")]
    assert len({hub_results.task_id(*pair) for pair in pairs}) == len(pairs)
    assert hub_results.task_id("breastmnist-64", "linear-2026") == "breastmnist-64_linear-2026"
    assert all(re.fullmatch(r"[a-z0-9._-]+", hub_results.task_id(*pair)) for pair in pairs)


@pytest.mark.parametrize("text", [HOSTILE, 'a "quoted"\n---\nname: x', "---", ": [", "`a` \u202e ${{ x }}", "'"])
def test_text_of_strangers_stays_text(store, text, monkeypatch):
    monkeypatch.setattr(Domains, "is_ranked", lambda domains, dataset: True)  # no manifest can declare such a name
    store.embed("alpha", title=text)
    store.measure(("alpha",), (0.5, 0.5), (0.6, 0.6), dataset=text.replace("/", ""), protocol=text)
    (one,) = found(store).values()
    assert len(entries(hub_results.eval_results(one, "org/benchmark", PAGE))) == 1
    card = ModelCard(hub_results.model_card(one, PAGE))
    assert len(card.data.eval_results) == 2
    assert set(card.data.to_dict()) == {"model-index"}
    assert card.text.strip().startswith("# Results of `alpha`")
    assert "<script>" not in card.text
