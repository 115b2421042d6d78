"""The API of the loopback Zenodo: what it answers, and what it refuses.

After developers.zenodo.org, and after the tests and source of zenodo-rdm where the two differ.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.store.wire import Wire

if TYPE_CHECKING:
    from tests.store.zenodo_server import Zenodo

MOST_FILES = 100
REQUIRED = ("title", "creators", "description", "upload_type")
LICENCES = {"apache-2.0", "cc-by-4.0", "cc-by-nc-4.0", "mit", "gpl-3.0-only"}
RELATIONS = {"cites", "isDerivedFrom", "isIdenticalTo", "isSupplementTo"}
WRONG: dict[str, Callable[[Any], bool]] = {
    "license": lambda value: value not in LICENCES,
    "upload_type": lambda value: value not in ("dataset", "software", "publication"),
    "access_right": lambda value: value not in ("open", "restricted", "embargoed", "closed"),
    "creators": lambda value: not all("," in c["name"] and set(c) <= {"name", "affiliation", "orcid"} for c in value),
    "related_identifiers": lambda value: (
        not all(
            each["relation"] in RELATIONS and re.fullmatch(r"(https?://|10\.\d{4,}/)\S+", each["identifier"])
            for each in value
        )
    ),
}


@dataclass
class File:
    """Content on the disk, shared by the versions that inherited it."""

    path: Path
    md5: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Deposition:
    id: int
    concept: int
    owner: str
    metadata: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    bucket: str = field(default_factory=lambda: str(uuid.uuid4()))
    published: bool = False


class Handler(Wire):
    server: "Zenodo"
    ROUTES = (
        ("POST", r"/api/deposit/depositions", "create", "deposit:write"),
        ("GET", r"/api/deposit/depositions/(\d+)", "read", "deposit:write"),
        ("PUT", r"/api/deposit/depositions/(\d+)", "update", "deposit:write"),
        ("POST", r"/api/deposit/depositions/(\d+)/actions/publish", "publish", "deposit:actions"),
        ("POST", r"/api/deposit/depositions/(\d+)/actions/newversion", "new_version", "deposit:actions"),
        ("DELETE", r"/api/deposit/depositions/(\d+)/files/([0-9a-f-]+)", "delete_file", "deposit:write"),
        ("PUT", r"/api/files/([0-9a-f-]+)/([^/]+)", "upload", "deposit:write"),
        ("POST", r"/api/records/(\d+)/versions", "versions", "deposit:actions"),
        ("GET", r"/api/records/(\d+)", "record", None),
        ("GET", r"/api/records/(\d+)/versions/latest", "latest", None),
        ("GET", r"/api/records/(\d+)/files/([^/]+)/content", "content", None),
    )

    def head(self, status: int, headers: dict[str, str]) -> None:
        # Each answer carries these, refused or not.
        super().head(status, {"X-RateLimit-Limit": "133", "Retry-After": "60", **headers})

    def allowed(self, scope: str) -> bool:
        carried = self.headers.get("Authorization")
        scopes = self.server.tokens.get((carried or "").removeprefix("Bearer "))
        if carried is not None and scopes is None:
            self.fail(401, "The server could not verify that you are authorized to access the URL requested.")
        elif scopes is None or scope not in scopes:
            self.fail(403, "Permission denied.")
        return scopes is not None and scope in scopes

    def owned(self, number: str) -> Deposition | None:
        made = self.server.depositions.get(int(number))
        if made is None:
            self.fail(404, "The persistent identifier does not exist.")
        elif made.owner != self.headers.get("Authorization"):
            self.fail(403, "Permission denied.")
        return made if made and made.owner == self.headers.get("Authorization") else None

    def create(self) -> None:
        body = self.body()
        if self.headers.get("Content-Type") != "application/json":
            return self.fail(415, "Unsupported media type")
        if set(body) - {"metadata"}:
            return self.fail(400, "Validation error", {"field": min(body), "message": "Unknown field name"})
        return self.answer(201, self.told(self.server.new(str(self.headers["Authorization"]))))

    def read(self, number: str) -> None:
        if made := self.owned(number):
            self.answer(200, self.told(made))

    def update(self, number: str) -> None:
        facts = self.body()["metadata"]
        if not (made := self.owned(number)):
            return None
        if made.published:
            return self.fail(404, "The persistent identifier is not registered.")
        for name, is_wrong in WRONG.items():
            if name in facts and is_wrong(facts[name]):
                return self.fail(
                    400, "Validation error", {"field": f"metadata.{name}", "message": "Not a valid choice"}
                )
        made.metadata = facts
        return self.answer(200, self.told(made))

    def publish(self, number: str) -> None:
        if not (made := self.owned(number)):
            return None
        if made.published:
            return self.fail(404, "The persistent identifier is not registered.")
        missing = [name for name in REQUIRED if not made.metadata.get(name)]
        if missing or not made.files:
            said = "Missing data for required field." if missing else "Missing uploaded files."
            lack = {"field": f"metadata.{missing[0]}" if missing else "files.enabled", "messages": [said]}
            return self.fail(400, "A validation error occurred.", lack)
        made.published = True
        return self.answer(202, self.told(made))

    def new_version(self, number: str) -> None:
        if not (old := self.owned(number)):
            return None
        if not old.published:
            return self.fail(404, "The persistent identifier is not registered.")
        if self.server.draft_of(old.concept):
            wrong = {"field": "files.enabled", "messages": ["Please remove all files first."]}
            return self.fail(400, "A validation error occurred.", wrong)
        made = self.server.new(old.owner, old.concept)
        made.files = {name: File(file.path, file.md5) for name, file in old.files.items()}
        told = self.told(old if self.server.answers_original else made)
        told["links"]["latest_draft"] = f"{self.server.url}/api/deposit/depositions/{made.id}"
        return self.answer(201, told)

    def versions(self, number: str) -> None:
        """The one of zenodo-rdm: it leads to the draft that is there, or makes one without files."""
        if old := self.owned(number):
            made = self.server.draft_of(old.concept) or self.server.new(old.owner, old.concept)
            self.answer(201, {"id": str(made.id), "links": {"self": f"{self.server.url}/api/records/{made.id}/draft"}})

    def delete_file(self, number: str, key: str) -> None:
        if not (made := self.owned(number)):
            return None
        name = next((name for name, file in made.files.items() if file.id == key), None)
        if made.published:
            return self.fail(403, "Permission denied.")
        if name is None:
            return self.fail(404, "The requested file does not exist.")
        del made.files[name]
        return self.answer(204, b"")

    def upload(self, bucket: str, key: str) -> None:
        made = next((made for made in self.server.depositions.values() if made.bucket == bucket), None)
        refusal = None
        if made is None or made.published:
            refusal = (404, "Bucket does not exist.") if made is None else (403, "Permission denied.")
        elif int(self.headers["Content-Length"]) > self.server.largest:
            refusal = (413, "The data value transmitted exceeds the capacity limit.")
        elif len(made.files) >= MOST_FILES and key not in made.files:
            refusal = (400, "Uploading selected files will result in more than the allowed number of files.")
        if refusal or made is None:
            self.close_connection = True  # and what comes is not read
            return self.fail(*(refusal or (404, "")))
        if not (md5 := self.receive(path := self.server.folder / str(uuid.uuid4()))):
            return None
        made.files[key] = File(path, md5)
        link = {"self": f"{self.server.url}/api/files/{bucket}/{key}"}
        return self.answer(201, {"key": key, "size": path.stat().st_size, "checksum": f"md5:{md5}", "links": link})

    def told(self, made: Deposition) -> dict[str, Any]:
        base = f"{self.server.url}/api/deposit/depositions/{made.id}"
        bucket = f"{self.server.bucket_at or self.server.url}/api/files/{made.bucket}"
        # The prefix of the reserved DOI is production's in the sandbox too.
        reserved = {"doi": f"10.5281/zenodo.{made.id}", "recid": made.id}
        told: dict[str, Any] = {
            "id": made.id,
            "conceptrecid": str(made.concept),
            "metadata": {**made.metadata, "prereserve_doi": reserved},
            "title": made.metadata.get("title", ""),
            "links": {"self": base, "bucket": bucket, "latest_draft": base},
            "state": "done" if made.published else "unsubmitted",
            "submitted": made.published,
        }
        told |= {"doi": f"{self.server.prefix}/zenodo.{made.id}"} if made.published else {}
        files = [
            {"id": file.id, "filename": name, "filesize": file.path.stat().st_size, "checksum": file.md5}
            for name, file in made.files.items()
        ]
        return told | ({"files": files} if files else {})

    def record(self, number: str) -> None:
        if newest := self.server.newest(int(number)):  # the number of all versions leads to the newest
            return self.redirect(newest)
        made = self.server.depositions.get(int(number))
        if made is None or not made.published:
            return self.fail(404, "The persistent identifier is not registered.")
        facts = {**made.metadata, "access_right": made.metadata.get("access_right", "open")}
        files = [
            {"id": file.id, "key": name, "size": file.path.stat().st_size, "checksum": f"md5:{file.md5}"}
            for name, file in made.files.items()
        ]
        told = {"id": made.id, "conceptrecid": str(made.concept), "metadata": facts, "files": files}
        return self.answer(200, {**told, "doi": f"{self.server.prefix}/zenodo.{made.id}"})

    def latest(self, number: str) -> None:
        made = self.server.depositions.get(int(number))
        newest = self.server.newest(made.concept) if made else None
        if newest is None:
            return self.fail(404, "The persistent identifier is not registered.")
        return self.redirect(newest)

    def redirect(self, made: Deposition) -> None:
        self.answer(302, b"", {"Location": f"{self.server.url}/api/records/{made.id}"})

    def content(self, number: str, key: str) -> None:
        made = self.server.depositions.get(int(number))
        if made is None or not made.published or key not in made.files:
            return self.fail(404, "The requested file does not exist.")
        return self.stream(made.files[key].path)
