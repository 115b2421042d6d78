"""A release is cited by its name, its date and its DOI."""

from typing import Any

import yaml

from fuseboard.leaderboard.releases.facts import Release

PATH = "CITATION.cff"
TITLE = "fuseboard: precomputed embeddings of biomedical images and an honest benchmark of their fusion"
AUTHORS = "The fuseboard authors"


def cff(release: Release) -> bytes:
    """Return a release as a file of the Citation File Format 1.2.0, which reference managers and Zenodo read."""
    identifiers = [
        {"type": "doi", "value": doi, "description": description}
        for doi, description in ((release.doi, "this release"), (release.concept_doi, "all releases"))
        if doi
    ]
    facts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these results, please cite this release.",
        "type": "dataset",
        "title": f"{TITLE}, release {release.name}",
        "authors": [{"name": AUTHORS}],
        "version": release.name,
        "date-released": release.frozen.date().isoformat(),
        **({"url": release.url} if release.url else {}),
        **({"doi": release.doi} if release.doi else {}),
        **({"identifiers": identifiers} if identifiers else {}),
    }
    return str(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=120)).encode()


def bibtex(release: Release) -> str:
    """Return a release as an entry of BibTeX."""
    lines = [
        f"@misc{{fuseboard-{release.name},",
        f"  title = {{{TITLE}}},",
        f"  author = {{{{{AUTHORS}}}}},",
        f"  year = {{{release.frozen.year}}},",
        f"  version = {{{release.name}}},",
        *([f"  doi = {{{release.doi}}},"] if release.doi else []),
        *([f"  url = {{{release.url}}},"] if release.url else []),
        f"  note = {{release {release.name}, frozen {release.frozen.date().isoformat()}}}",
        "}",
    ]
    return "\n".join(lines)
