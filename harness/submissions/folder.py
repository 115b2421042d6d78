"""The folder: a submission as it was handed in, read and held against every rule that needs no shards."""

from collections.abc import Iterable, Iterator
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
from fuseboard.harness.submissions.rules.parsing import Model
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding, judge
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
    submission, findings = _judge(folder)
    return submission, safe(findings)


def safe(findings: Iterable[Finding]) -> list[Finding]:
    """Findings as a terminal, a log and a comment may show them: a stranger's words are in them."""
    return [replace(found, message=texts.safe(found.message), fix=texts.safe(found.fix)) for found in findings]


def accepted(folder: Path) -> Submission | None:
    """A submission as it was accepted, None where the folder is not there, so that there was none.

    Raises:
        FuseboardError: what is there cannot be read, so nobody can say what a change of it breaks.
    """
    if not folder.exists():
        return None
    submission, findings = read(folder)
    if submission is None:
        first = next((finding.message for finding in findings if finding.is_bad), "it is not whole")
        raise FuseboardError(f"{folder}: the accepted submission cannot be read ({first}); correct it first")
    return submission


def _judge(folder: Path) -> tuple[Submission | None, list[Finding]]:
    data, findings = files.read(folder)
    is_whole = not findings
    name = folder.absolute().name
    siblings = {path.parent.name for path in folder.absolute().parent.glob(f"*/{manifests.CARD}")}
    findings += names.findings(name, {*registry.names(), *siblings})
    card = _parse(Card, manifests.CARD, data, findings)
    manifest = _parse(Manifest, manifests.FILE, data, findings)
    statement = _parse(Statement, submission_file.FILE, data, findings)
    if README in data and (why := texts.problem(data[README].decode(), files.LIMITS[README], "\r\n\t")):
        findings.append(Finding("wrong", "texts", f"{README} {why}", "write plain text"))
    if card is not None:
        findings += _name_of_shipped(card)
        findings += licence.findings(card, statement is not None and statement.status == "withdrawn")
        findings += source.findings(card)
        findings += overlap.findings(card)
    if manifest is not None:
        findings += datasets.findings(manifest)
    if card is None or manifest is None or statement is None:
        return None, findings
    findings += _agreement(name, card, manifest)
    submission = Submission(folder, card, manifest, statement)
    findings += lifecycle.statement_findings(submission)
    return submission if is_whole else None, findings


def _parse(kind: type[Model], file: str, data: dict[str, bytes], findings: list[Finding]) -> Model | None:
    """One file by its model, None where it is not there or not valid; what is said of it goes to `findings`."""
    if file not in data:
        return None
    content = parsing.read(kind, file, data[file])
    findings += content.findings
    if content.model is not None:
        findings.append(Finding("ok", kind.__name__.lower(), "valid"))
    return content.model


def _name_of_shipped(card: Card) -> Iterator[Finding]:
    """The name of a backbone with a card here may be used for embeddings that this very card makes."""
    if card.id not in registry.names():
        return
    shipped = registry.get(card.id)
    if card == shipped or pin.same_but_for_pins(card, shipped):
        yield Finding("note", "name", f"{card.id} is a backbone of fuseboard; these are embeddings by its own card")
    else:
        message = f"{card.id} is a backbone of fuseboard, and its card there is another"
        yield Finding("wrong", "name", message, "choose another name, or use that card with nothing but its pins added")


def _agreement(name: str, card: Card, manifest: Manifest) -> Iterator[Finding]:
    """Card, manifest and folder must be about one and the same version."""
    fix = "extract again with this card"
    facts: list[tuple[str, object, object, str]] = [
        ("name", card.id, name, "call the folder as the card's id"),
        ("backbone", card.id, manifest.backbone, fix),
        ("dim", card.dim, manifest.dim, fix),
    ]
    if not card.unpinned:
        facts.append(("fingerprint", card.fingerprint, manifest.fingerprint, fix))
    for check, of_card, found, how in facts:
        differs = [(f"the card says {of_card}, here it is {found}", how)] if of_card != found else []
        yield from judge(check, differs, str(found))
    for key in Backbone.model_fields:
        of_card, found = getattr(card.about, key), getattr(manifest.about, key)
        if of_card != found:
            message = f"{key}: the card says {_text(of_card)}, the manifest {_text(found)}"
            yield Finding("wrong", "about", message, "say the same in both, or extract again with this card")


def _text(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
