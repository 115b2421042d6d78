"""Citation: what a deposited record says of a version, and who made it."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from fuseboard.store.embeddings import dataset_card, history, licence
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError

ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])")
DOI = re.compile(r"10\.\d{4,9}/\S+")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
ONLY = {"agpl-3.0", "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0"}
"""Licences that SPDX, and with it Zenodo, now call `…-only`."""


@dataclass(frozen=True)
class Creator:
    """A person who made the embeddings, as records name them."""

    name: str
    """`Family, Given`."""
    affiliation: str | None = None
    orcid: str | None = None

    def __post_init__(self) -> None:
        family, _, given = self.name.partition(",")
        if not family.strip() or not given.strip():
            raise UsageError(f"creator {self.name!r}: write the name as `Family, Given`")
        if self.orcid is not None and not _is_orcid(self.orcid):
            raise UsageError(f"creator {self.name!r}: {self.orcid} is no ORCID, its check digit is wrong; look it up")

    @classmethod
    def parse(cls, text: str) -> "Creator":
        """Returns a creator from `Family, Given; Affiliation; 0000-0002-1825-0097`; the last two may be left out."""
        name, *rest = (part.strip() for part in text.split(";"))
        orcids = [found[1].upper() for part in rest if (found := ORCID.fullmatch(part))]
        others = [part for part in rest if part and not ORCID.fullmatch(part)]
        if len(orcids) > 1 or len(others) > 1:
            raise UsageError(
                f"creator {text!r}: write `Family, Given; Affiliation; 0000-0002-1825-0097`, once for each"
            )
        return cls(name, next(iter(others), None), next(iter(orcids), None))

    def entry(self) -> dict[str, str]:
        """The form that Zenodo takes."""
        facts = {"name": self.name, "affiliation": self.affiliation, "orcid": self.orcid}
        return {key: value for key, value in facts.items() if value}


def metadata(version: Version, creators: Sequence[Creator]) -> dict[str, Any]:
    """What Zenodo is told of a version.

    Raises:
        UsageError: nobody is named as its creator.
        FuseboardError: its licence is not one that Zenodo lists.
    """
    manifest = version.manifest
    if not creators:
        raise UsageError("a record names who made it: give --creator 'Family, Given; Affiliation; ORCID'")
    return {
        "upload_type": "dataset",
        "title": f"{_line(manifest.about.title)}: frozen image embeddings",
        "description": _description(version),
        "creators": [creator.entry() for creator in creators],
        "access_right": "open",
        "license": _licence(version),
        "version": manifest.fingerprint,
        "keywords": ["embeddings", "biomedical imaging", "fuseboard", manifest.backbone, *manifest.datasets],
        "related_identifiers": list(_related(version)),
    }


def _licence(version: Version) -> str:
    """The one licence that a record can name: one that forbids commerce, else that of what is shown."""
    manifest = version.manifest
    own, *of_images = licence.identifiers(manifest)
    if own not in licence.HUB_LICENCES:
        raise FuseboardError(
            f"{manifest.backbone}: Zenodo lists no licence {manifest.about.licence!r}; settle it on the card, as "
            "an SPDX identifier such as Apache-2.0"
        )
    usual = of_images[0] if of_images and licence.holds_image(version.folder, manifest) else own
    named = next((name for name in (own, *of_images) if "-nc-" in name), usual)
    return f"{named}-only" if named in ONLY else named


def _description(version: Version) -> str:
    """HTML, in which everything that came from a card is escaped."""
    manifest, about = version.manifest, version.manifest.about
    of_images = dataset_card.about_images(licence.holds_image(version.folder, manifest))
    rows = "".join(
        f"<li>{_html(name)} ({', '.join(f'{split} {facts.rows:,}' for split, facts in entry.splits.items())} images; "
        f"licence of the images {_html(entry.licence)})</li>"
        for name, entry in manifest.datasets.items()
    )
    imported = any(split.imported for entry in manifest.datasets.values() for split in entry.splits.values())
    doubt = "<p>Some of these vectors were computed by others; README.md says which, and how they are ordered.</p>"
    return (
        f"<p>Frozen image embeddings of the backbone {_html(about.title)} ({_html(manifest.backbone)}): {manifest.dim} "
        f"numbers ({manifest.dtype}) per image, as Parquet files <code>dataset~split-part.parquet</code> with the "
        "columns <code>id</code> (row number in the official split), <code>label</code> and <code>embedding</code>. "
        f"{of_images}</p><ul>{rows}</ul>{doubt if imported else ''}"
        f"<p>Fingerprint <code>{manifest.fingerprint}</code>: the hash of weights, loader, pooling, preprocessing and "
        f"precision. Backbone: {_html(about.source)}, licence {_html(about.licence)}. <code>manifest.json</code> lists "
        "every file with its SHA-256; <code>fuseboard store pull</code> with this record's DOI fetches and checks "
        "them.</p>"
    )


def _related(version: Version) -> Iterable[dict[str, str]]:
    """The paper, the weights' repository, and the Hub's copy of the same files; only what is a DOI or an address."""
    about = version.manifest.about
    paper = (about.paper or "").strip().removeprefix("doi:").strip()
    if DOI.fullmatch(paper) or _is_address(paper):
        yield {"relation": "cites", "identifier": paper}
    if HUB_NAME.fullmatch(about.source):
        yield {"relation": "isDerivedFrom", "identifier": f"https://huggingface.co/{about.source}"}
    pushed = [event for event in history.read(version.folder) if event.what == "pushed"]
    if pushed and pushed[-1].datasets == history.splits_of(version.manifest) and HUB_NAME.fullmatch(pushed[-1].where):
        address = f"https://huggingface.co/datasets/{pushed[-1].where}"
        commit = f"/tree/{pushed[-1].revision}" if re.fullmatch(r"[0-9a-f]{40}", pushed[-1].revision or "") else ""
        yield {"relation": "isIdenticalTo", "identifier": address + commit}


def _is_orcid(text: str) -> bool:
    """Whether it has the form, and its last character is the check digit of the others (ISO 7064, mod 11-2)."""
    if ORCID.fullmatch(text) is None or len(text) != 19:
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return text[-1] == "0123456789X"[(12 - total % 11) % 11]


def _is_address(text: str) -> bool:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return False
    return url.scheme in ("http", "https") and "." in url.host and re.search(r"\s", text) is None


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _html(text: str) -> str:
    return html.escape(_line(text))
