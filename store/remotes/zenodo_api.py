"""Depositions: Zenodo's side of a deposit, by the API that developers.zenodo.org documents.

What is odd here was looked up in Zenodo's own source and issues: the sandbox states the DOIs of production for its
drafts, a new version is refused where its draft exists already, and publishing may time out and be done all the same.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import pull
from fuseboard.store.remotes.http import HttpError, Server
from fuseboard.store.remotes.zenodo import SANDBOX, Site, ZenodoRemote

DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]+")


@dataclass(frozen=True)
class Draft:
    """A deposition as Zenodo tells it."""

    record: int
    doi: str
    """Reserved for it, or registered once it is published."""
    published: bool
    concept: str
    """What all versions of the record have in common."""
    bucket: str
    """Where its files go."""
    metadata: Mapping[str, Any]
    files: Mapping[str, tuple[str, str]]
    """Name -> (Zenodo's id of the file, its MD5)."""

    def has(self, name: str, md5: str) -> bool:
        """Whether a file is there with this content."""
        return name in self.files and self.files[name][1] == md5


@dataclass(frozen=True)
class Depositions:
    """The depositions of whoever owns the client's token."""

    place: Site
    client: httpx2.Client

    def begin(self) -> Draft:
        """Returns a new, empty draft."""
        return self._parse(self._server("deposit").ask("POST", f"{self.place.base}/api/deposit/depositions", {}))

    def read(self, record: int) -> Draft | None:
        """Returns a draft or published record, or None where it has been deleted."""
        try:
            return self._parse(self._server(f"draft {record}").ask("GET", self._url(record)))
        except HttpError as error:
            if error.status in (404, 410):
                return None
            raise

    def concept(self, record: int) -> str:
        """What the versions of a published record have in common."""
        return str(ZenodoRemote.at(self.place, self.client, record).about.get("conceptrecid", ""))

    def next(self, record: int, backbone: str, own: Container[int] = ()) -> Draft:
        """Returns the draft of the next version of a published record; it begins with the files of the newest one.

        Args:
            record: any version of it.
            backbone: whose embeddings it must hold.
            own: records that are known to be this backbone's, even when they were published unfinished.

        Raises:
            UsageError: what is published there is not this backbone's embeddings.
        """
        remote = ZenodoRemote.at(self.place, self.client, record)
        newest = int(remote.server.ask("GET", f"{remote.url}/versions/latest")["id"])
        remote = ZenodoRemote.at(self.place, self.client, newest)
        server, fix = remote.server, "deposit it as a record of its own"
        text = remote.text(manifests.FILE, pull.TEXT_LIMIT)
        if text is None and newest not in own:
            raise UsageError(f"{server.where} holds no fuseboard embeddings; {fix}")
        held = manifests.parse(text, f"{server.where}: {manifests.FILE}", fix).backbone if text else backbone
        if held != backbone:
            raise UsageError(f"{server.where} holds {held}, not {backbone}; {fix}")
        try:
            answer = server.ask("POST", f"{self._url(newest)}/actions/newversion")
        except HttpError as error:
            if error.status != 400:
                raise
            # Its draft exists, as after a run that was cut off right here. This address leads to it.
            answer = server.ask("POST", f"{self.place.base}/api/records/{newest}/versions")
        link = answer.get("links", {}).get("latest_draft") or answer.get("id")
        number = re.search(r"([0-9]{1,12})$", str(link))
        draft = self.read(int(number[1])) if number else None
        if draft is None or draft.published:
            raise FuseboardError(f"{server.where}: Zenodo made no draft of a next version; begin one on its page")
        return draft

    def tell(self, draft: Draft, metadata: dict[str, Any]) -> None:
        """Replaces what the draft says of itself."""
        self._server(f"draft {draft.record}").ask("PUT", self._url(draft.record), {"metadata": metadata})

    def delete(self, draft: Draft, name: str) -> None:
        """Removes a file of a draft."""
        try:
            url = f"{self._url(draft.record)}/files/{quote(draft.files[name][0], safe='')}"
            self._server(f"draft {draft.record}").ask("DELETE", url)
        except HttpError as error:
            if error.status != 404:  # an attempt before may have deleted it and failed to say so
                raise

    def send(self, draft: Draft, name: str, source: Path | bytes, md5: str, advance: Callable[[int], None]) -> None:
        """Streams a file into a draft; what the server received must have the MD5."""
        server = self._server(f"draft {draft.record}")
        if not draft.bucket.startswith(f"{self.place.base}/api/files/"):  # the token goes nowhere else
            raise FuseboardError(
                f"{server.where}: its files would go to another server than {self.place.base}; not sent"
            )
        answer = server.upload(f"{draft.bucket}/{quote(name, safe='')}", source, advance)
        if not isinstance(answer, dict) or answer.get("checksum") != f"md5:{md5}":
            raise FuseboardError(f"{server.where}: {name} arrived damaged; run the same command to send it again")

    def publish(self, draft: Draft) -> Draft:
        """Publishes a draft, for ever."""
        try:
            url = f"{self._url(draft.record)}/actions/publish"
            return self._parse(self._server(f"draft {draft.record}").ask("POST", url), published=True)
        except FuseboardError:
            there = self.read(draft.record)
            if there is None or not there.published:
                raise
            return there

    def _url(self, record: int) -> str:
        return f"{self.place.base}/api/deposit/depositions/{record}"

    def _server(self, what: str) -> Server:
        return self.place.server(self.client, what)

    def _parse(self, answer: Any, published: bool = False) -> Draft:
        try:
            record, metadata = int(answer["id"]), dict(answer.get("metadata") or {})
            published = published or bool(answer.get("submitted"))
            stated = answer.get("doi") if published else (metadata.get("prereserve_doi") or {}).get("doi")
            stated = stated if DOI.fullmatch(str(stated)) else self.place.doi(record)
            files = {
                str(file["filename"]): (str(file["id"]), str(file["checksum"]).removeprefix("md5:"))
                for file in answer.get("files") or []
            }
            return Draft(
                record,
                # The sandbox reserves DOIs with production's prefix, which name somebody else's records.
                self.place.doi(record) if self.place.prefix == SANDBOX.prefix else str(stated),
                published,
                str(answer.get("conceptrecid", "")),
                str(answer.get("links", {}).get("bucket", "")),
                metadata,
                files,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FuseboardError(f"{self.place.base} does not answer with a deposition; try again later") from error
