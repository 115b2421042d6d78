"""Sentences say what an answer holds, in plain text, each of them true of the rows that it was made from."""

from collections.abc import Iterator

from fuseboard.leaderboard.answers.answer import Answer, Fused
from fuseboard.leaderboard.boards.few_labels import DatasetCurves
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.table import Score


def sentences(answer: Answer) -> Iterator[str]:
    """Yield which backbone is best, which is cheapest among those as good, and what fusing gains."""
    name, score = answer.best
    others = [other for other in answer.tied if other != name]
    if len(answer.singles) == 1:
        yield f"{name} scores {scored(score)}; it is the only backbone here that was measured alone."
    elif not answer.tied:
        yield f"{name} scores best, {scored(score)}; no interval says which others are as good."
    elif others:
        yield (
            f"{name} scores best, {scored(score)}; {plain.listed(others)} cannot be told from it on "
            f"{plain.count(answer.images or 0)} test images."
        )
    else:
        yield f"{name} scores best, {scored(score)}; every other backbone is worse beyond chance."
    if others and answer.cheapest is not None and answer.parameters is not None:
        yield f"The cheapest of these {len(answer.tied)} is {answer.cheapest}, {parameters(answer.parameters)}."
    if answer.fused is not None:
        yield fusing(answer.fused)


def fusing(fused: Fused) -> str:
    """Return what fusing gains over the single backbone that validation chooses."""
    gain, over = fused.gain, f"{fused.single}, the single backbone that validation chooses"
    if fused.outcome == "single":
        return f"Fusing is not worth it: of all subsets validation chooses {fused.single} alone."
    fusion = f"{plain.listed(fused.subset, len(fused.subset))} fused"
    if fused.outcome == "unknown":
        told = f"{plain.points(gain.value)} points" if gain.value is not None else "an unknown gain"
        return f"{fusion} score {plain.score(fused.score.auc)}: {told} against {over}; no interval was measured."
    verdict = {
        "helps": "So fusing helps",
        "hurts": "So fusing hurts",
        "open": "So whether fusing helps cannot be told",
    }[fused.outcome]
    return (
        f"{fusion} score {plain.score(fused.score.auc)}: {plain.points(gain.value)} points "
        f"({plain.points(gain.low)} to {plain.points(gain.high)}) against {over}. {verdict}."
    )


def few_labels(curves: DatasetCurves, images: int) -> str:
    """Return what few labelled images are enough for, as the mean over draws of them."""
    singles = {subset: score for subset in curves.curves if len(subset) == 1 and (score := curves.at(subset, images))}
    best = max(singles, key=lambda subset: singles[subset][0])
    every = images == max(curves.images)
    said = (
        f"With {'all ' if every else ''}{plain.count(images)} labelled images, {best[0]} is the best single backbone, "
        f"AUC {_drawn(singles[best])}"
    )
    if not every:
        said += f" over {curves.draws} draws of the images"
    if (pool := curves.at(curves.pool, images)) is not None:
        said += f"; all {len(curves.pool)} fused reach {_drawn(pool)}"
    return f"{said}."


def _drawn(found: tuple[float, float, float]) -> str:
    mean, low, high = found
    return plain.score(mean) + (f" ({plain.score(low)} to {plain.score(high)})" if low < high else "")


def scored(score: Score) -> str:
    """Return a test AUC with its interval."""
    if score.interval is None:
        return f"AUC {plain.score(score.auc)}"
    return f"AUC {plain.score(score.auc)} (95 %: {plain.score(score.interval[0])} to {plain.score(score.interval[1])})"


def parameters(count: int) -> str:
    """Return how large a network is."""
    return f"with {plain.count(count)} parameters" if count else "which is no network and has no parameters"
