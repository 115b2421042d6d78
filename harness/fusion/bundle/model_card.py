"""The model card: the README of a bundle, which the Hugging Face Hub shows, with its scores in the front matter."""

import html
import re
from typing import Any

import yaml

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.bundle.facts import MetricFacts
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.store.embeddings import licence
from fuseboard.store.files.table import MISSING

HUB_METRICS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "balanced_acc": "balanced_accuracy",
    "rmse": "rmse",
    "r2": "r_squared",
}
"""Ours -> the Hub's name of it."""
TITLES = {
    "acc": "accuracy", "auc": "AUC", "balanced_acc": "balanced accuracy", "log_loss": "log-loss",
    "ece": "expected calibration error", "brier": "Brier score", "rmse": "RMSE", "r2": "R²",
    "spearman": "Spearman's rho",
}  # fmt: skip
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def render(facts: Manifest, place: str = "ORG/NAME") -> str:
    """Returns the whole card: front matter for the Hub, then text for people.

    Names of classes, licences and sources are other people's text, so each is escaped wherever it stands.
    """
    return f"---\n{_front_matter(facts, place)}\n---\n\n{_text(facts, place)}"


def best_split(facts: Manifest) -> str | None:
    """Returns the split whose scores are the honest ones: test where there is one."""
    splits = [one.split for one in facts.metrics]
    return "test" if "test" in splits else splits[0] if splits else None


def _front_matter(facts: Manifest, place: str) -> str:
    licences = list(dict.fromkeys(licence.identifier(one.licence) for one in facts.backbones.values()))
    known = licence.HUB_LICENCES.issuperset(licences)
    split, is_number = best_split(facts), facts.task == REGRESSION
    scores = [one for one in facts.metrics if one.split == split and one.value is not None]
    named = facts.summary.dataset or "images of one's own"
    results = [
        {
            "task": {"type": "other" if is_number else "image-classification"},
            "dataset": {"name": f"{_line(named)} ({split})", "type": _slug(named)},
            "metrics": [
                {
                    "type": HUB_METRICS.get(one.name, one.name),
                    "name": TITLES.get(one.name, one.name),
                    "value": one.value,
                }
                for one in scores
            ],
        }
    ]
    sources = [one.source for one in facts.backbones.values() if HUB_NAME.fullmatch(one.source)]
    front: dict[str, Any] = {
        "license": (licences[0] if len(licences) == 1 else licences) if known else "other",
        **({} if known else {"license_name": _slug(" and ".join(licences))}),
        "library_name": "fuseboard",
        **({} if is_number else {"pipeline_tag": "image-classification"}),
        "tags": ["fuseboard", "biomedical", "embeddings"],
        **({"base_model": sources} if sources else {}),
        **({"model-index": [{"name": place.rpartition("/")[2], "results": results}]} if scores else {}),
    }
    return str(yaml.safe_dump(front, sort_keys=False, allow_unicode=True)).strip()


def _text(facts: Manifest, place: str) -> str:
    summary, novelty = facts.summary, facts.novelty
    title = "Fused regression" if facts.task == REGRESSION else "Fused classifier"
    named = _plain(summary.dataset) if summary.dataset else "images of one's own"
    kept = (
        f"It keeps {len(novelty.names):,} training images as short vectors, with their labels and file names, by which "
        "images unlike them are told."
    )
    told = "".join(f"- {_plain(note)}\n" for note in notes(facts))
    return f"""# {title} on {named}

Frozen embeddings of {len(facts.backbones)} backbones, joined and classified; made by fuseboard. No code and no
pickle is in here: trees are XGBoost's UBJSON, all other numbers are safetensors.

```
# with fuseboard and its extra `harness` installed
fuseboard fuse pull {place} -o model
fuseboard fuse predict model images/
```

## Scores

| metric | split | value | 95 % interval | images |
|---|---|---:|---|---:|
{"".join(map(_row, facts.metrics)) or "| none was measured | | | | |"}
{_calibrated(facts)}

## Choice

{told}
## Training images

| class | images |
|---|---:|
{"".join(f"| {_plain(name)} | {count:,} |" + chr(10) for name, count in summary.classes.items())}
{summary.images:,} images to learn from, {summary.validation:,} held out to choose and calibrate by, {summary.test:,} to
test; {"groups such as patients on one side each" if summary.groups else "no groups were named"}; licence
{_plain(summary.licence or "not stated")}. {kept}

## Backbones

| backbone | version | numbers | licence | source |
|---|---|---:|---|---|
{"".join(_backbone(name, facts) for name in facts.backbones)}
Images are read with {_plain(str(facts.reading))}. Made with {_plain(_libraries(facts))}.
"""


def notes(facts: Manifest) -> list[str]:
    """Returns sentences on what was chosen, and what the choice is worth."""
    chosen = facts.selection
    told = [f"{'+'.join(chosen.chosen)}: strategy {chosen.strategy}, by {chosen.metric} on {chosen.images} images"]
    if chosen.optimism is not None and chosen.honest_score is not None:
        told.append(f"its score promises {chosen.optimism:.4f} too much, since the best of several was taken")
    ties = sum(row.tied for row in chosen.table)
    if ties > 1:
        told.append(f"{ties} subsets cannot be told apart; the cheapest is {'+'.join(chosen.cheapest)}")
    return [*told, *chosen.remarks]


def _calibrated(facts: Manifest) -> str:
    own = facts.calibration
    if own.before is None or own.after is None or own.method == "none":
        return "Probabilities are as the classifier gives them: no calibration was better on held-out images."
    return (
        f"Probabilities are calibrated by {own.method} on {own.images:,} held-out images: log-loss "
        f"{own.before.log_loss:.4f} to {own.after.log_loss:.4f}."
    )


def _row(one: MetricFacts) -> str:
    value = MISSING if one.value is None else f"{one.value:.4f}"
    between = MISSING if one.low is None or one.high is None else f"{one.low:.4f} to {one.high:.4f}"
    return (
        f"| {TITLES.get(one.name, _plain(one.name))} | {_plain(one.split)} | {value} | {between} | {one.images:,} |\n"
    )


def _backbone(name: str, facts: Manifest) -> str:
    own = facts.backbones[name]
    return f"| {name} | `{own.fingerprint[:12]}` | {own.dim:,} | {_plain(own.licence)} | {_plain(own.source)} |\n"


def _libraries(facts: Manifest) -> str:
    return ", ".join(f"{name} {version}" for name, version in facts.libraries.items())


def _plain(text: str) -> str:
    """Returns a text on one line, in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~>])", r"\\\1", html.escape(_line(text), quote=False))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unknown"
