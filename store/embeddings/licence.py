"""Redistribution: whether a licence lets a version's embeddings be passed on."""

from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError


def allow(version: Version) -> None:
    """Raises, naming the licence, unless the card says that embeddings may be passed on. Nothing is sent before it."""
    about = version.manifest.about
    if about.redistribution != "embeddings":
        raise FuseboardError(
            f"{version.manifest.backbone} is not published: its licence, {about.licence}, does not let its embeddings "
            f"be passed on (redistribution = {about.redistribution!r} on its card); publish results instead"
        )
