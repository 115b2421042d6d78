"""The place of a published version, as a person names it: a repository on the Hub, or a Zenodo record."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuseboard.store.errors import UsageError
from fuseboard.store.remotes import pull as landing
from fuseboard.store.remotes import zenodo
from fuseboard.store.remotes.pull import Landed, Remote


def check(name: str, revision: str | None = None, sandbox: bool = False) -> None:
    """Raises UsageError where a name and what is said beside it cannot be meant; nothing is asked for it."""
    if zenodo.is_record(name):
        if revision is not None:
            raise UsageError("--revision is the Hub's; a Zenodo record is one version already")
        zenodo.site(sandbox).number(name)
        return
    if sandbox:
        raise UsageError("--sandbox is Zenodo's; give a record's number or DOI")
    from fuseboard.store.remotes import hub_address

    hub_address.parse(name, revision)


@contextmanager
def opened(name: str, revision: str | None = None, sandbox: bool = False) -> Iterator[Remote]:
    """Hands out the remote that a name means.

    Args:
        name: `ORG/NAME` on the Hub or the address of its page; or a Zenodo record, by number, DOI or address.
        revision: a fingerprint or the beginning of one, a tag, a branch or a commit on the Hub.
        sandbox: look in Zenodo's sandbox.

    Raises:
        FuseboardError: it cannot be meant, or is not there.
    """
    check(name, revision, sandbox)
    if zenodo.is_record(name):
        with zenodo.opened(name, sandbox) as record:
            yield record
    else:
        from fuseboard.store.remotes import hub

        yield hub.opened(name, revision)


def pull(
    root: Path,
    name: str,
    dataset: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    sandbox: bool = False,
) -> Landed:
    """Brings a version into the store, only what is asked for and every file checked; arguments as `opened`'s."""
    with opened(name, revision, sandbox) as remote:
        return landing.land(root, remote, dataset, split)
