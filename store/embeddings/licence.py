"""Redistribution: whether the licences of weights and of images let embeddings be passed on, and what they show."""

import tomllib
from pathlib import Path

from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

_OF_THE_HUB = (
    "afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 cc-by-2.0 cc-by-2.5 "
    "cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 "
    "cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 "
    "eupl-1.2 gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 mit mpl-2.0 ms-pl ncsa ofl-1.1 postgresql unlicense wtfpl zlib"
)
HUB_LICENCES = frozenset(_OF_THE_HUB.split())
"""SPDX identifiers in the lower case that the Hub accepts; it refuses a card with any other."""

_OF_DATA = frozenset(
    {"cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0", "odbl-1.0", "odc-by-1.0", "pddl-1.0"}
)
"""SPDX identifiers of open licences for data alone, which the Hub spells in its own way or not at all."""

IMAGE_LOADERS = frozenset({"hog", "pixels"})
"""Loaders whose vectors show the image. Their cards say so; versions from before cards could have no other sign."""


def identifier(licence: str) -> str:
    """A licence as SPDX spells it, in small letters: `CC BY 4.0`, as MedMNIST writes it, is `cc-by-4.0`."""
    return "-".join(licence.lower().split())


def is_open(licence: str) -> bool:
    """Whether a licence of images lets what was made of them be passed on to everyone.

    One without derivatives does not. A text that is not the name of an open licence says nothing, so the answer is no.
    """
    name = identifier(licence)
    return name in HUB_LICENCES | _OF_DATA and "-nd-" not in name


def identifiers(manifest: Manifest) -> list[str]:
    """The licences that vectors stand under, each once: that of the weights, then those of the images."""
    of_images = (entry.licence for entry in manifest.datasets.values())
    return list(dict.fromkeys(map(identifier, (manifest.about.licence, *of_images))))


def closed(manifest: Manifest) -> dict[str, str]:
    """Dataset -> the licence of its images, of those whose images' licence is not known to be open."""
    return {name: entry.licence for name, entry in manifest.datasets.items() if not is_open(entry.licence)}


def holds_image(folder: Path, manifest: Manifest) -> bool:
    """Whether a vector shows its image, so that passing on vectors passes on images: `holds_image` on the card.

    Args:
        folder: of the version, where the card lies.
        manifest: of the version.
    """
    own = derived.Identity.of(manifest.identity)
    source = (manifest.identity if own is None else own.source).get("source")
    if isinstance(source, dict) and source.get("loader") in IMAGE_LOADERS:
        return True
    try:
        return tomllib.loads((folder / manifests.CARD).read_text(encoding="utf-8")).get("holds_image") is True
    except (FileNotFoundError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def allow(version: Version, private: bool) -> None:
    """Raises, naming the licence, unless a version may go where it is to go. Nothing is sent before it.

    Args:
        version: with the datasets that are to go, and no others.
        private: only those who are let in will see it. The weights' licence must allow even that; that of the images
            decides what everyone may see.
    """
    about = version.manifest.about
    if about.redistribution != "embeddings":
        raise FuseboardError(
            f"{version.manifest.backbone} is not published: its licence, {about.licence}, does not let its embeddings "
            f"be passed on (redistribution = {about.redistribution!r} on its card); publish results instead"
        )
    if not private and (own := closed(version.manifest)):
        name, licence = next(iter(own.items()))
        raise FuseboardError(
            f"{name} is not made public: the licence of its images, {licence!r}, is none that is known to let everyone "
            "have them; leave it out, push it to a private repository, or, if it is open, give its SPDX identifier, "
            "such as CC-BY-4.0, as the dataset's licence and extract again, which computes nothing"
        )
