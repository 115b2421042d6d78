"""The report: sentences that fit the numbers, one file that asks nobody, and images that lie where they should."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix, roc_auc_score

from fuseboard import cli
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.harness.fusion.bundle.model_card import TITLES
from fuseboard.harness.fusion.calibration import Calibration, Quality
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.report import images, numbers, plots, sentences
from fuseboard.harness.fusion.report.report import render
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL
from fuseboard.store.embeddings.reading import PLAIN
from fuseboard.store.statistics.calibration import calibrate

ROWS = 90
CLASSES = ("cyst", "mass", "none")


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run(["fuse", *map(str, arguments)]) == code


def figures(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\.?\d*(?<![,.])", text)]


def of_classes(classes: int = 3, split: str = "test", groups: tuple[str, ...] | None = None) -> Predictions:
    labels = np.arange(ROWS) % classes
    raw = np.random.default_rng(5).random((ROWS, classes)) + 0.8 * np.eye(classes)[labels]
    names = tuple(f"{split}/{n}.png" for n in range(ROWS))
    return Predictions(split, names, labels, (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32), groups)


def of_labels() -> Predictions:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, (ROWS, 3)).astype(np.uint8)
    scores = np.clip(0.5 * rng.random((ROWS, 3)) + 0.4 * labels, 0, 1).astype(np.float32)
    return Predictions("test", tuple(map(str, range(ROWS))), labels, scores)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of images with groups, and a model of two descriptors that is sometimes wrong."""
    root = tmp_path_factory.mktemp("reported")
    rng, rows = np.random.default_rng(3), []
    for number in range(160):
        kind = number % 2
        pixels = rng.integers(0, 120, (16, 16)) + 6 * kind + rng.integers(0, 8)
        (root / "lesions").mkdir(exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(root / "lesions" / f"{number:03}.png")
        rows.append({"path": f"{number:03}.png", "label": ("a<b>", "dark")[kind], "patient": f"P{number // 4}"})
    pl.DataFrame(rows).write_csv(root / "lesions" / "labels.csv")
    table = root / "lesions" / "labels.csv"
    run("train", table, "-o", root / "model", "--backbones", "hog,pixels", "--group", "patient", "--store", root / "s")
    return root


@pytest.fixture(scope="module")
def bundle(trained: Path) -> Bundle:
    return load(trained / "model")


def test_the_page_is_one_file_without_script_or_host(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("report", trained / "model", "-o", trained / "report.html", "--images", trained / "lesions")
    assert capsys.readouterr().out.strip() == str(trained / "report.html")
    page = (trained / "report.html").read_text()
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    assert "http" not in re.sub(r"https?://www\.w3\.org/\S+", "", page.replace("http-equiv", ""))
    assert "a<b>" not in page
    assert "a&lt;b&gt;" in page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(drawing)
    run("report", trained / "model", "-o", trained, code=2)


def test_every_sentence_of_a_real_page_fits_the_bundle(trained: Path, bundle: Bundle) -> None:
    page = render(bundle, trained / "lesions")
    said = bundle.predictions["test"]
    right = said.scores.argmax(axis=1) == said.labels
    wrong = int((~right).sum())
    auc = next(one for one in bundle.metrics_ if one.name == "auc" and one.split == "test")
    assert figures(sentences.score(bundle.metrics_, "test")) == pytest.approx(
        [len(right), *figures(f"{auc.value:.3f}"), 95, *figures(f"{auc.low:.3f} {auc.high:.3f}")]
    )
    assert f"{int(right.sum())} of {len(right)} images are answered rightly" in page
    assert wrong
    assert f"{wrong} answers are wrong" in page
    summary = bundle.facts.summary
    assert f"{summary.images} images with {summary.validation} more held out" in sentences.what(bundle.facts)
    assert page.count('<img src="data:image/png') == min(wrong, 24)
    groups = numbers.groups(BINARY, said)
    assert {group.name for group in groups} == set(said.groups or ())
    assert sentences.groups(groups, BINARY, 20) in page
    for note in bundle.selection_.notes:
        assert note.split(":")[0] in page
    for _, one in TITLES.items():
        assert (one in page) == any(TITLES[each.name] == one for each in bundle.metrics_)


def test_images_that_are_elsewhere_are_said_to_be_so(bundle: Bundle, tmp_path: Path) -> None:
    page = render(bundle, tmp_path)
    assert '<img src="data:image/png' not in page
    assert "cannot be shown" in page


def test_a_bundle_without_predictions_says_so(bundle: Bundle, tmp_path: Path) -> None:
    page = render(replace(bundle, predictions={}), tmp_path)
    assert "keeps no predictions" in page
    assert "ROC" not in page


def test_names_lead_nowhere_but_into_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out.png"
    inside.mkdir()
    for path in (inside / "a.png", outside):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(path)
    (inside / "link.png").symlink_to(outside)
    (inside / "page.png").write_text("<html>")
    names = ["a.png", str(inside / "a.png"), "../out.png", str(outside), "link.png", "page.png", "absent", "digits/x/0"]
    found = images.thumbnails(names, inside, PLAIN)
    assert [picture is not None for picture in found] == [True, True, *[False] * 6]


def test_an_image_of_a_dataset_is_found_by_its_row(tmp_path: Path) -> None:
    assert images.thumbnails(["digits/test/3", "digits/test/999999", "digits/none/3"], tmp_path, PLAIN) == [
        *images.thumbnails(["digits/test/3"], tmp_path, PLAIN),
        None,
        None,
    ]
    assert images.thumbnails(["digits/test/3"], tmp_path, PLAIN)[0] is not None


@pytest.mark.parametrize("classes", [2, 3])
def test_curves_matrix_and_bins_agree_with_scikit_learn(classes: int) -> None:
    said = of_classes(classes)
    task, names = (BINARY, CLASSES[:2]) if classes == 2 else (MULTI_CLASS, CLASSES)
    curves = numbers.curves(task, names, said)
    assert [curve.name for curve in curves] == list(names[1:] if classes == 2 else names)
    for curve in curves:
        place = names.index(curve.name)
        assert curve.auc == pytest.approx(roc_auc_score(said.labels == place, said.scores[:, place]))
        assert np.trapezoid(curve.true, curve.false) == pytest.approx(curve.auc, abs=0.01)
    matrix = numbers.confusion(names, said)
    np.testing.assert_array_equal(matrix, confusion_matrix(said.labels, said.scores.argmax(axis=1)))
    bins = numbers.bins(task, said)
    assert sum(each.answers for each in bins) == ROWS
    assert sum(each.answers * each.right for each in bins) == pytest.approx(np.trace(matrix))
    whole = sum(each.answers * abs(each.confidence - each.right) for each in bins) / ROWS
    assert whole == pytest.approx(calibrate(task, said.labels, {"": said.scores})[""].ece, abs=0.1)
    mistakes = numbers.mistakes(task, names, said, 5)
    sure = [each.probability or 0 for each in mistakes]
    assert sure == sorted(sure, reverse=True)
    wrong = said.scores.argmax(axis=1) != said.labels
    assert sure[0] == pytest.approx(float(said.scores[wrong].max()))


def test_several_labels() -> None:
    said = of_labels()
    assert len(numbers.curves(MULTI_LABEL, CLASSES, said)) == 3
    found = numbers.mistakes(MULTI_LABEL, CLASSES, said, 100)
    assert len(found) == int(((said.scores > 0.5) != (said.labels > 0)).sum())
    assert all((each.truth == f"not {each.said}") or (each.said == f"not {each.truth}") for each in found)
    assert f"of {3 * ROWS} labels" in sentences.answers(MULTI_LABEL, said)


def test_groups_are_measured_one_by_one() -> None:
    of = tuple(f"site {n % 4}" for n in range(ROWS))
    said = of_classes(3, groups=of)
    found = numbers.groups(MULTI_CLASS, said)
    assert [each.value for each in found] == sorted(each.value for each in found)
    for each in found:
        own = [n for n in range(ROWS) if of[n] == each.name]
        assert each.value == pytest.approx(float((said.scores.argmax(axis=1) == said.labels)[own].mean()))
        low, high = each.interval or (2, -1)
        assert low <= each.value <= high
    text = sentences.groups(found, MULTI_CLASS, 2)
    perfect = sum(each.value == 1 for each in found)
    assert figures(text) == [4, *[perfect] * (perfect > 0), round(100 * found[0].value, 1), 2]
    for right, words in ((1.0, "in 3 of them"), (0.99, "in none of them")):
        others = [replace(each, value=right) for each in found[1:]]
        assert words in sentences.groups([replace(found[0], value=0.5), *others], MULTI_CLASS, 4)


def test_what_reliability_says() -> None:
    sure = of_classes()
    bins = numbers.bins(MULTI_CLASS, sure)
    said = float(sure.scores.max(axis=1).mean())
    right = float((sure.scores.argmax(axis=1) == sure.labels).mean())
    text = sentences.reliability(bins, "validation")
    assert figures(text) == pytest.approx([round(said, 3), round(100 * right, 1), round(100 * abs(said - right), 1)])
    assert ("too sure" in text) == (said > right)
    assert "calibrated on" in text
    assert "calibrated on" not in sentences.reliability(bins, "test")


@pytest.mark.parametrize(
    ("method", "temperature", "words"),
    [
        ("none", None, "neither"),
        ("temperature", 1.5, "a temperature of 1.50"),
        ("isotonic", None, "isotonic regression"),
    ],
)
def test_what_calibration_was_worth(bundle: Bundle, method: Any, temperature: float | None, words: str) -> None:
    own = Calibration(BINARY, method, temperature, None, Quality(0.5, 0.1), Quality(0.4, 0.05), 321)
    facts = bundle.facts.calibration.model_copy(
        update={"method": method, "temperature": temperature, "before": own.before, "after": own.after, "images": 321}
    )
    text = sentences.calibration(bundle.facts.model_copy(update={"calibration": facts}))
    assert words in text
    assert "321" in text
    assert "0.500" in text
    assert ("0.400" in text) == (method != "none")


def test_what_novelty_expects(bundle: Bundle) -> None:
    own = bundle.model.novelty
    mean, low, high = (round(100 * share, 1) for share in own.expected_false_alarms)
    wanted = [own.k, len(own.names), round(own.threshold, 3), own.images, mean, 95, low, high]
    assert figures(sentences.novelty(bundle)) == pytest.approx(wanted)


def test_a_regression_has_no_curves_but_its_furthest_images() -> None:
    rng = np.random.default_rng(7)
    labels = rng.random(40)
    scores = (labels[:, None] + rng.normal(0, 0.1, (40, 1))).astype(np.float32)
    said = Predictions("test", tuple(map(str, range(40))), labels, scores)
    found = numbers.mistakes("regression", (), said, 3)
    errors = np.abs(said.scores[:, 0] - labels)
    assert [each.row for each in found] == np.argsort(-errors)[:3].tolist()
    assert "3 images" in sentences.mistakes(3, 0, "regression")


@pytest.mark.parametrize(("task", "classes"), [("regression", ()), (MULTI_LABEL, CLASSES), (MULTI_CLASS, CLASSES)])
def test_the_page_of_every_task(bundle: Bundle, tmp_path: Path, task: Any, classes: tuple[str, ...]) -> None:
    numbers_of = np.random.default_rng(8).random((ROWS, 1)).astype(np.float32)
    of = {
        "regression": Predictions("test", tuple(map(str, range(ROWS))), numbers_of[::-1, 0].astype(float), numbers_of),
        MULTI_LABEL: of_labels(),
        MULTI_CLASS: of_classes(3, groups=tuple(f"P{n // 3}" for n in range(ROWS))),
    }
    page = render(
        replace(
            bundle,
            model=replace(bundle.model, task=task, classes=classes),
            facts=bundle.facts.model_copy(update={"task": task, "classes": classes}),
            predictions={"test": of[task]},
        ),
        tmp_path,
    )
    assert ("ROC" in page, "Confusion" in page) == (task != "regression", task == MULTI_CLASS)
    assert ("30 groups" in page) == (task == MULTI_CLASS)
    assert ("Furthest off" in page) == (task == "regression")


def test_ties_stand_on_a_shade_and_the_rest_does_not() -> None:
    rows = [("a+b", 0.01, -0.02, 0.03, True), ("a", -0.2, -0.3, -0.1, False)]
    drawn = ElementTree.fromstring(plots.differences(rows, "log-loss"))
    assert len(drawn.findall("rect")) == 1
    assert "2 subsets against the chosen one; 1 cannot" in drawn.get("aria-label", "")
    titles = [each.text for each in drawn.iter("title")]
    assert "a: -0.2000, 95 % interval -0.3000 to -0.1000" in titles


def test_names_that_are_told_apart_by_their_ends_stand_whole() -> None:
    names = [f"biomedclip+rad-dino+dinov2-large+{last}" for last in ("hog", "pixels", "uni2-h")]
    drawn = ElementTree.fromstring(plots.differences([(name, 0.0, -0.1, 0.1, True) for name in names], "log-loss"))
    assert set(names) <= {text.text for text in drawn.iter("text")}


@pytest.mark.parametrize("ends", [(-0.31, 0.02), (0.0, 1.0), (-3e-5, 2e-5), (-420.0, 17.0)])
def test_ticks_are_few_and_round(ends: tuple[float, float]) -> None:
    rows = [("a", ends[0], ends[0], ends[1], False)]
    drawn = ElementTree.fromstring(plots.differences(rows, "x"))
    ticks = [text for text in drawn.iter("text") if text.get("fill") == "var(--soft)"]
    assert 2 <= len(ticks) <= 7
