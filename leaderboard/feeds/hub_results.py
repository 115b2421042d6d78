"""Results for the Hugging Face Hub: what each backbone scored, in the two forms that a model repository may hold.

`.eval_results/*.yaml` is what the Hub shows and ranks (https://huggingface.co/docs/hub/eval-results): an entry names a
task of a dataset repository that is registered as a benchmark by its `eval.yaml`. `model-index` in the front matter of
a README is the older form (`modelcard.md` of huggingface/hub-docs), which names any dataset.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from huggingface_hub import (
    EvalResult,
    EvalResultEntry,
    ModelCardData,
    eval_result_entries_to_yaml,
    parse_eval_result_entries,
)
from huggingface_hub.repocard_data import model_index_to_eval_results

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.table import Score
from fuseboard.store.embeddings import derived, random_weights
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.files.foreign_text import foreign
from fuseboard.store.files.hashing import fingerprint

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
FILE = ".eval_results/fuseboard.yaml"
BENCHMARK = "eval.yaml"
TASK = "image-classification"
SPLIT = "test"
METRICS = {"auc": ("roc_auc", "test AUC"), "acc": ("accuracy", "test ACC")}
"""Metric -> its name among those of the Hub, and in words."""


@dataclass(frozen=True)
class Result:
    """It is one score of a backbone alone."""

    protocol: str
    score: Score
    date: str | None
    """When it was measured, as ISO 8601 writes a day."""


@dataclass(frozen=True)
class Measured:
    """It is what one backbone scored alone."""

    backbone: str
    title: str
    repository: str | None
    """Of its weights on the Hub; None where they lie in no model repository there."""
    results: tuple[Result, ...]
    """Of every dataset and protocol with an AUC."""


def measured(site: SiteContext) -> Iterator[Measured]:
    """Yield every backbone with a score, by name, but networks with random weights and smaller versions of others: both
    are no model of anybody's."""
    shown = {(one.backbone, one.fingerprint) for board in site.snapshot.boards for one in board.versions}
    manifests = {m.backbone: m for m in site.snapshot.manifests if (m.backbone, m.fingerprint) in shown}
    created = {key: f"{moment:%Y-%m-%d}" for key, moment in site.snapshot.rows.select("key", "created").iter_rows()}
    found: dict[str, list[Result]] = {}
    for table in site.singles:
        for row in table.rows:
            scores = [score for score in row.scores.values() if score.auc is not None]
            own = [Result(table.protocol, score, created.get(score.key or "")) for score in scores]
            found.setdefault(row.name, []).extend(own)
    for name in sorted(found):
        if found[name] and random_weights.trained(name) is None and derived.named(name)[1] is None:
            manifest = manifests.get(name)
            title = foreign(manifest.about.title) if manifest else name
            yield Measured(name, title, _repository(manifest), tuple(found[name]))


def eval_results(one: Measured, benchmark: str, page: str | None) -> str:
    """Return the file of `.eval_results/` of a backbone.

    Args:
        one: the backbone.
        benchmark: the dataset repository that is registered as the benchmark.
        page: the address of the backbone on the board; None where others cannot open that.
    """
    entries = [
        EvalResultEntry(
            dataset_id=benchmark,
            task_id=task_id(result.score.dataset, result.protocol),
            value=result.score.auc,
            date=result.date,
            notes=_notes(result),
            source_url=page,
            source_name="fuseboard" if page else None,
        )
        for result in one.results
    ]
    text = _yaml(eval_result_entries_to_yaml(entries))
    if parse_eval_result_entries(yaml.safe_load(text)) != entries:
        raise ValueError(f"{one.backbone}: its results do not read back as they were written")
    return text


def benchmark(found: Sequence[Measured]) -> str:
    """Return the `eval.yaml` that registers a dataset repository as the benchmark of these results: a task for each
    dataset and protocol, whose config is the dataset's name, as in a repository that `fuseboard store push` made."""
    tasks = sorted({(result.score.dataset, result.protocol) for one in found for result in one.results})
    facts = {
        "name": "fuseboard: frozen embeddings of medical images",
        "description": (
            "Test AUC, from 0 to 1, of a classifier on the frozen embeddings of one backbone. The classifier and its "
            "settings are those of the protocol that a task is named after; intervals are on the board."
        ),
        "tasks": [{"id": task_id(*task), "config": foreign(task[0]), "split": SPLIT} for task in tasks],
    }
    return _yaml(facts)


def model_card(one: Measured, page: str | None) -> str:
    """Return a README with the `model-index` of a backbone, and how its maintainers may take it over; arguments as
    `eval_results` takes them."""
    results = [
        EvalResult(
            task_type=TASK,
            task_name="Image classification on frozen embeddings",
            dataset_type=_identifier(result.score.dataset),
            dataset_name=foreign(result.score.dataset),
            dataset_split=SPLIT,
            metric_type=METRICS[metric][0],
            metric_name=f"{METRICS[metric][1]} ({foreign(result.protocol)})",
            metric_value=value,
            metric_args=_arguments(result, interval),
            source_url=page,
            source_name="fuseboard" if page else None,
        )
        for result in one.results
        for metric, value, interval in (
            ("auc", result.score.auc, result.score.interval),
            ("acc", result.score.acc, result.score.acc_interval),
        )
        if value is not None
    ]
    data = ModelCardData(model_name=one.title, eval_results=results)
    text = f"---\n{data.to_yaml()}\n---\n\n{_text(one)}"
    name, read = model_index_to_eval_results(yaml.safe_load(data.to_yaml())["model-index"])
    if name != one.title or sorted(map(repr, read)) != sorted(map(repr, results)):
        raise ValueError(f"{one.backbone}: its model-index does not read back as it was written")
    return text


def task_id(dataset: str, protocol: str) -> str:
    """Return the name of the task that one dataset under one protocol is; no two share one."""
    plain = all(re.fullmatch(r"[a-z0-9.-]+", part) for part in (dataset, protocol))
    return f"{dataset}_{protocol}" if plain else f"task_{fingerprint({'dataset': dataset, 'protocol': protocol})}"


def files(
    found: Sequence[Measured], repository: str | None, page: Callable[[str], str | None], slug: Callable[[str], str]
) -> Mapping[str, str]:
    """Map each path to its content.

    Args:
        found: the backbones.
        repository: the dataset repository of the benchmark; None where there is none, and so no `.eval_results`.
        page: backbone -> its address on the board.
        slug: backbone -> the name of its folder.
    """
    made = {f"models/{slug(one.backbone)}/README.md": model_card(one, page(one.backbone)) for one in found}
    if repository:
        made[f"benchmark/{BENCHMARK}"] = benchmark(found)
        for one in found:
            made[f"models/{slug(one.backbone)}/{FILE}"] = eval_results(one, repository, page(one.backbone))
    return made


def _yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def _identifier(dataset: str) -> str:
    """Return a dataset's name as the Hub takes an identifier; no two share one."""
    return dataset if re.fullmatch(r"[\w.-]+", dataset, re.ASCII) else f"dataset-{fingerprint({'dataset': dataset})}"


def _repository(manifest: Manifest | None) -> str | None:
    source = manifest.identity.get("source") if manifest else None
    if not isinstance(source, Mapping) or source.get("hub_type", "model") != "model":
        return None
    name = source.get("hub_id")
    return name if isinstance(name, str) and REPOSITORY.fullmatch(name) else None


def _notes(result: Result) -> str:
    said = f"AUC of a classifier on frozen embeddings, protocol {foreign(result.protocol)}"
    if result.score.interval is None:
        return said
    low, high = result.score.interval
    return f"{said}, 95 % interval {plain.score(low)} to {plain.score(high)}"


def _arguments(result: Result, interval: tuple[float, float] | None) -> dict[str, Any]:
    return {
        "protocol": foreign(result.protocol),
        **({"interval_95": list(interval)} if interval else {}),
        **({"row": foreign(result.score.key)} if result.score.key else {}),
    }


def _text(one: Measured) -> str:
    repository = one.repository or "ORG/NAME"
    where = (
        f"Its weights are those of https://huggingface.co/{repository}."
        if one.repository
        else "Its card names no model repository of the Hub with its weights, so there is none yet to offer this to."
    )
    return (
        f"# Results of `{one.backbone}` for a model card\n\n"
        "This is no model card but the part of one that names results, as `model-index` in its front matter. "
        f"{where} Nothing was sent. This offers it as a pull request, under the name of whoever runs it:\n\n"
        "```python\nfrom huggingface_hub import ModelCard, metadata_update\n\n"
        f'results = ModelCard.load("README.md").data.to_dict()\n'
        f'metadata_update("{repository}", results, create_pr=True)\n```\n'
    )
