"""The parts of a model: its arrays and boosters as files, and back, each held against what the manifest says."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.heads import Linear, Trees
from fuseboard.harness.classifiers.tasks import REGRESSION, link_of
from fuseboard.harness.fusion.bundle import arrays, trees
from fuseboard.harness.fusion.bundle.facts import (
    MOST_DIRECTIONS,
    MOST_ROWS,
    CalibrationFacts,
    LinearHead,
    MemberFacts,
    NoveltyFacts,
    PredictionsFacts,
    QualityFacts,
    TreesHead,
    plain,
)
from fuseboard.harness.fusion.bundle.manifest import CALIBRATION, NOVELTY, Manifest
from fuseboard.harness.fusion.calibration import Calibration, Quality
from fuseboard.harness.fusion.model import Member, Model
from fuseboard.harness.fusion.novelty import Novelty
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.errors import FuseboardError

Files = dict[str, bytes]


def members_of(model: Model) -> tuple[tuple[MemberFacts, ...], Files]:
    """Returns what the manifest says of the heads, and their files."""
    facts, files = [], Files()
    for number, member in enumerate(model.members):
        head: LinearHead | TreesHead
        if isinstance(member.head, Trees):
            head = TreesHead(file=f"head-{number}.ubj", trees=trees.count(member.head))
            files[head.file] = trees.dump(member.head)
        else:
            own = member.head
            head = LinearHead(file=f"head-{number}.safetensors", penalty=own.penalty)
            named: dict[str, NDArray[Any]] = {
                "coef": own.coef.astype(np.float32),
                "intercept": own.intercept.astype(np.float64),
                "center": own.center.astype(np.float32),
            }
            files[head.file] = arrays.dump(named)
        facts.append(MemberFacts(backbones=member.backbones, head=head))
    return tuple(facts), files


def calibration_of(calibration: Calibration) -> tuple[CalibrationFacts, Files]:
    """Returns what the manifest says of the calibration, and the curves of isotonic regression."""
    qualities = [
        None if one is None else QualityFacts(log_loss=one.log_loss, ece=one.ece)
        for one in (calibration.before, calibration.after)
    ]
    facts = CalibrationFacts(
        method=calibration.method,
        temperature=calibration.temperature,
        before=qualities[0],
        after=qualities[1],
        images=calibration.images,
    )
    if calibration.knots is None:
        return facts, {}
    curves = {f"{axis}{n}": curve[axis == "y"] for n, curve in enumerate(calibration.knots) for axis in "xy"}
    return facts, {CALIBRATION: arrays.dump(curves)}


def novelty_of(novelty: Novelty) -> tuple[NoveltyFacts, Files]:
    """Returns what the manifest says of the training images that are kept, and their arrays."""
    is_text = novelty.labels.dtype.kind in "UO"
    facts = NoveltyFacts(
        threshold=novelty.threshold,
        false_alarms=novelty.false_alarms,
        images=novelty.images,
        k=novelty.k,
        names=tuple(map(plain, novelty.names)),
        labels=tuple(plain(str(label)) for label in novelty.labels.tolist()) if is_text else None,
    )
    named: dict[str, NDArray[Any]] = {
        "projection": novelty.projection.astype(np.float32),
        "center": novelty.center.astype(np.float32),
        "training": novelty.training.astype(np.float32),
    }
    if not is_text:
        named["labels"] = novelty.labels.astype(np.float64 if novelty.labels.dtype.kind == "f" else np.int64)
    return facts, {NOVELTY: arrays.dump(named)}


def predictions_of(predictions: Predictions) -> tuple[PredictionsFacts, Files]:
    """Returns what the manifest says of the predictions of a split, and their arrays."""
    file = f"predictions-{predictions.split}.safetensors"
    is_number = predictions.labels.dtype.kind == "f"
    facts = PredictionsFacts(
        split=predictions.split,  # type: ignore[arg-type]
        file=file,
        names=tuple(map(plain, predictions.names)),
        groups=None if predictions.groups is None else tuple(map(plain, predictions.groups)),
    )
    labels = predictions.labels.astype(np.float64 if is_number else np.int64)
    return facts, {file: arrays.dump({"labels": labels, "scores": predictions.scores.astype(np.float32)})}


def predictions(manifest: Manifest, files: Mapping[str, bytes], where: str) -> dict[str, Predictions]:
    """Returns split -> its predictions; raises as `model`."""
    found: dict[str, Predictions] = {}
    several, is_number = is_multi_label(manifest.task), manifest.task == REGRESSION
    for facts in manifest.predictions:
        rows = len(facts.names)
        wanted: dict[str, tuple[Any, tuple[int, ...]]] = {
            "labels": (np.float64 if is_number else np.int64, (rows, manifest.columns) if several else (rows,)),
            "scores": (np.float32, (rows, max(1, len(manifest.classes)))),
        }
        own = arrays.load(files[facts.file], f"{where}: {facts.file}", wanted)
        _refuse_other_labels(manifest, own["labels"], f"{where}: {facts.file}")
        found[facts.split] = Predictions(facts.split, facts.names, own["labels"], own["scores"], facts.groups)
    return found


def _refuse_other_labels(manifest: Manifest, labels: NDArray[Any], place: str) -> None:
    top = 2 if is_multi_label(manifest.task) else len(manifest.classes)
    if manifest.task != REGRESSION and (labels.min() < 0 or labels.max() >= top):
        raise FuseboardError(f"{place}: a label that is none of the {top}; nothing was loaded")


def model(manifest: Manifest, files: Mapping[str, bytes], where: str) -> Model:
    """Returns the model that a manifest and its files are.

    Raises:
        FuseboardError: a file does not hold what the manifest says.
    """
    return Model(
        manifest.task,
        manifest.classes,
        tuple(_member(manifest, facts, files[facts.head.file], where) for facts in manifest.members),
        _calibration(manifest, files, where),
        _novelty(manifest, files, where),
    )


def _member(manifest: Manifest, facts: MemberFacts, content: bytes, where: str) -> Member:
    columns, width, link = manifest.columns, manifest.width_of(facts), link_of(manifest.task)
    widths = tuple(manifest.backbones[name].dim for name in facts.backbones)
    place = f"{where}: {facts.head.file}"
    if isinstance(facts.head, TreesHead):
        return Member(facts.backbones, widths, trees.load(content, place, link, columns, width, facts.head.trees))
    found = arrays.load(
        content,
        place,
        {
            "coef": (np.float32, (columns, width)),
            "intercept": (np.float64, (columns,)),
            "center": (np.float32, (width,)),
        },
    )
    head = Linear(found["coef"], found["intercept"], found["center"], link, facts.head.penalty)
    return Member(facts.backbones, widths, head)


def _calibration(manifest: Manifest, files: Mapping[str, bytes], where: str) -> Calibration:
    facts, knots = manifest.calibration, None
    if facts.method == "isotonic":
        place = f"{where}: {CALIBRATION}"
        wanted = {f"{axis}{n}": (np.float32, (-1,)) for n in range(manifest.columns) for axis in "xy"}
        found = arrays.load(files[CALIBRATION], place, wanted)
        curves = []
        for number in range(manifest.columns):
            x, y = found[f"x{number}"], found[f"y{number}"]
            if not len(x) or len(x) != len(y) or (np.diff(x) < 0).any() or min(y) < 0 or max(y) > 1:
                raise FuseboardError(f"{place}: curve {number} is none from probabilities to probabilities")
            curves.append((x, y))
        knots = tuple(curves)
    before, after = (None if one is None else Quality(one.log_loss, one.ece) for one in (facts.before, facts.after))
    return Calibration(manifest.task, facts.method, facts.temperature, knots, before, after, facts.images)


def _novelty(manifest: Manifest, files: Mapping[str, bytes], where: str) -> Novelty:
    facts = manifest.novelty
    place, width, rows = f"{where}: {NOVELTY}", manifest.width, len(facts.names)
    wanted: dict[str, tuple[Any, tuple[int, ...]]] = {
        "projection": (np.float32, (-1, width)),
        "center": (np.float32, (width,)),
        "training": (np.float32, (rows, -1)),
    }
    if facts.labels is None:
        shape = (rows, manifest.columns) if is_multi_label(manifest.task) else (rows,)
        wanted["labels"] = (np.float64 if manifest.task == REGRESSION else np.int64, shape)
    found = arrays.load(files[NOVELTY], place, wanted)
    directions = len(found["projection"])
    if not (1 <= rows <= MOST_ROWS and facts.k <= rows) or found["training"].shape[1] != directions:
        raise FuseboardError(f"{place}: {rows} training images in {found['training'].shape} do not fit together")
    if directions > MOST_DIRECTIONS:
        raise FuseboardError(f"{place}: {directions} directions, {MOST_DIRECTIONS} at most")
    if facts.labels is None:
        _refuse_other_labels(manifest, found["labels"], place)
    return Novelty(
        tuple(sorted(manifest.backbones)),
        found["projection"],
        found["center"],
        found["training"],
        np.array(facts.labels) if facts.labels is not None else found["labels"],
        facts.names,
        facts.threshold,
        facts.false_alarms,
        facts.images,
        facts.k,
    )
