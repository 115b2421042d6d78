"""The address of a dataset repository on the Hub: `ORG/NAME`, or what one copies from a browser or a README."""

import re
from urllib.parse import unquote, urlsplit

from huggingface_hub import constants

from fuseboard.store.errors import UsageError

HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
PAGE = re.compile(r"/datasets/([^/]+/[^/]+?)/?(?:/(?:tree|blob|resolve|raw|commit)/(.+))?")
PATH = re.compile(r"datasets/([^/@]+/[^/@]+)(?:@([^/]+))?(?:/.*)?")
REFERENCE = re.compile(r"(refs/(?:pr|convert)/[^/]+|[^/]+)(?:/.*)?")


def parse(name: str, revision: str | None = None) -> tuple[str, str | None]:
    """Returns `ORG/NAME` and the revision that a name or an address says.

    Args:
        name: `ORG/NAME`, a page of a dataset repository (`https://huggingface.co/datasets/ORG/NAME`, perhaps with
            `/tree/REVISION` or a file), or `hf://datasets/ORG/NAME@REVISION/…`.
        revision: said beside it.

    Raises:
        UsageError: the address is of another server, or of no dataset repository, or says another revision.
    """
    name = name.strip()
    if "://" not in name:
        return name, revision
    url = urlsplit(name)
    if url.scheme == "hf":
        found = PATH.fullmatch(name.removeprefix("hf://"))
    else:
        is_hub = url.scheme == "https" and url.netloc.lower() in HOSTS
        if not is_hub and f"{url.scheme}://{url.netloc}" != constants.ENDPOINT.rstrip("/"):
            raise UsageError(
                f"{name!r} is not on https://huggingface.co; write ORG/NAME, or the address of its page there"
            )
        found = PAGE.fullmatch(url.path)
    if found is None:
        raise UsageError(f"{name!r} is no dataset repository of the Hub; write ORG/NAME, or .../datasets/ORG/NAME")
    if found[2] is None:
        return found[1], revision
    reference = REFERENCE.fullmatch(unquote(found[2]))
    said = reference[1] if reference else unquote(found[2])
    if revision not in (None, said):
        raise UsageError(f"{name!r} says revision {said}, --revision says {revision}; give one of them")
    return found[1], said
