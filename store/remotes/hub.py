"""The Hugging Face Hub: one dataset repository per backbone, one config per dataset, one tag per version."""

from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_url
from huggingface_hub import errors as hub_errors
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from fuseboard.store.embeddings import dataset_card, history, licence, manifest, shards, versions
from fuseboard.store.embeddings.manifest import Manifest, Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import derived_file, hub_address, publication
from fuseboard.store.remotes import pull as landing
from fuseboard.store.remotes.http import TIMEOUT, Server
from fuseboard.store.remotes.hub_errors import LOGIN, speaking
from fuseboard.store.remotes.pull import Landed


@dataclass(frozen=True)
class HubRemote:
    """One commit of a dataset repository. Tokens are the Hub's own business: its login or its environment variable."""

    server: Server
    origin: str
    revision: str
    sizes: dict[str, int]
    """Path -> bytes of every file of the commit, as the Hub states them."""

    @classmethod
    def at(cls, repo_id: str, revision: str | None, where: str) -> "HubRemote":
        """The commit that a revision names now, so that a push in between cannot mix two versions."""
        api = HfApi()
        with speaking(where):
            commit = _commit(api, repo_id, revision)
            tree = api.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type="dataset")
            sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
            client = httpx2.Client(headers=build_hf_headers(), follow_redirects=True, timeout=TIMEOUT)
        missing = "a file that its commit lists is not there; ask its publisher to push it again"
        return cls(Server(client, where, missing, LOGIN), repo_id, commit, sizes)

    def text(self, name: str, limit: int) -> bytes | None:
        """Returns a small file of the commit, or None when it has none."""
        return self.server.text(self._url(name), limit) if name in self.sizes else None

    def address(self, dataset: str, shard: Shard) -> str:
        """Where a shard is, after comparing the size the Hub states with the manifest's."""
        name = f"{dataset}/{shard.file}"
        landing.expect(self.server.where, name, self.sizes.get(name), shard, "ask its publisher to push it again")
        return self._url(name)

    def _url(self, name: str) -> str:
        return hf_hub_url(self.origin, name, repo_type="dataset", revision=self.revision)


def pull(
    root: Path, repo_id: str, dataset: str | None = None, split: str | None = None, revision: str | None = None
) -> Landed:
    """Brings a backbone's embeddings from the Hub into the store, only what is asked for and every file checked.

    Args:
        root: the store.
        repo_id: `ORG/NAME` of a dataset repository, or the address of its page.
        dataset: only this one.
        split: only this one.
        revision: a fingerprint or the beginning of one, a tag, a branch or a commit; the newest commit otherwise.
    """
    return landing.land(root, opened(repo_id, revision), dataset, split)


def opened(repo_id: str, revision: str | None = None) -> HubRemote:
    """The repository that a name or an address means, at the commit that its revision is now; arguments as `pull`'s."""
    repo_id, revision = hub_address.parse(repo_id, revision)
    return HubRemote.at(repo_id, revision, f"{repo_id}{f' at {revision}' if revision else ''}")


def is_private(repo_id: str) -> bool | None:
    """Whether only those who are let in see a repository; None where there is none that this login sees."""
    with speaking(repo_id):
        try:
            return bool(HfApi().dataset_info(repo_id).private)
        except hub_errors.RepositoryNotFoundError:
            return None


def expect_audience(repo_id: str, there: bool | None, private: bool) -> None:
    """Raises where a repository is public, `there` being False, and what is to go there must not be."""
    if private and there is False:
        raise FuseboardError(
            f"{repo_id} exists and is public; push to another name, make it private on its page, or say --public"
        )


def push(root: Path, version: Version, repo_id: str, private: bool) -> str:
    """Publishes a version as a dataset repository, in one commit tagged with the fingerprint; returns its address.

    Splits of the same fingerprint that the repository already holds stay in it; files of an older fingerprint leave
    its newest commit and remain under their own tag. What is uploaded already is not sent again.

    Args:
        root: the store.
        version: with the datasets that are to go, and no others.
        repo_id: `ORG/NAME`; made where it does not exist.
        private: only those who are let in see the repository. One that exists stays as private as it is.

    Raises:
        FuseboardError: a licence does not let embeddings be passed on (before anything is sent), a shard is damaged,
            the repository holds other vectors under the same fingerprint, or is public and must not be.
    """
    licence.allow(version, private)
    local: dict[str, Path] = {}
    for dataset, _, shard in version.manifest.shards():
        path = version.folder / dataset / shard.file
        shards.verify(path, shard)
        local[f"{dataset}/{shard.file}"] = path
    api = HfApi()
    with speaking(repo_id):
        address = api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
        expect_audience(repo_id, is_private(repo_id), private)
        remote = HubRemote.at(repo_id, None, repo_id)
        whole = _with_the_remote(version, remote)
        named = {f"{dataset}/{shard.file}" for dataset, _, shard in whole.shards()}
        texts = {
            manifest.FILE: f"{whole.model_dump_json(indent=1)}\n".encode(),
            dataset_card.FILE: dataset_card.render(whole, licence.holds_image(version.folder, whole), repo_id).encode(),
        }
        if (card := publication.card_of(version)) is not None:
            texts[manifest.CARD] = card
        texts |= derived_file.given(version)
        stale = {name for name in remote.sizes if name.endswith(".parquet")} - named - set(texts)
        commit = api.create_commit(
            repo_id,
            [
                *(CommitOperationAdd(name, str(path)) for name, path in local.items()),
                *(CommitOperationAdd(name, text) for name, text in texts.items()),
                *(CommitOperationDelete(name) for name in sorted(stale)),
            ],
            commit_message=f"{version.manifest.backbone} {version.manifest.fingerprint}",
            repo_type="dataset",
            parent_commit=remote.revision,
        )
        _tag(api, repo_id, version.manifest.fingerprint, commit.oid)
    with versions.lock_of(root, version.manifest.backbone, version.manifest.fingerprint):
        history.add(version.folder, "pushed", repo_id, history.splits_of(version.manifest), revision=commit.oid)
    return str(address)


def _with_the_remote(version: Version, remote: HubRemote) -> Manifest:
    """The manifest to publish: this version's, and what the repository already holds of the same fingerprint."""
    text = remote.text(manifest.FILE, landing.TEXT_LIMIT)
    if text is None:
        if foreign := set(remote.sizes) - {".gitattributes", dataset_card.FILE}:
            raise FuseboardError(
                f"{remote.server.where} holds files that fuseboard did not make, such as {min(foreign)}; "
                "push to another name"
            )
        return version.manifest
    where = f"{remote.server.where}: {manifest.FILE}"
    other = manifest.parse(text, where, "delete that file on the Hub, or push to another name")
    if other.backbone != version.manifest.backbone:
        raise UsageError(
            f"{remote.server.where} holds {other.backbone}, not {version.manifest.backbone}; "
            "a repository holds one backbone: push to another name"
        )
    return (
        version.manifest
        if other.fingerprint != version.manifest.fingerprint
        else landing.merge(version.manifest, other, where)
    )


def _commit(api: HfApi, repo_id: str, revision: str | None) -> str:
    """Returns the commit of a revision, which may also be the beginning of a fingerprint that is a tag."""
    try:
        return api.dataset_info(repo_id, revision=revision).sha or ""
    except hub_errors.RevisionNotFoundError:
        tags = api.list_repo_refs(repo_id, repo_type="dataset").tags
        fitting = [tag for tag in tags if revision and tag.name.startswith(revision)]
        if len(fitting) != 1:
            known = ", ".join(sorted(tag.name for tag in fitting or tags)) or "none"
            raise FuseboardError(
                f"{repo_id} at {revision}: {'several versions begin so' if fitting else 'there is no such version'}; "
                f"its versions: {known}; leave --revision out for the newest"
            ) from None
        return str(fitting[0].target_commit)


def _tag(api: HfApi, repo_id: str, name: str, commit: str) -> None:
    """Points the fingerprint's tag at a commit; it moves when a dataset is added to a version."""
    tags = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo_id, repo_type="dataset").tags}
    if tags.get(name) == commit:
        return
    if name in tags:
        api.delete_tag(repo_id, tag=name, repo_type="dataset")
    api.create_tag(repo_id, tag=name, revision=commit, repo_type="dataset")
