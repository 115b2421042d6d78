"""The overview: a row of facts for every backbone that has a card."""

from fuseboard.harness.backbones import registry
from fuseboard.harness.terminal.report import Facts

WIDE_ONLY = ("title", "pixels", "gated", "redistribution")
"""What its own page says as well."""


def rows(exact: bool) -> list[Facts]:
    """Returns a row per card; parameters in millions and the first digits of fingerprints unless they are `exact`."""
    return [
        {
            "id": card.id,
            "title": card.title,
            "dim": card.dim,
            "pixels": card.preprocessing.size,
            "parameters": card.parameters if exact else _millions(card.parameters),
            "licence": card.licence,
            "gated": card.gated,
            "redistribution": card.redistribution,
            "fingerprint": "unpinned" if card.unpinned else card.fingerprint if exact else card.fingerprint[:12],
        }
        for card in map(registry.get, registry.names())
    ]


def _millions(parameters: int | None) -> str | None:
    return f"{parameters / 1e6:,.1f} M" if parameters else None
