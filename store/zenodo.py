"""Zenodo: a version as one record, pulled by its number or DOI."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from store import landing
from store.errors import FuseboardError, UsageError
from store.landing import Landed
from store.manifest import Shard

DOI = re.compile(r"^10\.5281/zenodo\.([0-9]{1,12})$")
ATTEMPTS = 4
TIMEOUT_S = 60
CHUNK = 2**20


@dataclass(frozen=True)
class ZenodoRemote:
    """One published record. Records have no folders, so a shard is called `dataset~file` there."""

    base: str
    record: int
    files: dict[str, dict[str, Any]]
    """Key -> the API's entry, of which size and checksum are used; the address is built here, not taken from it."""
    where: str

    def text(self, name: str, limit: int) -> bytes | None:
        """A small file of the record, checked against the record's MD5, or None when it has none."""
        if name not in self.files:
            return None
        with _speaking(self.where), self._open(name) as answer:
            text = answer.read(limit + 1)
        if len(text) > limit:
            raise FuseboardError(f"{self.where}: {name} has more than the {limit} bytes it may have")
        if self.files[name].get("checksum") != f"md5:{hashlib.md5(text, usedforsecurity=False).hexdigest()}":
            raise FuseboardError(f"{self.where}: {name} arrived with another MD5 than the record's; pull again")
        return text

    def fetch(self, wanted: Sequence[tuple[str, Shard]], folder: Path) -> None:
        """Streams shards to the folder, one after another; no more bytes are taken than the manifest promises."""
        for dataset, shard in wanted:
            key = f"{dataset}~{shard.file}"
            if key not in self.files:
                raise FuseboardError(f"{self.where}: the manifest lists {key} but the record has no such file")
            path = folder / dataset / shard.file
            path.parent.mkdir(parents=True, exist_ok=True)
            with _speaking(self.where), self._open(key) as answer, path.open("wb") as file:
                left = shard.bytes + 1
                while left and (chunk := answer.read(min(CHUNK, left))):
                    file.write(chunk)
                    left -= len(chunk)

    def _open(self, key: str) -> BinaryIO:
        return _get(f"{self.base}/api/records/{self.record}/files/{quote(key, safe='')}/content")


def pull(root: Path, name: str, dataset: str | None = None, split: str | None = None) -> Landed:
    """Brings a record's embeddings into the store, only what is asked for and every file checked.

    Args:
        root: the store.
        name: a record's number, or its DOI `10.5281/zenodo.N`. The DOI of all versions means the newest.
        dataset: only this one.
        split: only this one.
    """
    found = DOI.match(name)
    if not found and not name.isdecimal():
        raise UsageError(f"{name!r} is not a Zenodo record; write its number, or its DOI as 10.5281/zenodo.N")
    number = found[1] if found else name
    base = os.environ.get("FUSEBOARD_ZENODO", "https://zenodo.org").rstrip("/")
    where = f"Zenodo record {number}"
    with _speaking(where), _get(f"{base}/api/records/{number}") as answer:
        text = answer.read(landing.TEXT_LIMIT)
    try:
        record = json.loads(text)
        files = {str(entry["key"]): dict(entry) for entry in record["files"]}
        remote = ZenodoRemote(base, int(record["id"]), files, where)
    except (ValueError, KeyError, TypeError) as error:
        raise FuseboardError(f"{where}: {base} does not answer with a record; try again later") from error
    return landing.land(root, remote, dataset, split)


def is_record(name: str) -> bool:
    """Whether a name is a Zenodo record rather than `ORG/NAME` on the Hub."""
    return name.isdecimal() or DOI.match(name) is not None


def _get(url: str) -> BinaryIO:
    """Opens an address, waiting and asking again where the server is busy."""
    for attempt in range(ATTEMPTS):
        try:
            answer: BinaryIO = urlopen(Request(url, headers={"User-Agent": "fuseboard"}), timeout=TIMEOUT_S)
            return answer
        except HTTPError as error:
            if attempt + 1 == ATTEMPTS or error.code not in (429, 500, 502, 503, 504):
                raise
            told = error.headers.get("Retry-After", "")
            time.sleep(min(int(told), 60) if told.isdecimal() else 2**attempt / 2)
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def _speaking(where: str) -> Iterator[None]:
    """Turns what the transfer raises into one line with the mend."""
    try:
        yield
    except HTTPError as error:
        if error.code in (404, 410):
            raise FuseboardError(f"{where}: there is no such record or file; check the number") from error
        raise FuseboardError(f"{where}: Zenodo answered HTTP {error.code}; try again later") from error
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise FuseboardError(f"{where}: Zenodo cannot be reached ({error}); try again later") from error
