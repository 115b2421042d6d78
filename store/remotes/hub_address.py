"""The address of a repository on the Hub: `ORG/NAME`, or what one copies from a browser or a README."""

import os
import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from huggingface_hub import constants

from fuseboard.store.errors import UsageError

HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
PAGE = r"/([^/]+/[^/]+?)/?(?:/(?:tree|blob|resolve|raw|commit)/(.+))?"
PATH = r"([^/@]+/[^/@]+)(?:@([^/]+))?(?:/.*)?"
FOLDERS = {"dataset": "datasets/", "model": ""}
"""Kind of repository -> what stands before its name in addresses."""
REPOSITORY = re.compile(r"[^/\s]+/[^/\s]+")
REFERENCE = re.compile(r"(refs/(?:pr|convert)/[^/]+|[^/]+)(?:/.*)?")


def parse(
    name: str, revision: str | None = None, kind: Literal["dataset", "model"] = "dataset"
) -> tuple[str, str | None]:
    """Returns `ORG/NAME` and the revision that a name or an address says.

    Args:
        name: `ORG/NAME`, a page of a dataset repository (`https://huggingface.co/datasets/ORG/NAME`, perhaps with
            `/tree/REVISION` or a file), or `hf://datasets/ORG/NAME@REVISION/…`.
        revision: said beside it.
        kind: of the repository; a model's page has no `/datasets`.

    Raises:
        UsageError: the address is of another server, or of no such repository, or says another revision.
    """
    name = name.strip()
    if "://" not in name:
        if not REPOSITORY.fullmatch(name):
            here = "; a store in a folder is read where it is, with --store" if os.path.isdir(name) else ""
            raise UsageError(
                f"{name!r} is not ORG/NAME, as repositories of the Hub are called, nor a Zenodo record or DOI{here}"
            )
        return name, revision
    url = urlsplit(name)
    if url.scheme == "hf":
        found = re.fullmatch(FOLDERS[kind] + PATH, name.removeprefix("hf://"))
    else:
        is_hub = url.scheme == "https" and url.netloc.lower() in HOSTS
        if not is_hub and f"{url.scheme}://{url.netloc}" != constants.ENDPOINT.rstrip("/"):
            raise UsageError(
                f"{name!r} is not on https://huggingface.co; write ORG/NAME, or the address of its page there"
            )
        found = re.fullmatch(f"/{FOLDERS[kind]}".rstrip("/") + PAGE, url.path)
    if found is None:
        raise UsageError(f"{name!r} is no {kind} repository of the Hub; write ORG/NAME, or .../{FOLDERS[kind]}ORG/NAME")
    if found[2] is None:
        return found[1], revision
    reference = REFERENCE.fullmatch(unquote(found[2]))
    said = reference[1] if reference else unquote(found[2])
    if revision not in (None, said):
        raise UsageError(f"{name!r} says revision {said}, --revision says {revision}; give one of them")
    return found[1], said
