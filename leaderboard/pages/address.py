"""Addresses say where things stand on the site, relative to its root."""

from collections.abc import Mapping
from functools import cache

from fuseboard.leaderboard.rows.provenance_parts import Part
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.files.hashing import fingerprint

RESERVED = {"con", "prn", "aux", "nul"}
"""Names that a file cannot have everywhere."""

HASHED = "x-"
"""How the name of a file begins whose own name could not be one."""


@cache
def slug(text: str) -> str:
    """Return a file name and element id for any text: itself where it can be one, else a hash. No two texts share
    one."""
    plain = is_name(text) and not text.endswith(".") and text.partition(".")[0] not in RESERVED
    # A name that looks hashed is hashed too: it could have been chosen to take another one's place.
    return text if plain and not text.startswith(HASHED) else f"{HASHED}{fingerprint({'name': text})}"


def backbone(name: str) -> str:
    """Return the address of a backbone's page."""
    return f"backbones/{slug(name)}.html"


def dataset(name: str) -> str:
    """Return the address of a dataset's page."""
    return f"datasets/{slug(name)}.html"


def explorer(name: str) -> str:
    """Return the address of the page with every subset of a dataset."""
    return f"explorer/{slug(name)}.html"


def runtime(dataset: str) -> str:
    """Return the address of the page that shows what embedding a dataset took."""
    return f"runtime/{slug(dataset)}.html"


def subsets(dataset: str | None, protocol: str, part: int) -> str:
    """Return the address of a page with further subsets: of a dataset, or of the means over all of them."""
    folder = "subsets" if dataset is None else explorer(dataset).removesuffix(".html")
    return f"{folder}/{slug(protocol)}/{part}.html"


def submission(name: str) -> str:
    """Return the address of a submission's page."""
    return f"submissions/{slug(name)}.html"


def provenance(name: str) -> str:
    """Return the address of the page that shows where every row of a dataset came from."""
    return f"provenance/{slug(name)}.html"


def provenance_part(part: Part) -> str:
    """Return the address of the page that shows some of the rows of a dataset."""
    whole = provenance(part.provenance.dataset)
    if part.evaluation is None:
        return whole
    return f"{whole.removesuffix('.html')}/{slug(part.evaluation)}/{part.number}.html"


def compared(protocol: str, kind: str, name: str) -> str:
    """Return what a row is called that can be pinned and compared; it stands in addresses and names a file.

    Args:
        protocol: of the row.
        kind: backbone, method or subset.
        name: of the row; the names of a subset are joined with ` + `.
    """
    return f"{slug(protocol)}.{kind[0].upper()}.{slug(name)}"  # no slug has a capital letter, so no two rows meet


def row(name: str, key: str, parts: Mapping[str, Part]) -> str:
    """Return the address that shows where one row of a dataset came from.

    Args:
        name: of the dataset.
        key: of the row.
        parts: key -> the part of the dataset's provenance that shows it.
    """
    return f"{provenance_part(parts[key]) if key in parts else provenance(name)}#{row_id(key)}"


def row_id(key: str) -> str:
    """Return the id of a row's line on the page of its provenance."""
    return f"r-{slug(key)[:14]}"
