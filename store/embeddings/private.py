"""Blocks of metadata: versions whose vectors are what a table says of patients. Unless named they stay here."""

from typing import Any

from fuseboard.store.embeddings.manifest import Manifest

KEY = "metadata"
"""Of an identity; only blocks of metadata have it."""


def facts_of(manifest: Manifest) -> dict[str, Any]:
    """Returns what an identity says of a block of metadata; nothing of any other version."""
    found = manifest.identity.get(KEY)
    return found if isinstance(found, dict) else {}


def is_metadata(manifest: Manifest) -> bool:
    """Whether a version's vectors are metadata and no embeddings of images."""
    return bool(facts_of(manifest))
