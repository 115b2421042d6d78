"""The folder: a submission as it was handed in, read and held against every rule that needs no shards."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fuseboard.harness.backbones import pin, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.submissions.rules import (
    datasets,
    files,
    licence,
    lifecycle,
    names,
    overlap,
    parsing,
    source,
    texts,
)
from fuseboard.harness.submissions.rules.files import README
from fuseboard.harness.submissions.rules.parsing import Content, Model
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Backbone, Manifest
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import submission_file
from fuseboard.store.results.submission_file import Statement


def read(folder: Path) -> tuple[Submission | None, list[Finding]]:
    """What the folder holds, and everything that the rules say of it.

    Nothing is fetched, written or imported for it. Every file is judged even where another is broken; only what would
    need the broken one is left out.

    Returns:
        The submission, None where a file is missing, foreign, a link, or not what it should be; and the findings.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; a submission is a folder with {', '.join(files.NEEDED)}")
    found, submission = _judged(folder)
    return submission, [replace(f, message=texts.safe(f.message), fix=texts.safe(f.fix)) for f in found]


def accepted(folder: Path) -> Submission | None:
    """A submission as it was accepted, None where the folder is not there, so that there was none.

    Raises:
        FuseboardError: what is there cannot be read, so nobody can say what a change of it breaks.
    """
    if not folder.exists():
        return None
    found, findings = read(folder)
    if found is None:
        first = next((finding.message for finding in findings if finding.is_bad), "it is not whole")
        raise FuseboardError(f"{folder}: the accepted submission cannot be read ({first}); mend it first")
    return found


def _judged(folder: Path) -> tuple[list[Finding], Submission | None]:
    data, findings = files.read(folder)
    is_whole = not findings
    name = folder.absolute().name
    findings += names.findings(name, {*registry.names(), *_beside(folder)})
    card = _content(Card, manifests.CARD, data)
    said = _content(Manifest, manifests.FILE, data)
    stated = _content(Statement, submission_file.FILE, data)
    for content, what in ((card, "card"), (said, "manifest"), (stated, "statement")):
        findings += content.findings
        if content.model is not None:
            findings.append(Finding("ok", what, "valid"))
    if README in data and (why := texts.problem(data[README].decode(), files.LIMITS[README], "\r\n\t")):
        findings.append(Finding("wrong", "texts", f"{README} {why}", "write plain text"))
    if card.model is not None:
        is_withdrawn = stated.model is not None and stated.model.status == "withdrawn"
        findings += _taken(card.model)
        findings += licence.findings(card.model, is_withdrawn)
        findings += source.findings(card.model)
        findings += overlap.findings(card.model)
    if said.model is not None:
        findings += datasets.findings(said.model)
    if card.model is None or said.model is None or stated.model is None:
        return findings, None
    findings += _agreement(name, card.model, said.model)
    submission = Submission(folder, card.model, said.model, stated.model)
    findings += lifecycle.standing(submission)
    return findings, submission if is_whole else None


def _content(kind: type[Model], file: str, data: dict[str, bytes]) -> Content[Model]:
    return parsing.read(kind, file, data[file]) if file in data else Content(None, [])


def _beside(folder: Path) -> set[str]:
    """The names of the submissions that lie in the same folder, this one's among them."""
    parent = folder.absolute().parent
    return {path.parent.name for path in parent.glob(f"*/{manifests.CARD}")}


def _taken(card: Card) -> Iterator[Finding]:
    """The name of a backbone with a card here may be used for embeddings that this very card makes."""
    if card.id not in registry.names():
        return
    shipped = registry.get(card.id)
    if card == shipped or pin.same_but_for_pins(card, shipped):
        yield Finding("note", "name", f"{card.id} is a backbone of fuseboard; these are embeddings by its own card")
    else:
        told = f"{card.id} is a backbone of fuseboard, and its card there is another"
        yield Finding("wrong", "name", told, "choose another name, or use that card with nothing but its pins added")


def _agreement(name: str, card: Card, said: Manifest) -> Iterator[Finding]:
    """Card, manifest and folder must be about one and the same version."""
    mend = "extract again with this card"
    facts: list[tuple[str, object, object, str]] = [
        ("name", card.id, name, "call the folder as the card's id"),
        ("backbone", card.id, said.backbone, mend),
        ("dim", card.dim, said.dim, mend),
    ]
    if not card.unpinned:
        facts.append(("fingerprint", card.fingerprint, said.fingerprint, mend))
    for rule, of_card, found, fix in facts:
        if of_card == found:
            yield Finding("ok", rule, str(found))
        else:
            yield Finding("wrong", rule, f"the card says {of_card}, here it is {found}", fix)
    for key in Backbone.model_fields:
        ours, theirs = getattr(card.about, key), getattr(said.about, key)
        if ours != theirs:
            told = f"{key}: the card says {_words(ours)}, the manifest {_words(theirs)}"
            yield Finding("wrong", "about", told, "say the same in both, or extract again with this card")


def _words(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
