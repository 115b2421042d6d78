"""Places: a file of weights, found or downloaded: a Python package, a Hub repository, an address, one's own disk."""

import errno
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from fuseboard.harness.backbones import archives
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import Source
from fuseboard.store import installation
from fuseboard.store.errors import FuseboardError

LISTED = 8
"""Files of a repository that an error names when the wanted one is not there."""


class NoAccess(FuseboardError):
    """The weights are there, and whoever asks may not have them yet; the message says where to ask for access."""


def path_of(source: Source, shard: str | None = None) -> str:
    """The path of the weights in a package or repository, or of one of their shards, which lies beside their index."""
    weights = PurePosixPath(str(source.weights))
    return str(weights if shard is None else weights.with_name(shard))


def fetch(card: Card, shard: str | None = None) -> Path:
    """One file of the place that carries a card's weights, not yet held against its pin.

    Args:
        card: whose source says the place.
        shard: of an indexed checkpoint; the weights (or their index) by default.

    Raises:
        FuseboardError: it is not there, cannot be fetched, or may not be.
    """
    source = card.source
    name = path_of(source, shard)
    if source.file is not None:
        path = source.folder / Path(source.file).expanduser()
    elif source.url is not None:
        path = _from_address(card, source.url)
    elif source.archives:
        path = _from_archives(card)
    elif source.package is not None:
        path = _from_package(card, source.package) / name
    else:
        path = _from_hub(card, str(source.hub_id), name)
    if not path.is_file():
        if source.file is not None:
            raise FuseboardError(f"{card.id}: no file {path}; mend `file`, which counts from the folder of the card")
        raise FuseboardError(f"{card.id}: no file {name if source.weights else path} in {source.place}; mend its card")
    return path


def _from_package(card: Card, package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FuseboardError(
            f"{card.id}: its weights come with the Python package {package}, which is not installed; "
            f"run `{installation.command('harness')}`"
        )
    return Path(spec.submodule_search_locations[0])


def _cached(card: Card, name: str) -> Path:
    """The place of a downloaded file; what lies there is believed for its hash, which the caller asks for."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("fuseboard-weights")) / card.id / name


def _from_archives(card: Card) -> Path:
    """Takes the file out of its packages once; from then on no network is asked."""
    path = _cached(card, Path(card.source.archives[0].file).name)
    if not path.is_file():
        archives.extract(card.id, card.source.archives, path)
    return path


def _from_address(card: Card, url: str) -> Path:
    """Downloads once."""
    from torch.hub import download_url_to_file

    path = _cached(card, url.rpartition("/")[2])
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            download_url_to_file(url, str(path), progress=False)
        except OSError as error:
            raise FuseboardError(
                f"{card.id}: {url} cannot be fetched ({error}); try again later, or download it and say `file` on a "
                "card of your own"
            ) from error
    return path


def newest_revision(card: Card) -> str:
    """The commit that the card's repository is at now."""
    from huggingface_hub import HfApi

    with speaking(card.id, card.source):
        found = HfApi().repo_info(str(card.source.hub_id), repo_type=card.source.hub_type).sha
    if not found:
        raise FuseboardError(f"{card.id}: the Hub names no commit of {card.source.hub_id}; try again later")
    return found


def _from_hub(card: Card, repository: str, name: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    asked: dict[str, Any] = {"revision": card.source.revision, "repo_type": card.source.hub_type}
    with speaking(card.id, card.source):
        try:
            return Path(hf_hub_download(repository, name, **asked))
        except RemoteEntryNotFoundError as error:
            raise FuseboardError(
                f"{card.id}: {repository} has no file {name}; it has {_listing(repository, asked)}: mend `weights`"
            ) from error


@contextmanager
def speaking(who: str, source: Source) -> Iterator[None]:
    """Turns what the Hub's client raises into one line with the mend, which begins with `who` asks."""
    from huggingface_hub import constants
    from huggingface_hub import errors as hub

    repository, kind = source.hub_id, source.hub_type
    page = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{repository}"
    login = "log in with `hf auth login` or set HF_TOKEN"
    try:
        yield
    except hub.OfflineModeIsEnabled as error:
        raise FuseboardError(
            f"{who}: HF_HUB_OFFLINE is set, so {repository} is not asked; unset it and run the same command again"
        ) from error
    except hub.GatedRepoError as error:
        raise NoAccess(f"{who}: {repository} is gated: ask for access at {page}, then {login}") from error
    except hub.RevisionNotFoundError as error:
        raise FuseboardError(f"{who}: {repository} has no commit {source.revision}; mend `revision`") from error
    except hub.RepositoryNotFoundError as error:
        raise FuseboardError(
            f"{who}: the Hub shows no {kind} repository {repository}: mend `hub_id`, or {login} if it is private"
        ) from error
    except UnicodeEncodeError:  # from the header that carries it; the error itself would quote it
        raise FuseboardError(f"{who}: the Hub's token has a letter that no token has; set HF_TOKEN again") from None
    except (hub.HTTPError, hub.LocalEntryNotFoundError, hub.HFValidationError, OSError, RuntimeError) as error:  # type: ignore[attr-defined]
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FuseboardError(
                f"{who}: no space left for its weights in {constants.HF_HUB_CACHE}; free some, or set HF_HUB_CACHE to "
                "another place, then try again"
            ) from error
        cause = error.__cause__ if isinstance(error, hub.LocalEntryNotFoundError) and error.__cause__ else error
        reason = (str(cause).splitlines() or [type(cause).__name__])[0].rstrip(".")
        if getattr(getattr(cause, "response", None), "status_code", None) in (401, 403):
            raise NoAccess(
                f"{who}: the Hub refuses this token {repository} ({reason}): ask for access at {page}, let the token "
                "read gated repositories in its settings, then try again"
            ) from error
        raise FuseboardError(
            f"{who}: {repository} cannot be fetched ({reason}); look at the network and the card, then try again"
        ) from error


def _listing(repository: str, asked: dict[str, Any]) -> str:
    """Returns the files of a repository that could be weights, in a few words."""
    from huggingface_hub import HfApi

    endings = (".safetensors", ".bin", ".pt", ".pth", ".json")
    names = [name for name in HfApi().list_repo_files(repository, **asked) if name.endswith(endings)]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}" if names else "no weights at all"
