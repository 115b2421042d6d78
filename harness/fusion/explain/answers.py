"""The answers of `fuse explain`: explanations of files and their pictures, as tables and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.explain.explanation import Explanation, explain, target_of
from fuseboard.harness.fusion.explain.overlay import Overlay, needs_captum, overlays
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.harness.terminal.output import print_rows
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.errors import UsageError
from fuseboard.store.files import atomic, strict_json
from fuseboard.store.files.names import printable
from fuseboard.store.files.progress import counting


@dataclass(frozen=True)
class Drawn:
    """The picture of one backbone, or why there is none."""

    backbone: str
    method: str | None
    file: str | None
    reason: str | None


@dataclass(frozen=True)
class Answer:
    """One image, explained, or why it could not be read."""

    path: str
    explanation: Explanation | None
    pictures: tuple[Drawn, ...] = ()
    error: str | None = None

    def as_json(self) -> Facts:
        """Returns all of it."""
        found = {} if self.explanation is None else asdict(self.explanation)
        found.pop("name", None)
        return {"path": self.path, **found, "pictures": [asdict(one) for one in self.pictures], "error": self.error}


def folder(path: Path) -> Path:
    """Returns a folder that pictures go to; raises before long work where there is something else."""
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file; name a folder that the pictures go to")
    return path


def explained(bundle: Bundle, paths: Sequence[Path], output: Path | None) -> list[Answer]:
    """Explains images.

    Args:
        bundle: the model.
        paths: of the images.
        output: the folder that pictures go to; None draws none.
    """
    if output is not None and needs_captum(bundle.embedder.cards.values()):
        import captum  # noqa: F401  (said now rather than after minutes of embedding)
    pictures = pictures_of(paths, bundle.reading, bundle.max_pixels)
    embedded = bundle.embedder.embed(pictures)
    sound = [number for number in range(len(pictures)) if number not in embedded.faults]
    blocks = {name: block[sound] for name, block in embedded.blocks.items()}
    names = [printable(embedded.names[number]) for number in sound]
    found = dict(zip(sound, explain(bundle.model, blocks, names) if sound else [], strict=True))
    drawn: dict[int, tuple[Drawn, ...]] = {}
    if output is not None and sound:
        taken: set[str] = set()
        scores = bundle.model.scores(blocks)
        with counting(f"pictures · {len(sound):,} images", len(sound)) as advance:
            for row, number in enumerate(sound):
                target = target_of(bundle.model, scores[row])
                own = overlays(bundle.model, bundle.embedder, pictures[number].read(), blocks, row, target)
                drawn[number] = tuple(_written(own, _stem(paths[number], taken), output))
                advance(1)
    return [
        Answer(printable(name), found.get(number), drawn.get(number, ()), _printable(embedded.faults.get(number)))
        for number, name in enumerate(embedded.names)
    ]


def _stem(path: Path, taken: set[str]) -> str:
    """Returns how the pictures of an image begin: as its file, told apart from others of that name."""
    stem = printable(path.stem)
    number = 1
    while (found := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    taken.add(found)
    return found


def _written(found: Iterable[Overlay], stem: str, output: Path) -> Iterable[Drawn]:
    for one in found:
        file = None
        if one.png is not None:
            place = output / f"{stem}.{one.backbone}.png"
            with atomic.enough_space(place):
                output.mkdir(parents=True, exist_ok=True)
                with atomic.replacing(place) as temporary:
                    temporary.write_bytes(one.png)
            file = str(place)
        yield Drawn(one.backbone, one.method, file, one.reason)


def _printable(reason: str | None) -> str | None:
    return None if reason is None else printable(reason)


def show(found: Sequence[Answer], as_json: bool, wide: bool = False) -> None:
    """Prints answers: one JSON of all, or tables of answers, backbones and near training images."""
    if as_json:
        typer.echo(strict_json.dumps([one.as_json() for one in found], indent=1))
        return
    print_rows([_line(one) for one in found], False, wide)
    sound = [(one, one.explanation) for one in found if one.explanation is not None]
    if not sound:
        return
    drawn = any(one.pictures for one in found)
    typer.echo()
    print_rows([row for one, why in sound for row in _backbones(one, why, drawn)], False, wide)
    typer.echo()
    print_rows(
        [
            {"path": one.path, "training image": near.name, "label": near.label, "distance": f"{near.distance:.4f}"}
            for one, why in sound
            for near in why.neighbours
        ],
        False,
        wide,
    )


def _line(one: Answer) -> Facts:
    why = one.explanation
    if why is None:
        return {
            "path": one.path,
            "answer": None,
            "score": None,
            "unlike": None,
            "mean distance": None,
            "error": one.error,
        }
    near = f"{why.distance:.4f} (unlike above {why.threshold:.4f})"
    return {
        "path": one.path,
        "answer": why.answer,
        "score": f"{why.score:.4f}",
        "unlike": why.unlike,
        "mean distance": near,
        "error": None,
    }


def _backbones(one: Answer, why: Explanation, drawn: bool) -> Iterable[Facts]:
    pictures = {picture.backbone: picture for picture in one.pictures}
    for share in why.shares:
        row: Facts = {
            "path": one.path,
            "backbone": share.backbone,
            "adds": f"{share.adds:+.3f}",
            "share": f"{share.share:.0%}",
        }
        if drawn:
            own = pictures[share.backbone]
            row |= {"picture": own.file or f"none: {own.reason}", "by": own.method}
        yield row
