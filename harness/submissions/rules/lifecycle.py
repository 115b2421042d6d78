"""The life of a submission: active, superseded, withdrawn; what a new version may change, and what stays for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuseboard.harness.submissions.rules import files
from fuseboard.harness.submissions.rules.parsing import read
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.results import submission_file
from fuseboard.store.results.submission_file import Statement

KEEP = 'keep the folder with its card and manifest, and set status = "withdrawn" with a reason'


def standing(now: Submission) -> Iterator[Finding]:
    """Whether what a submission says of its life holds together, its successors beside it included."""
    said, today = now.statement, manifests.now().date() + timedelta(days=1)
    before = [version.fingerprint for version in said.earlier]
    problems = []
    if now.manifest.fingerprint in before:
        problems.append("lists the version that is handed in as an earlier one: a version does not come back")
    if len(set(before)) < len(before):
        problems.append("lists an earlier version twice")
    ends = [version.until for version in said.earlier]
    if ends != sorted(ends) or (ends and ends[-1] > today):
        problems.append("lists earlier versions that are not in the order of their days, or end in the future")
    for problem in problems:
        yield Finding(
            "wrong", "history", f"{submission_file.FILE} {problem}", "give each earlier version once, oldest first"
        )
    if said.status == "superseded":
        yield from _successors(now.folder.absolute(), said)
    elif said.status == "withdrawn":
        yield Finding("note", "life", f"withdrawn, because {said.reason}; not ranked, shards not asked for")
    if said.shards.folder is not None and said.status != "withdrawn":
        yield Finding("note", "shards", "they lie on this machine only; a pull request names a Hub commit or a record")


def _successors(folder: Path, said: Statement) -> Iterator[Finding]:
    """Follows `superseded_by` from folder to folder until one that is not superseded."""
    mend, seen = "name the folder of the submission that follows this one", [folder.name]
    while said.superseded_by is not None:
        name = said.superseded_by
        if name in seen:
            told = f"superseded_by goes in a circle: {' -> '.join([*seen, name])}"
            yield Finding("wrong", "life", told, mend)
            return
        seen.append(name)
        place = folder.parent / name
        data = files.content_of(place / submission_file.FILE, files.LIMITS[submission_file.FILE])
        if place.is_symlink() or not isinstance(data, bytes):
            yield Finding("wrong", "life", f"superseded_by names {name}, and there is no such submission here", mend)
            return
        following = read(Statement, submission_file.FILE, data).model
        if following is None:
            told = f"superseded_by names {name}, whose {submission_file.FILE} is broken"
            yield Finding("wrong", "life", told, "mend that one first")
            return
        said = following
    yield Finding("note", "life", f"superseded: {' -> '.join(seen)}")


def findings(now: Submission | None, before: Submission | None) -> Iterator[Finding]:
    """What a change of a submission breaks.

    Args:
        now: as it is handed in; None where the folder is gone.
        before: as it was accepted; None where it is new.
    """
    if before is None:
        yield Finding("ok", "history", "a new submission")
        return
    name = before.card.id
    if now is None:
        yield Finding("wrong", "history", f"{name} is removed without its history", KEEP)
        return
    problems = list(_problems(now, before))
    for problem, mend in problems:
        yield Finding("wrong", "history", f"{name}: {problem}", mend)
    if not problems:
        same = now.manifest.fingerprint == before.manifest.fingerprint
        yield Finding("ok", "history", f"the same version, {now.statement.status}" if same else "a new version")


def _problems(now: Submission, before: Submission) -> Iterator[tuple[str, str]]:
    if now.card.id != before.card.id:
        yield (
            f"is now called {now.card.id}",
            "make a submission of that name, and let this one be superseded by it",
        )
    old, new = before.statement.earlier, now.statement.earlier
    if new[: len(old)] != old:
        yield (
            "earlier versions were dropped or changed",
            f"put them back into {submission_file.FILE} as they were",
        )
    former, present = before.manifest, now.manifest
    if _when(present) < _when(former):
        told = f"was made {present.created}, and the accepted version {former.created}: a version does not regress"
        yield told, "hand in the newer one, or extract again"
    if now.statement.status == "withdrawn" and replace(now, statement=before.statement, folder=before.folder) != before:
        yield "is withdrawn, and its card or manifest changed with it", KEEP
    elif present.fingerprint == former.fingerprint:
        yield from _same_version(present, former)
    elif former.fingerprint not in [version.fingerprint for version in new]:
        lines = f'fingerprint = "{former.fingerprint}", until = {manifests.now().date()}, reason = "…"'
        yield f"the accepted version {former.fingerprint} is not in its history", f"add [[earlier]] with {lines}"


def _same_version(present: Manifest, former: Manifest) -> Iterator[tuple[str, str]]:
    """Under one fingerprint vectors neither change nor go."""
    mend = "put them back, or make a new version by a card that says what changed"
    for name, entry in former.datasets.items():
        there = present.datasets[name].splits if name in present.datasets else {}
        for split, part in entry.splits.items():
            if split not in there:
                yield f"{name} {split} is gone from the accepted version", mend
            elif there[split].shards != part.shards:
                yield f"{name} {split} has other vectors under the accepted fingerprint", mend


def _when(said: Manifest) -> datetime:
    """When a version was made; one without a zone is judged elsewhere and taken for UTC here."""
    return said.created.replace(tzinfo=said.created.tzinfo or UTC)
