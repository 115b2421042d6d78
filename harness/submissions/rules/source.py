"""The origin of a stranger's weights: nothing of this machine, nothing private, nothing that runs, all pinned."""

import re
from collections.abc import Iterator
from typing import Any

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.submissions.rules import texts, urls
from fuseboard.harness.terminal.finding import Finding, judge

FETCHING = re.compile(
    r"auto_map|backbone|cache_dir|checkpoint_path|code_revision|custom_pipelines|hf_|use_kernels|pretrained|quantization"
    r"|repo|revision|subfolder|auth_token|^token$|trust|^weights|^(local_|file_?|model_|name_or_)?path$|file|url"
)
"""Arguments of the libraries' models that make them open a file or fetch something, whatever their value."""

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
FIX = "take the weights from a Hub repository at a commit, or from a public https address"


def findings(card: Card) -> Iterator[Finding]:
    """Everything that is wrong with where a card's weights come from."""
    yield from judge("source", _problems(card), card.source.place)
    for key in card.unpinned:
        fix = "run `fuseboard backbones pin card.toml --out pinned.toml` and hand in what it writes"
        yield Finding("missing", "pins", f"source.{key} is unpinned, so the weights are not known", fix)
    if not card.unpinned:
        pinned = "computes and has no weights" if card.source.loader in DESCRIPTORS else "revision and hashes are there"
        yield Finding("ok", "pins", pinned)
    if card.trust:
        message = "the model is code of its repository, which is never run here: its vectors are not computed again"
        yield Finding("note", "source", message)


def _problems(card: Card) -> Iterator[tuple[str, str]]:
    source = card.source
    if source.random is not None:
        yield "source.random makes weights that learned nothing", "hand in weights; the floor is computed by anyone"
    if source.file is not None:
        yield "source.file is a path of one machine", FIX
    if source.module is not None or source.loader == "python":
        yield "source.module is code of one's own, which is never run here", "use a loader of fuseboard"
    if source.url is not None and (why := urls.problem(source.url)):
        yield f"source.url {why}", FIX
    if source.package is not None and source.package not in _packages():
        yield f"source.package {source.package} is none of fuseboard's own packages, and would be installed", FIX
    if source.hub_id is not None and not HUB_ID.fullmatch(source.hub_id):
        yield f"source.hub_id {source.hub_id} is not ORG/NAME", "copy it from the address of the repository's page"
    for name in filter(None, (source.weights, source.architecture, *(one.file for one in source.archives))):
        if not re.fullmatch(r"[A-Za-z0-9_][\w.@+-]*(/[A-Za-z0-9_][\w.@+-]*)*", name, re.ASCII):
            yield f"{name} is no plain name of a file or model", "name it as its repository or library does"
    if source.architecture is not None and "/" in source.architecture:
        yield f"source.architecture {source.architecture} is a path", "name the library's own architecture"
    for key, value in texts.leaves(source.kwargs):
        if not isinstance(value, str | int | float | None):
            yield f"source.kwargs.{key} is a {type(value).__name__}, not a text, number or yes or no", "leave it out"
        elif key.endswith(".") and FETCHING.search(str(value)) and _is_used(source.kwargs, str(value)):
            yield f"source.kwargs: {value} opens a file or fetches something", "leave it out"
        elif not key.endswith(".") and isinstance(value, str) and re.search(r"[/\\:]", value):
            yield f"source.kwargs.{key} looks like a path or an address", "leave it out; weights come from the source"
    if card.paper is not None and not re.fullmatch(r"https?://[^\s<>\"'\\@]+", card.paper):
        yield "paper is not an http or https address", "give the paper's address, such as https://doi.org/10.…"


def _packages() -> set[str]:
    """Python packages that carry the weights of shipped cards."""
    return {str(registry.get(name).source.package) for name in registry.names()}


def _is_used(tree: Any, key: str) -> bool:
    """Whether a key has a value that asks for something; `timm_model_pretrained = false` asks for nothing."""
    if isinstance(tree, dict):
        return any((name == key and bool(value)) or _is_used(value, key) for name, value in tree.items())
    return isinstance(tree, list) and any(_is_used(value, key) for value in tree)
