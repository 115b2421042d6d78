"""The reproduction: an honest submission passes, a changed one does not, and no stranger's code or file is touched."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fuseboard.harness.backbones import loaders, registry, weight_sources
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.loaders import descriptors
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.reproduction.sampling import draw
from fuseboard.harness.submissions import loadable
from fuseboard.harness.submissions.reproduction import findings
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version
from tests.harness.submissions.field import DATA, submit

LITE = registry.get("efficientnet-lite0")


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[Submission, Version]:
    """A sound submission, made once; nobody may write to its shards."""
    return submit(registry.get("hog"), tmp_path_factory.mktemp("handed-in"))


def by_check(submission: Submission, version: Version, download: bool = False) -> dict[str, Finding]:
    return {one.check: one for one in findings(submission, version, "cpu", download)}


def with_card(submission: Submission, **changed: object) -> Submission:
    return replace(submission, card=submission.card.model_copy(update=changed))


def sourced(card: Card, **changed: object) -> Card:
    return card.model_copy(update={"source": card.source.model_copy(update=changed)})


def prepared(card: Card, **changed: object) -> Card:
    return card.model_copy(update={"preprocessing": card.preprocessing.model_copy(update=changed)})


def test_an_honest_submission_is_reproduced(handed_in: tuple[Submission, Version]) -> None:
    found = by_check(*handed_in)
    assert {name: one.status for name, one in found.items()} == {"canary": "ok", "sample": "ok"}
    assert found["sample"].message.startswith(f"{DATA}: 32 images embedded again: the vectors differ by 0.0e+00")


def test_a_model_with_weights_is_reproduced(tmp_path: Path) -> None:
    found = by_check(*submit(LITE, tmp_path, "digits-first5"))
    assert {name: one.status for name, one in found.items()} == {"canary": "ok", "sample": "ok"}
    assert "15 images" in found["sample"].message


def test_other_canary_vectors_are_wrong(handed_in: tuple[Submission, Version]) -> None:
    submission, version = handed_in
    canary = np.array(submission.manifest.canary)
    for stated, status in (
        (canary + 0.9e-3 * np.abs(canary).max(), "ok"),
        (canary + 2e-3 * np.abs(canary).max(), "wrong"),
        (canary[::-1], "wrong"),
        (canary[:2], "wrong"),
        (canary[:, :-1], "wrong"),
        (np.zeros_like(canary), "wrong"),
        (np.full_like(canary, np.nan), "wrong"),
        (canary[:0], "note"),
    ):
        said = submission.manifest.model_copy(update={"canary": tuple(map(tuple, stated.tolist()))})
        assert by_check(replace(submission, manifest=said), version)["canary"].status == status


def test_ragged_canary_vectors_are_wrong(handed_in: tuple[Submission, Version]) -> None:
    submission, version = handed_in
    said = submission.manifest.model_copy(update={"canary": ((1.0,), (1.0, 2.0), ())})
    assert by_check(replace(submission, manifest=said), version)["canary"].status == "wrong"


def test_vectors_of_another_order_are_wrong(tmp_path: Path) -> None:
    submission, version = submit(registry.get("hog"), tmp_path)
    for split in ("train", "val", "test"):
        for path in version.shards(DATA, split):
            rows = pq.read_table(path)
            shifted = pa.concat_tables([rows.slice(1), rows.slice(0, 1)]).column("embedding")
            pq.write_table(rows.set_column(rows.schema.get_field_index("embedding"), "embedding", shifted), path)
    found = by_check(submission, version)
    assert found["canary"].status == "ok"
    assert found["sample"].status == "wrong"
    assert "extract again" in found["sample"].fix


def test_what_made_other_vectors_is_named(tmp_path: Path) -> None:
    submission, version = submit(prepared(registry.get("hog"), interpolation="nearest"), tmp_path)
    found = by_check(replace(submission, card=registry.get("hog")), version)["sample"]
    assert found.status == "wrong"
    assert "other transform (certain): interpolation: nearest makes them" in found.message


def test_the_sample_follows_the_vectors(handed_in: tuple[Submission, Version]) -> None:
    _, version = handed_in
    entry = version.manifest.datasets[DATA]
    drawn = draw(version, DATA, entry)
    assert draw(version, DATA, entry) == drawn
    assert sum(map(len, drawn.values())) == 32
    assert all(ids == sorted(set(ids)) and ids[0] >= 0 and ids[-1] < 120 for ids in drawn.values())
    text = json.loads(version.manifest.model_dump_json())
    text["datasets"][DATA]["splits"]["val"]["shards"][0]["sha256"] = "0" * 64
    changed = Manifest.model_validate(text)
    assert draw(replace(version, manifest=changed), DATA, changed.datasets[DATA]) != drawn


@pytest.mark.parametrize(("card", "reason"), [
    (registry.get("hog").model_copy(update={"trust": True}), "code of its repository"),
    (LITE.model_copy(update={"gated": True}), "gated"),
    (sourced(LITE, sha256="unpinned"), "unpinned"),
    (sourced(LITE, package="antigravity.evil"), "antigravity"),
    (sourced(LITE, weights="../../secret.pth"), "secret"),
    (sourced(LITE, package=None, weights=None, file="/etc/passwd"), "path of one machine"),
    (sourced(LITE, package=None, weights=None, url="http://127.0.0.1/a.pth"), "source.url"),
    (sourced(LITE, package=None, weights=None, url="https://example.org/a.pth"), "neither in an installed Python"),
    (registry.get("mri-vgg16"), "neither in an installed Python"),
    (sourced(LITE, loader="python", module="os:system", module_sha256="0" * 64), "runs code"),
    (sourced(LITE, loader="conch"), "runs code"),
    (sourced(LITE, architecture="hf-hub:evil/model"), "hf-hub"),
    (sourced(LITE, kwargs={"checkpoint_path": "x.pth"}), "checkpoint_path"),
    (sourced(LITE, kwargs={"pretrained_cfg": {"custom_load": 1}}), "pretrained_cfg"),
    (sourced(LITE, kwargs={"norm_layer": "print"}), "norm_layer"),
    (sourced(registry.get("hog"), kwargs={"orientations": 10**9}), "no shipped card has"),
    (prepared(registry.get("pixels"), size=10**6), "more than is tried"),
    (prepared(registry.get("pixels"), crop=1e-9), "more than is tried"),
])  # fmt: skip
def test_what_may_not_be_loaded_is_a_note_and_nothing_is_touched(
    card: Card, reason: str, handed_in: tuple[Submission, Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name in ((loaders, "load"), (weight_sources, "fetch"), (loadable, "unavailable")):
        monkeypatch.setattr(place, name, lambda *_: pytest.fail("it was touched"))
    submission, version = handed_in
    (found,) = findings(replace(submission, card=card), version)
    assert found.status == "note"
    assert found.message.startswith("vectors were not computed again: ")
    assert reason in found.message


def test_weights_are_fetched_only_when_asked_for_and_without_a_token(
    handed_in: tuple[Submission, Version], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    asked: list[dict[str, object]] = []

    def download(repository: str, name: str, **more: object) -> str:
        asked.append({"repository": repository, "name": name, **more})
        raise OSError("no network\nat all")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    card = sourced(LITE, package=None, hub_id="org/model", revision="0" * 40, weights="model.safetensors")
    submission = replace(handed_in[0], card=card)
    (found,) = findings(submission, handed_in[1])
    assert found.message.endswith("model.safetensors of org/model is not on this machine; say --download-weights")
    assert asked == []
    (found,) = findings(submission, handed_in[1], download_weights=True)
    assert found.status == "note"
    assert "cannot be fetched (no network at all)" in found.message
    assert asked == [{
        "repository": "org/model", "name": "model.safetensors", "token": False, "revision": "0" * 40,
        "repo_type": "model",
    }]  # fmt: skip


def test_a_model_that_does_not_load_is_wrong_in_one_line(
    handed_in: tuple[Submission, Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("deep\nin a library")

    monkeypatch.setattr(descriptors, "load", broken)
    (found,) = findings(*handed_in)
    assert (found.status, found.message) == ("wrong", "the model does not load: deep in a library")


def test_images_that_are_not_at_hand_are_a_note(
    handed_in: tuple[Submission, Version], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    submission, version = handed_in
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text("this file must not be opened")
    entry = version.manifest.datasets[DATA]
    for name, changed, reason in (
        ("breastmnist-64", {}, "its images are not on this machine"),
        ("own.toml", {}, "not known by this name"),
        ("own.toml-first5", {}, "not known by this name"),
        (DATA, {"source_md5": "0" * 32}, "of another file"),
    ):
        held = version.manifest.model_copy(update={"datasets": {name: entry.model_copy(update=changed)}})
        found = by_check(submission, replace(version, manifest=held))["sample"]
        assert found.status == "note"
        assert reason in found.message
    assert datasets.get(DATA).at_hand
