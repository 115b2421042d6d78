"""The sentences of a report, each made from the numbers that stand beside it."""

from collections.abc import Sequence

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.harness.fusion.bundle.model_card import TITLES
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.report.numbers import Bin, Group, right
from fuseboard.harness.fusion.summary import Measured
from fuseboard.store.arrays import MULTI_LABEL

FIRST = ("auc", "rmse", "acc")
"""The metric that is said first is the first of these that there is."""


def what(facts: Manifest) -> str:
    """Says what goes in and what comes out."""
    kind = "labels" if facts.task == MULTI_LABEL else "classes"
    out = "a number" if facts.task == REGRESSION else f"one of {len(facts.classes)} {kind}"
    if facts.task == MULTI_LABEL:
        out = f"any of {len(facts.classes)} {kind}"
    backbones = f"{len(facts.backbones)} frozen backbone{'s' if len(facts.backbones) > 1 else ''}"
    return (
        f"An image goes in, {out} comes out: by the vectors of {backbones}, learned from {facts.summary.images:,} "
        f"images with {facts.summary.validation:,} more held out to choose and calibrate by."
    )


def score(measured: Sequence[Measured], split: str) -> str:
    """Says the first metric of the split with its interval, and what it is worth."""
    own = {one.name: one for one in measured if one.split == split and one.value is not None}
    one = next((own[name] for name in FIRST if name in own), None)
    if one is None or one.value is None:
        return "Nothing was measured: no image was left for it."
    unseen = (
        "images that it has not seen" if split == "test" else "held-out images, which chose its penalty and calibration"
    )
    between = (
        f" (95 % interval {one.low:.3f} to {one.high:.3f})" if one.low is not None and one.high is not None else ""
    )
    rest = "" if split == "test" else "; expect a little less of others"
    return f"On {one.images:,} {unseen}, its {TITLES.get(one.name, one.name)} is {one.value:.3f}{between}{rest}."


def calibration(facts: Manifest) -> str:
    """Says whether probabilities were calibrated, and what it was worth."""
    own = facts.calibration
    if facts.task == REGRESSION:
        return "A number is not calibrated."
    if own.before is None or own.after is None:
        return "Probabilities are as the classifier gives them: too few images were held out to calibrate them."
    if own.method == "none":
        return (
            f"Probabilities are as the classifier gives them: on {own.images:,} held-out images neither a temperature "
            f"nor isotonic regression had a lower log-loss than {own.before.log_loss:.3f}."
        )
    how = f"a temperature of {own.temperature:.2f}" if own.temperature is not None else "isotonic regression"
    return (
        f"Probabilities are calibrated by {how}: log-loss {own.before.log_loss:.3f} before and "
        f"{own.after.log_loss:.3f} after, calibration error {own.before.ece:.3f} and {own.after.ece:.3f}, each "
        f"fifth of {own.images:,} held-out images by the others."
    )


def novelty(bundle: Bundle) -> str:
    """Says when an image is called unlike, and how often that is a false alarm."""
    own = bundle.model.novelty
    mean, low, high = own.expected_false_alarms
    return (
        f"An image is called unlike the training set when its mean distance from its {own.k} nearest of "
        f"{len(own.names):,} training images is above {own.threshold:.3f}; of images like the "
        f"{own.images:,} that it was set by expect {100 * mean:.1f} % to be called so (95 % interval {100 * low:.1f} "
        f"to {100 * high:.1f} %)."
    )


def answers(task: str, predictions: Predictions) -> str:
    """Says how many answers are right."""
    own = right(task, predictions)
    unit = "labels" if own.ndim > 1 else "images"
    return f"{int(own.sum()):,} of {own.size:,} {unit} are answered rightly ({100 * own.mean():.1f} %)."


def reliability(bins: Sequence[Bin], split: str) -> str:
    """Says by how much the answers are too sure or not sure enough."""
    whole = sum(each.answers for each in bins)
    said = sum(each.answers * each.confidence for each in bins) / whole
    is_right = sum(each.answers * each.right for each in bins) / whole
    gap = 100 * (said - is_right)
    way = "too sure" if gap > 0 else "not sure enough"
    fitted = (
        "" if split == "test" else " These are the images that it was calibrated on, so this looks better than it is."
    )
    return (
        f"On average an answer is given with p = {said:.3f} and {100 * is_right:.1f} % are right: {abs(gap):.1f} "
        f"points {way}.{fitted}"
    )


def groups(found: Sequence[Group], task: str, shown: int) -> str:
    """Says how groups differ."""
    if task == REGRESSION:
        ends = f"{found[-1].value:.3g} and {found[0].value:.3g}"
        told = f"{len(found):,} groups; the root mean squared error is between {ends}."
    else:
        perfect = sum(each.value == 1 for each in found)
        worst = f"{100 * found[0].value:.1f} %"
        told = f"{len(found):,} groups; in {perfect or 'none'} of them every answer is right, in the worst {worst} are."
    return f"{told} The {shown} worst are listed." if shown < len(found) else told


def mistakes(shown: int, wrong: int, task: str) -> str:
    """Says which mistakes are shown."""
    if task == REGRESSION:
        return f"The {shown} images whose number is furthest off."
    if not wrong:
        return "No answer is wrong."
    which = f"the {shown} it was surest of" if shown < wrong else "all of them, the surest first"
    return f"{wrong:,} answers are wrong; here are {which}."
