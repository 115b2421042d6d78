"""Pins held against the place that publishes the weights: what a stranger's card says is not taken on their word."""

from collections.abc import Iterable

from fuseboard.harness.backbones import weight_sources, weights
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of


def confirm(card: Card) -> None:
    """Asks whether the place has these very files; weights of a Hub repository are not downloaded for it.

    The Hub lists the SHA-256 of large files for everyone, gated ones included. Small files (an index of shards) and
    those of other places are fetched and hashed.

    Args:
        card: pinned.

    Raises:
        FuseboardError: the commit is none of the repository's main branch, a file is another one, or nobody answers.
    """
    source = card.source
    if source.hub_id is None:
        weights.files_of(card)
        return
    _confirm_commit(card)
    _confirm_files(card, [(None, str(source.sha256))])
    if source.is_indexed:
        needed = set(weights.shards_of(card, weight_sources.fetch(card)))
        if needed != set(source.shards):
            odd = sorted(needed ^ set(source.shards))[0]
            raise FuseboardError(f"{card.id}: its index and its pins differ about the shard {odd}; pin it again")
        _confirm_files(card, source.shards.items())


def _confirm_commit(card: Card) -> None:
    """A proposal's commit answers under the repository's name too, and anybody may make one."""
    from huggingface_hub import HfApi

    source = card.source
    with weight_sources.speaking(card.id, source):
        commits = HfApi().list_repo_commits(str(source.hub_id), repo_type=source.hub_type, revision="main")
    if source.revision not in {commit.commit_id for commit in commits}:
        raise FuseboardError(
            f"{card.id}: {source.revision} is no commit of the main branch of {source.hub_id}, so its owners may never "
            "have taken it; pin a commit of theirs"
        )


def _confirm_files(card: Card, found: Iterable[tuple[str | None, str]]) -> None:
    """Holds pins, each with its shard or None for the weights themselves, against what the Hub lists."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    source = card.source
    pins = {weight_sources.path_of(source, shard): (shard, digest) for shard, digest in found}
    with weight_sources.speaking(card.id, source):
        entries = HfApi().get_paths_info(
            str(source.hub_id), list(pins), revision=source.revision, repo_type=source.hub_type
        )
    listed = {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}
    for path, (shard, digest) in pins.items():
        if path not in listed:
            raise FuseboardError(f"{card.id}: {source.hub_id} has no file {path} at {source.revision}")
        large = listed[path].lfs
        published = large.sha256 if large is not None else sha256_of(weight_sources.fetch(card, shard))
        if published != digest:
            raise FuseboardError(
                f"{card.id}: {path} of {source.hub_id} at {source.revision} has SHA-256 {published}, the pin says "
                f"{digest}"
            )
