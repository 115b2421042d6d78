"""A model on the Hub, as its repository describes it: asked without downloading any weights."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import weight_sources
from fuseboard.harness.backbones.source import Source
from fuseboard.store.errors import FuseboardError

CONFIGURATIONS = ("open_clip_config.json", "config.json", "preprocessor_config.json")
MAX_BYTES = 4 * 2**20
"""Bytes that a configuration or an index may have; the index of a thousand tensors is a tenth of a megabyte."""

WEIGHTS = (
    "model.safetensors",
    "open_clip_model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "open_clip_pytorch_model.bin",
)
"""Names that the libraries give to weights, the safer formats first."""


@dataclass(frozen=True)
class HubModel:
    """What a repository says of itself at one commit."""

    repository: str
    revision: str | None
    hashes: dict[str, str | None]
    """Every file with its SHA-256, None for files that lie in git itself."""
    about: dict[str, Any]
    """The metadata at the head of its README."""
    is_gated: bool
    parameters: int | None
    """Number of parameters of the whole checkpoint."""
    tags: tuple[str, ...]
    configurations: dict[str, dict[str, Any]]
    unreadable: dict[str, str] = field(default_factory=dict)
    """Files that are there and could not be read, with the reason."""

    @property
    def weights(self) -> str | None:
        """The file of the weights, or the index of their parts."""
        return next((name for name in WEIGHTS if name in self.hashes), None)


def ask(repository: str) -> HubModel:
    """Asks the Hub for a model's newest commit, its files' hashes and its small configurations.

    Raises:
        FuseboardError: there is no such repository, or it cannot be asked.
    """
    from huggingface_hub import HfApi

    source = Source.model_construct(hub_id=repository)
    with weight_sources.speaking("--from-hub", source):
        try:
            info = HfApi().model_info(repository, files_metadata=True)
        except (KeyError, TypeError, AttributeError) as error:
            raise FuseboardError(
                f"--from-hub: the Hub's answer about {repository} cannot be read; try later"
            ) from error
    files = {file.rfilename: file for file in info.siblings or []}
    found: dict[str, dict[str, Any]] = {}
    unreadable: dict[str, str] = {}
    for name in CONFIGURATIONS:
        if name in files:
            try:
                found[name] = json_of(repository, info.sha, name, files[name].size)
            except FuseboardError as error:
                unreadable[name] = str(error)
    return HubModel(
        repository=repository,
        revision=info.sha,
        hashes={name: file.lfs.sha256 if file.lfs else None for name, file in files.items()},
        about=dict(vars(info.card_data)) if info.card_data is not None else {},
        is_gated=bool(info.gated),
        parameters=info.safetensors.total if info.safetensors is not None else None,
        tags=tuple(info.tags or ()),
        configurations=found,
        unreadable=unreadable,
    )


def json_of(repository: str, revision: str | None, name: str, size: int | None) -> dict[str, Any]:
    """A small JSON file of a repository; what is large, or no object, is refused."""
    path = path_of(repository, revision, name, size)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise FuseboardError(f"--from-hub: {name} of {repository} is no JSON") from error
    if not isinstance(content, dict):
        raise FuseboardError(f"--from-hub: {name} of {repository} is no JSON object")
    return content


def path_of(repository: str, revision: str | None, name: str, size: int | None) -> Path:
    """A small file of a repository, in the Hub's own cache."""
    from huggingface_hub import hf_hub_download

    if size is None or size > MAX_BYTES:
        raise FuseboardError(f"--from-hub: {name} of {repository} has more than {MAX_BYTES:,} bytes, or does not say")
    with weight_sources.speaking("--from-hub", Source.model_construct(hub_id=repository, revision=revision)):
        return Path(hf_hub_download(repository, name, revision=revision))
