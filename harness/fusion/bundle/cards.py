"""The cards of a bundle: read, and held against those that the running code would use.

A bundle's own card decides nothing: code, files and addresses of a stranger's card would be run, opened and asked. What
is loaded is the card that fuseboard ships, or one that whoever loads the bundle names; it must make the very version
that the bundle was trained on.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.derived.card import DerivedCard, network_of
from fuseboard.harness.fusion.block_card import BlockCard
from fuseboard.harness.fusion.bundle.facts import BackboneFacts
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.harness.metadata import encoding as encodings
from fuseboard.harness.metadata.card import MetadataCard
from fuseboard.store.embeddings import join, random_weights, transform_file
from fuseboard.store.embeddings.derived import Identity
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import damage

LIMIT = 2**18
"""Bytes that a card may have."""


def parse(manifest: Manifest, files: Mapping[str, bytes], where: str) -> dict[str, BlockCard]:
    """Returns the cards as the bundle has them; nothing of them is loaded, opened or asked for.

    Raises:
        FuseboardError: one is no card, or not the one that the manifest says.
    """
    found: dict[str, BlockCard] = {}
    for name, facts in manifest.backbones.items():
        place = f"{where}: {facts.card}"
        text = files[facts.card]
        if facts.metadata:
            encoding = encodings.parse(text, place)
            found[name] = MetadataCard(name, facts.fingerprint, encoding)
            if len(encoding.features) != facts.dim:
                raise FuseboardError(f"{place}: {len(encoding.features)} numbers, and the manifest says {facts.dim}")
            continue
        if len(text) > LIMIT:
            raise FuseboardError(f"{place}: more than the {LIMIT:,} bytes that a card may have; nothing was loaded")
        try:
            card: Card | DerivedCard = Card.model_validate(tomllib.loads(text.decode()))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise FuseboardError(f"{place}: not a TOML file ({str(error)[:200]}); nothing was loaded") from error
        except ValidationError as error:
            raise FuseboardError(f"{place}: {damage.first_of(error)[:500]}; nothing was loaded") from error
        if facts.derived is not None and isinstance(card, Card) and not card.unpinned:
            made = transform_file.parse(files[facts.derived.file], f"{where}: {facts.derived.file}")
            card = DerivedCard.of(card, made, Identity(card.id, card.identity, facts.derived.fitted_on))
        if card.unpinned or (card.id, card.dim, card.fingerprint) != (name, facts.dim, facts.fingerprint):
            raise FuseboardError(
                f"{place}: the card is of {card.id}, {card.dim} numbers, fingerprint "
                f"{'none' if card.unpinned else card.fingerprint}, and the manifest says {name}, {facts.dim}, "
                f"{facts.fingerprint}; nothing was loaded"
            )
        found[name] = card
    return found


def running(stored: Mapping[str, BlockCard], own: Sequence[Card], where: str) -> dict[str, BlockCard]:
    """Returns the cards that the running code uses for those of a bundle, at their precision.

    Args:
        stored: the bundle's.
        own: cards that are named for it, which come before the shipped ones.
        where: the bundle, for errors.

    Raises:
        FuseboardError: there is none, or it makes another version; what differs is said.
    """
    named = {card.id: card for card in own}
    found: dict[str, BlockCard] = {}
    for block, full in stored.items():
        if isinstance(full, MetadataCard):
            found[block] = full
            continue
        card = network_of(full)
        name = card.id
        other = named.get(name) or _shipped(name)
        if other is None:
            raise FuseboardError(
                f"{where}: its backbone {name} is none that fuseboard ships; read its card in the bundle, and where "
                f"you trust what that names ({_named(card)}), give the card with --card"
            )
        other = other.at_precision(card.precision)
        if other.unpinned:
            raise FuseboardError(
                f"{where}: {name}: {' and '.join(other.unpinned)} unpinned on the card here; {other.how_to_pin}, and "
                "give that with --card"
            )
        if other.fingerprint != card.fingerprint:
            raise FuseboardError(
                f"{where}: {name} is another version here than it was trained on "
                f"({'; '.join(differences(card, other))}), so its scores would mean nothing; install the release that "
                "it was trained with, give the right card with --card, or train again"
            )
        found[block] = DerivedCard.of(other, *full.fitted) if isinstance(full, DerivedCard) else other
    return found


def differences(stored: Card, other: Card) -> list[str]:
    """Returns what decides vectors and differs, such as `preprocessing.size 224 there, 448 here`."""
    there, here = _flat(stored.identity), _flat(other.identity)
    keys = [key for key in sorted({*there, *here}) if there.get(key) != here.get(key)]
    return [f"{key} {_short(there.get(key))} there, {_short(here.get(key))} here" for key in keys]


def _shipped(name: str) -> Card | None:
    base = random_weights.trained(name)
    if base is not None:
        return registry.get(f"{base}{random_weights.TYPED}") if base in registry.names() else None
    return registry.get(name) if name in registry.names() else None


def _named(card: Card) -> str:
    source = card.source
    code = f"code {source.module}" if source.module else f"remote code of {source.place}" if card.trust else ""
    return code or (f"the file {source.file!r}" if source.file else source.place)


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {key: value}
    return {path: one for name, part in value.items() for path, one in _flat(part, f"{key}.{name}".strip(".")).items()}


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


def as_files(card: BlockCard, facts: BackboneFacts) -> dict[str, bytes]:
    """Returns the files of a backbone: its card, and the transform where vectors are derived."""
    if isinstance(card, MetadataCard):
        return {facts.card: card.encoding.text().encode()}
    found = {facts.card: as_text(network_of(card))}
    if isinstance(card, DerivedCard) and facts.derived is not None:
        found[facts.derived.file] = transform_file.dump(card.fitted[0])
    return found


def as_text(card: Card) -> bytes:
    """Returns a card as a bundle keeps it: of a file of weights on this machine its name alone."""
    if card.source.file is None:
        return card.toml().encode()
    source = card.source.model_copy(update={"file": PurePath(card.source.file).name})
    return card.model_copy(update={"source": source}).toml().encode()


def refuse_other_blocks(
    given: Any, blocks: Mapping[str, NDArray[np.float32]], running: Mapping[str, BlockCard]
) -> None:
    """Raises where blocks lack a backbone, or were made by another version of one."""
    versions = given.versions if isinstance(given, join.Blocks) else {}
    for name, card in running.items():
        if name not in blocks or blocks[name].shape[1] != card.dim:
            found = f"{blocks[name].shape[1]} numbers wide" if name in blocks else "missing"
            raise UsageError(f"the block of {name} is {found}; {card.dim} numbers per image are needed")
        if name in versions and (other := versions[name].manifest.fingerprint) != card.fingerprint:
            raise UsageError(
                f"the block of {name} is of version {other[:12]}, and the bundle was trained on "
                f"{card.fingerprint[:12]}; extract that one"
            )
