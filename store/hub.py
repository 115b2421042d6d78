"""The Hugging Face Hub: one dataset repository per backbone, one config per dataset, one tag per version."""

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub import errors as hub_errors
from huggingface_hub.hf_api import RepoFile

from store import card_readme, landing, manifest, shards
from store.errors import FuseboardError, UsageError
from store.landing import Landed
from store.manifest import Manifest, Shard
from store.versions import Version

WORKERS = 4
"""Files downloaded side by side; more gain nothing on one connection."""


@dataclass(frozen=True)
class HubRemote:
    """One commit of a dataset repository. Tokens are the Hub's own business: its login or its environment variable."""

    api: HfApi
    repo_id: str
    commit: str
    sizes: dict[str, int]
    """Path -> bytes of every file of the commit, as the Hub states them."""
    where: str

    @classmethod
    def at(cls, repo_id: str, revision: str | None, where: str) -> "HubRemote":
        """The commit that a revision names now, so that a push in between cannot mix two versions."""
        api = HfApi()
        with _speaking(where):
            commit = api.dataset_info(repo_id, revision=revision).sha or ""
            tree = api.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type="dataset")
            sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
        return cls(api, repo_id, commit, sizes, where)

    def text(self, name: str, limit: int) -> bytes | None:
        """A small file of the commit, or None when it has none."""
        if name not in self.sizes:
            return None
        if (size := self.sizes[name]) > limit:
            raise FuseboardError(f"{self.where}: {name} has {size} bytes, more than the {limit} it may have")
        with _speaking(self.where), TemporaryDirectory() as folder:
            return Path(self._download(name, Path(folder))).read_bytes()

    def fetch(self, wanted: Sequence[tuple[str, Shard]], folder: Path) -> None:
        """Downloads shards side by side, after comparing the sizes the Hub states with those of the manifest."""
        names = {f"{dataset}/{shard.file}": shard.bytes for dataset, shard in wanted}
        for name, size in names.items():
            if self.sizes.get(name) != size:
                found = f"{self.sizes[name]} bytes" if name in self.sizes else "not there"
                raise FuseboardError(
                    f"{self.where}: {name} is {found}, the manifest says {size} bytes; "
                    "ask its publisher to push it again"
                )
        # The client's own bookkeeping there could make it go on with what was refused before.
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        with _speaking(self.where), ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda name: self._download(name, folder), names))

    def _download(self, name: str, folder: Path) -> str:
        return self.api.hf_hub_download(self.repo_id, name, repo_type="dataset", revision=self.commit, local_dir=folder)


def pull(
    root: Path, repo_id: str, dataset: str | None = None, split: str | None = None, revision: str | None = None
) -> Landed:
    """Brings a backbone's embeddings from the Hub into the store, only what is asked for and every file checked.

    Args:
        root: the store.
        repo_id: `ORG/NAME` of a dataset repository.
        dataset: only this one.
        split: only this one.
        revision: a tag (the fingerprint of a version is one), a branch or a commit; the newest commit otherwise.
    """
    where = f"{repo_id}{f' at {revision}' if revision else ''}"
    return landing.land(root, HubRemote.at(repo_id, revision, where), dataset, split)


def push(version: Version, repo_id: str) -> str:
    """Publishes a version as a dataset repository, in one commit tagged with the fingerprint; returns its address.

    Splits of the same fingerprint that the repository already holds stay in it; files of an older fingerprint leave
    its newest commit and remain under their own tag. What is uploaded already is not sent again.

    Raises:
        FuseboardError: the licence does not let embeddings be passed on (before anything is sent), a shard is
            damaged, or the repository holds other vectors under the same fingerprint.
    """
    about = version.manifest.about
    if about.redistribution != "embeddings":
        raise FuseboardError(
            f"{version.manifest.backbone} is not pushed: its licence, {about.licence}, does not let its embeddings be "
            f"passed on (redistribution = {about.redistribution!r} on its card); publish results instead"
        )
    local: dict[str, Path] = {}
    for dataset, _, shard in version.manifest.shards():
        path = version.folder / dataset / shard.file
        shards.verify(path, shard)
        local[f"{dataset}/{shard.file}"] = path
    api = HfApi()
    with _speaking(repo_id):
        address = api.create_repo(repo_id, repo_type="dataset", exist_ok=True)
        remote = HubRemote.at(repo_id, None, repo_id)
        whole = _with_the_remote(version, remote)
        named = {f"{dataset}/{shard.file}" for dataset, _, shard in whole.shards()}
        texts = {
            manifest.FILE: f"{whole.model_dump_json(indent=1)}\n".encode(),
            card_readme.FILE: card_readme.render(whole, repo_id).encode(),
        }
        if (card := version.folder / landing.CARD).is_file():
            local[landing.CARD] = card
        stale = {name for name in remote.sizes if name.endswith(".parquet")} - named
        commit = api.create_commit(
            repo_id,
            [
                *(CommitOperationAdd(name, str(path)) for name, path in local.items()),
                *(CommitOperationAdd(name, text) for name, text in texts.items()),
                *(CommitOperationDelete(name) for name in sorted(stale)),
            ],
            commit_message=f"{version.manifest.backbone} {version.manifest.fingerprint}",
            repo_type="dataset",
            parent_commit=remote.commit,
        )
        _tag(api, repo_id, version.manifest.fingerprint, commit.oid)
    return str(address)


def _with_the_remote(version: Version, remote: HubRemote) -> Manifest:
    """The manifest to publish: this version's, and what the repository already holds of the same fingerprint."""
    text = remote.text(manifest.FILE, landing.TEXT_LIMIT)
    if text is None:
        if foreign := set(remote.sizes) - {".gitattributes", card_readme.FILE}:
            raise FuseboardError(
                f"{remote.where} holds files that fuseboard did not make, such as {min(foreign)}; push to another name"
            )
        return version.manifest
    where = f"{remote.where}: {manifest.FILE}"
    other = manifest.parse(text, where, "delete that file on the Hub, or push to another name")
    if other.backbone != version.manifest.backbone:
        raise UsageError(
            f"{remote.where} holds {other.backbone}, not {version.manifest.backbone}; "
            "a repository holds one backbone: push to another name"
        )
    return (
        version.manifest
        if other.fingerprint != version.manifest.fingerprint
        else landing.merge(version.manifest, other, where)
    )


def _tag(api: HfApi, repo_id: str, name: str, commit: str) -> None:
    """Points the fingerprint's tag at a commit; it moves when a dataset is added to a version."""
    tags = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo_id, repo_type="dataset").tags}
    if tags.get(name) == commit:
        return
    if name in tags:
        api.delete_tag(repo_id, tag=name, repo_type="dataset")
    api.create_tag(repo_id, tag=name, revision=commit, repo_type="dataset")


@contextmanager
def _speaking(where: str) -> Iterator[None]:
    """Turns what the Hub's client raises into one line with the mend."""
    login = "log in with `hf auth login` or set HF_TOKEN to a token that may do this"
    try:
        yield
    except FuseboardError:
        raise
    except hub_errors.HFValidationError as error:
        raise UsageError(f"{where!r} is not the name of a repository on the Hub; write ORG/NAME") from error
    except hub_errors.GatedRepoError as error:
        raise FuseboardError(f"{where}: access is granted on request; ask for it on its page, then {login}") from error
    except hub_errors.RepositoryNotFoundError as error:
        raise FuseboardError(
            f"{where}: no such dataset repository, or a private one; check the name, or {login}"
        ) from error
    except hub_errors.RevisionNotFoundError as error:
        raise FuseboardError(f"{where}: there is no such version; leave --revision out for the newest") from error
    except hub_errors.HfHubHTTPError as error:
        if error.response is None:
            raise _cut_off(where, error) from error
        if (status := error.response.status_code) in (401, 403):
            raise FuseboardError(f"{where}: the Hub refused (HTTP {status}); {login}") from error
        raise FuseboardError(f"{where}: the Hub answered HTTP {status}; try again later") from error
    except (hub_errors.HTTPError, RuntimeError, ValueError, OSError) as error:  # type: ignore[attr-defined]
        if isinstance(error, OSError) and error.errno is not None:  # this machine's own disk, not the Hub
            raise
        raise _cut_off(where, error) from error


def _cut_off(where: str, error: Exception) -> FuseboardError:
    reason = " ".join(str(error.__cause__ or error).split())
    return FuseboardError(f"{where}: the transfer failed ({reason}); run the same command again to go on")
