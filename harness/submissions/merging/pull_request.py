"""A pull request: the data files of one submission, taken out of a reviewed commit. Nothing else of it is read."""

import re
from pathlib import Path

from fuseboard.harness.submissions.merging.git import FOLDER, PLAIN, Entry, Repository
from fuseboard.harness.submissions.rules import files, names, texts
from fuseboard.store.errors import FuseboardError, UsageError

BEFORE = "before"


def import_submission(repository: Repository, commit: str, head: str, base: str, into: Path) -> str:
    """Writes what the submissions would be once the commit is merged, and what the changed one was.

    Args:
        repository: holds the commit already.
        commit: the 40 digits that somebody looked at.
        head: a reference to what the pull request holds now; it must still be that commit.
        base: the main branch, whose word is taken for everything but the one submission.
        into: a folder that does not exist or is empty. `submissions/` in it gets every submission, as `base` has them
            and the changed one as the commit has it; `before/NAME` what `base` has of that, if anything.

    Returns:
        The submission's name.

    Raises:
        UsageError: `commit` is no full hash, or `into` holds something.
        FuseboardError: the commit is not the head, or changes anything but the allowed files of one submission.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise UsageError(f"{commit[:60]!a} is not the full hash of a commit; copy its 40 digits")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(f"{into} is there already; name a new folder")
    current, trunk = repository.resolve(head), repository.resolve(f"{base}^{{commit}}")
    if current != commit:
        raise FuseboardError(
            f"the pull request now ends in {current}, not in {commit}; review that one and start again"
        )
    name, entry = _changed(repository, repository.root(commit), repository.root(repository.merge_base(trunk, commit)))
    kept = _submissions(repository, repository.root(trunk))
    data = _files(repository, name, entry)
    if problems := list(names.problems(name, kept)):
        raise _refused(f"the name {name!a} {'; '.join(problems)}; {names.FIX}")
    for other, found in kept.items():
        if found.mode == FOLDER and other != name:
            _write(into / files.SUBMISSIONS / other, _files(repository, other, found))
    _write(into / files.SUBMISSIONS / name, data)
    if name in kept:
        _write(into / BEFORE / name, _files(repository, name, kept[name]))
    return name


def _changed(repository: Repository, new: dict[str, Entry], old: dict[str, Entry]) -> tuple[str, Entry]:
    """The one folder of submissions/ in which two trees differ."""
    for path in _differing(new, old):
        if path != files.SUBMISSIONS:
            raise _refused(f"it changes {texts.safe(path, 100)!a}, which is not in {files.SUBMISSIONS}/")
    own = _submissions(repository, new)
    found = _differing(own, _submissions(repository, old))
    if len(found) != 1:
        shown = ", ".join(f"{texts.safe(name, 60)!a}" for name in found[:5]) or "nothing"
        raise _refused(f"it changes {shown} in {files.SUBMISSIONS}/; a pull request is about one submission")
    (name,) = found
    if name not in own:
        raise _refused(f'it removes {name!a}; keep the folder and set status = "withdrawn" with a reason')
    return name, own[name]


def _submissions(repository: Repository, root: dict[str, Entry]) -> dict[str, Entry]:
    entry = root.get(files.SUBMISSIONS)
    if entry is None:
        return {}
    if entry.mode != FOLDER:
        raise _refused(f"{files.SUBMISSIONS} is {entry.kind}")
    return repository.tree(entry.sha)


def _files(repository: Repository, name: str, entry: Entry) -> dict[str, bytes]:
    """The allowed files of a submission's folder; one that is not allowed refuses all."""
    if entry.mode != FOLDER:
        raise _refused(f"{texts.safe(name, 100)!a} is {'a file' if entry.mode == PLAIN else entry.kind}, not a folder")
    found = {}
    for file, part in repository.tree(entry.sha).items():
        where = f"{name}/{texts.safe(file, 100)}"
        if file not in files.LIMITS:
            raise _refused(f"{where!a} does not belong there; only {', '.join(files.LIMITS)} do")
        if part.mode != PLAIN:
            raise _refused(f"{where!a} is {part.kind}, not a plain file")
        try:
            found[file] = repository.read(part.sha, "blob", files.LIMITS[file])
        except FuseboardError as error:
            raise _refused(f"{where!a}: {error}") from error
    return found


def _differing(new: dict[str, Entry], old: dict[str, Entry]) -> list[str]:
    return sorted(path for path in {*new, *old} if new.get(path) != old.get(path))


def _write(folder: Path, data: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in data.items():
        with (folder / name).open("xb") as file:
            file.write(content)


def _refused(reason: str) -> FuseboardError:
    return FuseboardError(f"the commit is not taken: {reason}")
