"""The life cycle of a submission: active, superseded, withdrawn; what a new version may change, and what stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuseboard.harness.submissions.rules import files
from fuseboard.harness.submissions.rules.parsing import read
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding, judge
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.results import submission_file
from fuseboard.store.results.submission_file import Statement

KEEP = 'keep the folder with its card and manifest, and set status = "withdrawn" with a reason'


def statement_findings(submission: Submission) -> Iterator[Finding]:
    """Whether what a submission says of its life cycle holds together, its successors beside it included."""
    statement, tomorrow = submission.statement, manifests.now().date() + timedelta(days=1)
    earlier, ends = [v.fingerprint for v in statement.earlier], [v.until for v in statement.earlier]
    rules = {
        "lists the version that is handed in as an earlier one: a version does not come back": (
            submission.manifest.fingerprint in earlier
        ),
        "lists an earlier version twice": len(set(earlier)) < len(earlier),
        "lists earlier versions that are not in the order of their days, or end in the future": (
            ends != sorted(ends) or (ends and ends[-1] > tomorrow)
        ),
    }
    for problem, is_broken in rules.items():
        if is_broken:
            fix = "give each earlier version once, oldest first"
            yield Finding("wrong", "history", f"{submission_file.FILE} {problem}", fix)
    if statement.status == "superseded":
        yield _successors(submission.folder.absolute(), statement)
    elif statement.status == "withdrawn":
        yield Finding("note", "life", f"withdrawn, because {statement.reason}; not ranked, shards not asked for")
    if statement.shards.folder is not None and statement.status != "withdrawn":
        yield Finding("note", "shards", "they lie on this machine only; a pull request names a Hub commit or a record")


def _successors(folder: Path, statement: Statement) -> Finding:
    """Follows `superseded_by` from folder to folder until a submission that is not superseded."""
    fix, chain = "name the folder of the submission that follows this one", [folder.name]
    while (name := statement.superseded_by) is not None:
        if name in chain:
            message = f"superseded_by goes in a circle: {' -> '.join([*chain, name])}"
            return Finding("wrong", "life", message, fix)
        chain.append(name)
        place = folder.parent / name
        data = files.content_of(place / submission_file.FILE, files.LIMITS[submission_file.FILE])
        if place.is_symlink() or not isinstance(data, bytes):
            return Finding("wrong", "life", f"superseded_by names {name}, and there is no such submission here", fix)
        successor = read(Statement, submission_file.FILE, data).model
        if successor is None:
            message = f"superseded_by names {name}, whose {submission_file.FILE} is broken"
            return Finding("wrong", "life", message, "fix that one first")
        statement = successor
    return Finding("note", "life", f"superseded: {' -> '.join(chain)}")


def findings(new: Submission | None, accepted: Submission | None) -> Iterator[Finding]:
    """What a change of a submission breaks.

    Args:
        new: as it is handed in; None where the folder is gone.
        accepted: as it was accepted; None where it was never there.
    """
    if accepted is None:
        yield Finding("ok", "history", "a new submission")
        return
    name = accepted.card.id
    if new is None:
        yield Finding("wrong", "history", f"{name} is removed without its history", KEEP)
        return
    is_same = new.manifest.fingerprint == accepted.manifest.fingerprint
    ok = f"the same version, {new.statement.status}" if is_same else "a new version"
    yield from judge("history", ((f"{name}: {problem}", fix) for problem, fix in _problems(new, accepted)), ok)


def _problems(new: Submission, accepted: Submission) -> Iterator[tuple[str, str]]:
    if new.card.id != accepted.card.id:
        yield f"is now called {new.card.id}", "make a submission of that name, and let this one be superseded by it"
    old_history, history = accepted.statement.earlier, new.statement.earlier
    if history[: len(old_history)] != old_history:
        yield "earlier versions were dropped or changed", f"put them back into {submission_file.FILE} as they were"
    old, own = accepted.manifest, new.manifest
    if _created(own) < _created(old):
        message = f"was made {own.created}, and the accepted version {old.created}: a version does not regress"
        yield message, "hand in the newer one, or extract again"
    same_statement = replace(new, statement=accepted.statement, folder=accepted.folder)
    if new.statement.status == "withdrawn" and same_statement != accepted:
        yield "is withdrawn, and its card or manifest changed with it", KEEP
    elif own.fingerprint == old.fingerprint:
        yield from _same_version(own, old)
    elif old.fingerprint not in [version.fingerprint for version in history]:
        lines = f'fingerprint = "{old.fingerprint}", until = {manifests.now().date()}, reason = "…"'
        yield f"the accepted version {old.fingerprint} is not in its history", f"add [[earlier]] with {lines}"


def _same_version(own: Manifest, old: Manifest) -> Iterator[tuple[str, str]]:
    """Under one fingerprint, vectors neither change nor disappear."""
    fix = "put them back, or make a new version by a card that says what changed"
    for name, entry in old.datasets.items():
        splits = own.datasets[name].splits if name in own.datasets else {}
        for split, part in entry.splits.items():
            if split not in splits:
                yield f"{name} {split} is gone from the accepted version", fix
            elif splits[split].shards != part.shards:
                yield f"{name} {split} has other vectors under the accepted fingerprint", fix


def _created(manifest: Manifest) -> datetime:
    """When a version was made; a time without a zone, which another rule refuses, is taken for UTC."""
    return manifest.created.replace(tzinfo=manifest.created.tzinfo or UTC)
