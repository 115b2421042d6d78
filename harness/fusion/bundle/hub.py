"""The Hub: a bundle as a model repository, pushed in one commit, pulled whole or not at all."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_url
from huggingface_hub import errors as hub_errors
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.fusion.bundle import manifest as manifests
from fuseboard.harness.fusion.bundle import model_card, writing
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.harness.fusion.bundle.manifest import FILE, LIMIT, Manifest, parse
from fuseboard.store.embeddings import licence
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.files.progress import transferring
from fuseboard.store.remotes import hub, hub_address
from fuseboard.store.remotes.http import TIMEOUT, Server
from fuseboard.store.remotes.hub_errors import LOGIN, speaking

KIND: Literal["model"] = "model"
OF_THE_HUB = {".gitattributes", manifests.README}
"""Files that the Hub makes itself in a new repository."""


def allow(bundle: Bundle, private: bool) -> None:
    """Raises, naming the licence, unless a bundle may go where it is to go. Nothing is sent before it.

    A bundle holds vectors of training images, so what a licence says of embeddings holds for it.
    """
    for name, card in bundle.cards.items():
        if card.redistribution != "embeddings":
            raise FuseboardError(
                f"the bundle is not published: the licence of {name}, {card.licence}, does not let its embeddings be "
                f"passed on (redistribution = {card.redistribution!r} on its card), and some are in it; publish results"
            )
    said = bundle.facts.summary.licence or "not stated"
    if not private and not licence.is_open(said):
        raise FuseboardError(
            f"the bundle is not made public: the licence of its training images, {said!r}, is none that is known to "
            "let everyone have them; push it to a private repository"
        )


def is_private(repo_id: str) -> bool | None:
    """Whether only those who are let in see a repository; None where there is none that this login sees."""
    with speaking(repo_id, KIND):
        try:
            return bool(HfApi().model_info(repo_id).private)
        except hub_errors.RepositoryNotFoundError:
            return None


def push(bundle: Bundle, repo_id: str, private: bool) -> str:
    """Publishes a bundle as a model repository, in one commit; returns its address.

    Args:
        bundle: to send.
        repo_id: `ORG/NAME`; made where it does not exist.
        private: only those who are let in see the repository. One that exists stays as private as it is.

    Raises:
        FuseboardError: a licence does not allow it, the repository holds something else, or is public and must not be.
    """
    allow(bundle, private)
    files = bundle.files() | {manifests.README: model_card.render(bundle.facts, repo_id).encode()}
    facts = writing.listed(bundle.facts, files)
    with speaking(repo_id, KIND):
        api = HfApi()
        address = api.create_repo(repo_id, repo_type=KIND, private=private, exist_ok=True)
        hub.expect_audience(repo_id, is_private(repo_id), private)
        remote = _Remote(repo_id, None)
        there = remote.manifest() if FILE in remote.sizes else None
        known = OF_THE_HUB | ({FILE, *there.files} if there is not None else set())
        if foreign := sorted(set(remote.sizes) - known):
            raise FuseboardError(
                f"{repo_id} holds files that no bundle has, such as {foreign[0]}; push to another name"
            )
        stale = set(remote.sizes) - set(files) - {FILE, ".gitattributes"}
        commit: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, content) for name, content in files.items()),
            CommitOperationAdd(FILE, writing.text(facts)),
            *(CommitOperationDelete(name) for name in sorted(stale)),
        ]
        named = "+".join(bundle.backbones_)
        api.create_commit(
            repo_id, commit, commit_message=f"fuseboard: {named}"[:200], repo_type=KIND, parent_commit=remote.commit
        )
    return str(address)


def pull(repo_id: str, path: Path, revision: str | None = None, own_cards: Sequence[Card] = ()) -> Bundle:
    """Brings a bundle from the Hub; it appears once it is whole, and was looked through as `load` does.

    Args:
        repo_id: `ORG/NAME` of a model repository, or the address of its page.
        path: of the folder, or zip, that it becomes.
        revision: a branch, a tag or a commit; the newest commit otherwise.
        own_cards: of backbones that fuseboard does not ship.
    """
    writing.refuse_other(path)
    repo_id, revision = hub_address.parse(repo_id, revision, KIND)
    with speaking(repo_id, KIND):
        remote = _Remote(repo_id, revision)
    if FILE not in remote.sizes:
        raise FuseboardError(f"{remote.where}: there is no {FILE}, so it is no bundle; check the name")
    facts = remote.manifest()
    with tempfile.TemporaryDirectory(prefix="fuseboard-") as temporary, atomic.enough_space(path):
        with transferring(repo_id, sum(file.bytes for file in facts.files.values())) as advance:
            for name, file in facts.files.items():
                content = remote.text(name, file.bytes)
                (Path(temporary) / name).write_bytes(content)
                advance(len(content))
        (Path(temporary) / FILE).write_bytes(remote.text(FILE, LIMIT))
        try:
            found = load(temporary, own_cards=own_cards)
        except FuseboardError as error:
            raise type(error)(str(error).replace(temporary, remote.where)) from error
        found.save(path)
    return found


class _Remote:
    """One commit of a model repository. Tokens are the Hub's own business: its login or its environment variable."""

    def __init__(self, repo_id: str, revision: str | None) -> None:
        self.repo_id, self.where = repo_id, f"{repo_id}{f' at {revision}' if revision else ''}"
        api = HfApi()
        try:
            self.commit = api.model_info(repo_id, revision=revision).sha or ""
        except hub_errors.RevisionNotFoundError:
            raise FuseboardError(
                f"{self.where}: there is no such revision; leave --revision out for the newest"
            ) from None
        tree = api.list_repo_tree(repo_id, recursive=True, revision=self.commit, repo_type=KIND)
        self.sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
        client = httpx2.Client(headers=build_hf_headers(), follow_redirects=True, timeout=TIMEOUT)
        self._server = Server(client, self.where, "a file that it lists is not there; ask who pushed it", LOGIN)

    def manifest(self) -> Manifest:
        """Reads the manifest, which must list what the repository holds."""
        found = parse(self.text(FILE, LIMIT), self.where)
        if lacking := sorted(name for name, file in found.files.items() if self.sizes.get(name) != file.bytes):
            raise FuseboardError(
                f"{self.where}: {lacking[0]} is missing or of another size than {FILE} says; nothing was pulled"
            )
        return found

    def text(self, name: str, limit: int) -> bytes:
        """Returns a file of the commit; more than `limit` bytes are refused."""
        url = hf_hub_url(self.repo_id, name, repo_type=KIND, revision=self.commit)
        return self._server.text(url, limit)
