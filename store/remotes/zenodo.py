"""Zenodo: where it is, who asks, how records are named, and a version pulled from one."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import pull as landing
from fuseboard.store.remotes.http import TIMEOUT, Server
from fuseboard.store.remotes.pull import Landed

RECORD = re.compile(
    r"(?:(?:doi:|https?://(?:dx\.)?doi\.org/|https?://[^/]+/doi/)?(?P<prefix>10\.\d{4,9})/zenodo\.(?P<doi>\d{1,12})"
    r"|(?P<base>https?://[^/]+)/records?/(?P<page>\d{1,12})(?:[/?#].*)?"
    r"|(?P<number>\d{1,12}))",
    re.IGNORECASE,
)
SELF = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Site:
    """One Zenodo: production, the sandbox, or what `$FUSEBOARD_ZENODO` says instead."""

    base: str
    """Its address, without a slash at the end."""
    name: str
    prefix: str
    """What its DOIs begin with."""
    token_variable: str

    @property
    def token(self) -> str:
        """The token of the environment, or nothing."""
        token = os.environ.get(self.token_variable, "").strip()
        if not re.fullmatch(r"[!-~]*", token):  # or the client's complaint about the header would show it
            raise FuseboardError(
                f"${self.token_variable} is not a token: it holds blanks or other letters; set it again"
            )
        return token

    @property
    def login(self) -> str:
        """How one gets permission there, in a sentence for an error message."""
        return (
            f"set {self.token_variable} to a token with the scopes deposit:write and deposit:actions, made at "
            f"{self.base}/account/settings/applications/tokens/new/"
        )

    def number(self, name: str) -> int:
        """The record that a number, a DOI or a page's address names; an error says where on this site it is not."""
        found = RECORD.fullmatch(name.strip())
        if not found:
            raise UsageError(f"{name!r} is not a Zenodo record; write its number, or its DOI as {self.prefix}/zenodo.N")
        place = found["prefix"] or _host(found["base"] or self.base)
        if place not in (self.prefix, _host(self.base)):
            if place in (SANDBOX.prefix, _host(SANDBOX.base)):
                raise UsageError(f"{name!r} is in Zenodo's sandbox: add --sandbox")
            fix = "leave --sandbox out" if self.prefix == SANDBOX.prefix else "give the number of a record there"
            raise UsageError(f"{name!r} is not in {self.name} at {self.base}; {fix}")
        return int(found["doi"] or found["page"] or found["number"])

    def doi(self, record: int) -> str:
        """The DOI that it gives a record."""
        return f"{self.prefix}/zenodo.{record}"

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """A client that carries the token; it drops it where a redirect leads to another server."""
        headers = {"User-Agent": "fuseboard"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        with httpx2.Client(headers=headers, follow_redirects=True, timeout=TIMEOUT) as client:
            yield client

    def server(self, client: httpx2.Client, what: str) -> Server:
        """Returns a place to talk to, such as `record 7`."""
        missing = "there is no such record or file; check the number, and whether it is published"
        return Server(client, f"{self.name} {what}", missing, self.login)


PRODUCTION = Site("https://zenodo.org", "Zenodo", "10.5281", "ZENODO_TOKEN")
SANDBOX = Site("https://sandbox.zenodo.org", "Zenodo sandbox", "10.5072", "ZENODO_SANDBOX_TOKEN")


def site(sandbox: bool = False) -> Site:
    """Production or the sandbox, at `$FUSEBOARD_ZENODO` where that is set."""
    usual = SANDBOX if sandbox else PRODUCTION
    base = os.environ.get("FUSEBOARD_ZENODO", usual.base).rstrip("/")
    try:
        url = httpx2.URL(base)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    # Anywhere else, the token would travel in clear.
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and url.host in SELF)):
        raise UsageError(f"$FUSEBOARD_ZENODO is {base!r}; set it to an https address, or unset it")
    return Site(base, usual.name, usual.prefix, usual.token_variable)


@dataclass(frozen=True)
class ZenodoRemote:
    """One published record. Records have no folders, so a shard is called `dataset~file` there."""

    server: Server
    origin: str
    url: str
    """Its address in the API."""
    about: dict[str, Any]
    """The record as the API tells it."""
    files: dict[str, dict[str, Any]]
    """Key -> the API's entry, of which size and checksum are used; addresses are built here, not taken from it."""
    revision: str | None = None

    @classmethod
    def at(cls, where: Site, client: httpx2.Client, number: int) -> "ZenodoRemote":
        """Returns the record of a number; that of all versions leads to the newest."""
        server = where.server(client, f"record {number}")
        record = server.ask("GET", f"{where.base}/api/records/{number}")
        try:
            found = int(record["id"])
            files = {str(entry["key"]): dict(entry) for entry in record.get("files") or []}
            right = str(record.get("metadata", {}).get("access_right", "open"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FuseboardError(f"{server.where}: {where.base} does not answer with a record; try later") from error
        if right != "open" and not files:
            raise FuseboardError(f"{server.where}: its files are not open; ask its owner, then {where.login}")
        origin = f"{where.name} {where.doi(found)}"
        return cls(where.server(client, f"record {found}"), origin, f"{where.base}/api/records/{found}", record, files)

    def text(self, name: str, limit: int) -> bytes | None:
        """Returns a small file of the record, checked against the record's MD5, or None when it has none."""
        if name not in self.files:
            return None
        text = self.server.text(self._content(name), limit)
        if self.files[name].get("checksum") != f"md5:{hashlib.md5(text, usedforsecurity=False).hexdigest()}":
            raise FuseboardError(f"{self.server.where}: {name} arrived with another MD5 than the record's; pull again")
        return text

    def address(self, dataset: str, shard: Shard) -> str:
        """Where a shard is, after comparing the size that the record states with the manifest's."""
        name = f"{dataset}~{shard.file}"
        size = self.files.get(name, {}).get("size")
        landing.expect(self.server.where, name, size, shard, "ask its publisher for a new version")
        return self._content(name)

    def _content(self, key: str) -> str:
        return f"{self.url}/files/{quote(key, safe='')}/content"


def pull(root: Path, name: str, dataset: str | None = None, split: str | None = None, sandbox: bool = False) -> Landed:
    """Brings a record's embeddings into the store, only what is asked for and every file checked.

    Args:
        root: the store.
        name: a record's number, its DOI or its page's address. The DOI of all versions means the newest.
        dataset: only this one.
        split: only this one.
        sandbox: look in Zenodo's sandbox.
    """
    with opened(name, sandbox) as remote:
        return landing.land(root, remote, dataset, split)


@contextmanager
def opened(name: str, sandbox: bool = False) -> Iterator[ZenodoRemote]:
    """Hands out the record that a number, a DOI or a page's address names."""
    where = site(sandbox)
    number = where.number(name)
    with where.client() as client:
        yield ZenodoRemote.at(where, client, number)


def is_record(name: str) -> bool:
    """Whether a name is meant as a Zenodo record rather than as `ORG/NAME` on the Hub."""
    return RECORD.fullmatch(name.strip()) is not None


def _host(base: str) -> str:
    return base.lower().partition("://")[2].removeprefix("www.")
