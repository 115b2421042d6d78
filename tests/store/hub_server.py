"""A small Hugging Face Hub on the loopback: the part of its HTTP API that pushing and pulling a dataset uses."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Tree = dict[str, bytes]
LARGE = (".parquet", ".bin", ".safetensors")
"""How names of files end whose SHA-256 the Hub lists."""


class Repo:
    """Commits of one dataset repository, newest last."""

    def __init__(self) -> None:
        self.commits: dict[str, Tree] = {}
        self.tags: dict[str, str] = {}
        self.proposals: set[str] = set()
        """Commits that answer under the repository's name and are not on its main branch."""
        self.private = False
        self.commit({".gitattributes": b"*.parquet filter=lfs\n"})

    @property
    def head(self) -> str:
        return [sha for sha in self.commits if sha not in self.proposals][-1]

    def commit(self, tree: Tree) -> str:
        sha = hashlib.sha1(repr((len(self.commits), sorted(tree))).encode()).hexdigest()
        self.commits[sha] = tree
        return sha

    def resolve(self, revision: str) -> str | None:
        revision = self.head if revision == "main" else self.tags.get(revision, revision)
        return revision if revision in self.commits else None


class FakeHub(ThreadingHTTPServer):
    """The server, what it holds, what it was asked, and the faults it is told to show."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.reset()

    def reset(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str | None] = set()
        self.serve: Callable[[str, bytes], bytes] = lambda path, data: data
        """What a download of a path answers instead of its content."""
        self.trickle: int | None = None
        """Bytes of a shard that are sent at a time, with a pause after each, so that a client can be killed."""
        self.ranges: list[str] = []
        self.status: Callable[[str, str], int | None] = lambda method, path: None
        """A status to answer a request with instead of serving it."""

    def downloads(self) -> list[str]:
        return [
            path.rsplit("/resolve/", 1)[1].split("/", 1)[1]
            for method, path in self.asked
            if method == "GET" and "/resolve/" in path
        ]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement
    server: FakeHub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle_any(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append((self.command, path))
        if not path.startswith("/lfs/"):  # uploads go to a signed address, without the token
            self.server.tokens.add(self.headers.get("Authorization"))
        body = self._body()
        if status := self.server.status(self.command, path):
            return self.answer(status, {"error": "as told"})
        for method, pattern, name in ROUTES:
            if (method is None or method == self.command) and (found := re.fullmatch(pattern, path)):
                return getattr(self, name)(body, **found.groupdict())
        self.answer(404, {"error": f"no route {self.command} {path}"})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(content, bytes) else "application/json"
        )
        headers = {"Content-Length": str(len(data)), **(headers or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            step = self.server.trickle if len(data) > 2**20 and self.server.trickle else len(data)
            for start in range(0, len(data), step or 1):
                self.wfile.write(data[start : start + step])
                time.sleep(0.02 if step < len(data) else 0)

    def repo(self, repo: str, revision: str | None = None) -> tuple[Repo, str] | None:
        """The repository and commit, or None after answering that there is none."""
        if repo not in self.server.repos:
            self.answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return None
        found = self.server.repos[repo]
        sha = found.resolve(revision or "main")
        if sha is None:
            self.answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            return None
        return found, sha

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        known = name in self.server.repos
        if not known:
            self.server.repos[name] = Repo()
            self.server.repos[name].private = asked.get("private", asked.get("visibility") == "private")
        self.answer(409 if known else 200, {"url": f"{self.server.url}/datasets/{name}", "error": "exists"})

    def validate(self, body: bytes) -> None:
        self.answer(200, {"errors": [], "warnings": []})

    def info(self, body: bytes, repo: str, revision: str | None = None) -> None:
        if found := self.repo(repo, revision):
            files = [{"rfilename": path} for path in found[0].commits[found[1]]]
            self.answer(
                200,
                {
                    "id": repo,
                    "sha": found[1],
                    "siblings": files,
                    "private": found[0].private,
                    "tags": [],
                    "downloads": 0,
                },
            )

    def tree(self, body: bytes, repo: str, revision: str, folder: str | None = None) -> None:
        if found := self.repo(repo, revision):
            files = found[0].commits[found[1]]
            start = f"{folder.strip('/')}/" if folder else ""
            folders = {path.rsplit("/", 1)[0] for path in files if "/" in path}
            entries = [{"type": "directory", "path": name, "size": 0, "oid": "0" * 40} for name in sorted(folders)]
            entries += [self.entry(path, data) for path, data in files.items()]
            deep = "recursive=" in self.path and "recursive=false" not in self.path.lower()
            inside = [e for e in entries if e["path"].startswith(start) and e["path"] != folder]
            self.answer(200, [e for e in inside if deep or "/" not in e["path"][len(start) :]])

    def paths(self, body: bytes, repo: str, revision: str) -> None:
        if found := self.repo(repo, revision):
            tree = found[0].commits[found[1]]
            wanted = re.findall(r"paths=([^&]+)", unquote(body.decode()))
            folders = [w for w in wanted if any(p.startswith(f"{w}/") for p in tree)]
            entries = [self.entry(path, data) for path, data in tree.items() if path in wanted]
            self.answer(200, entries + [{"type": "directory", "path": f, "oid": "0" * 40, "size": 0} for f in folders])

    def entry(self, path: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": _git(data)}
        entry["lastCommit"] = {"id": "0" * 40, "title": "a commit", "date": "2026-01-01T00:00:00.000Z"}
        if path.endswith(LARGE):
            entry["lfs"] = {"oid": _sha256(data), "size": len(data), "pointerSize": 130}
        return entry

    def refs(self, body: bytes, repo: str) -> None:
        if found := self.repo(repo):
            tags = [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": c} for n, c in found[0].tags.items()]
            self.answer(200, {"branches": [], "converts": [], "tags": tags})

    def commits(self, body: bytes, repo: str, revision: str) -> None:
        if found := self.repo(repo, revision):
            own = [sha for sha in found[0].commits if sha not in found[0].proposals]
            facts = {"title": "a commit", "message": "", "authors": [], "date": "2026-01-01T00:00:00.000Z"}
            self.answer(200, [{"id": sha, **facts} for sha in reversed(own)])

    def tag(self, body: bytes, repo: str, revision: str) -> None:
        if self.command == "DELETE":
            del self.server.repos[repo].tags[revision]
            return self.answer(200, {})
        if found := self.repo(repo, revision):
            name = json.loads(body)["tag"]
            if name in found[0].tags:
                return self.answer(409, {"error": "Tag exists"})
            found[0].tags[name] = found[1]
            self.answer(200, {})

    def preupload(self, body: bytes, repo: str, revision: str) -> None:
        if found := self.repo(repo, revision):
            tree = found[0].commits[found[1]]
            self.answer(
                200,
                {
                    "files": [
                        {
                            "path": f["path"],
                            "uploadMode": "lfs" if f["path"].endswith(".parquet") else "regular",
                            "shouldIgnore": False,
                            "oid": _git(tree[f["path"]]) if f["path"] in tree else None,
                        }
                        for f in json.loads(body)["files"]
                    ]
                },
            )

    def batch(self, body: bytes, repo: str) -> None:
        objects = [
            {"oid": o["oid"], "size": o["size"]}
            if o["oid"] in self.server.blobs
            else {
                "oid": o["oid"],
                "size": o["size"],
                "actions": {"upload": {"href": f"{self.server.url}/lfs/{o['oid']}"}},
            }
            for o in json.loads(body)["objects"]
        ]
        self.answer(200, {"transfer": "basic", "objects": objects})

    def upload(self, body: bytes, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            return self.answer(400, {"error": "wrong content"})
        self.server.blobs[oid] = body
        self.answer(200, b"")

    def commit(self, body: bytes, repo: str, revision: str) -> None:
        if found := self.repo(repo, revision):
            tree = dict(found[0].commits[found[1]])
            for line in body.splitlines():
                step = json.loads(line)
                value = step["value"]
                if step["key"] == "header" and value.get("parentCommit", found[1]) != found[1]:
                    return self.answer(412, {"error": "a commit has happened since"})
                if step["key"] == "file":
                    tree[value["path"]] = base64.b64decode(value["content"])
                elif step["key"] == "lfsFile":
                    tree[value["path"]] = self.server.blobs[value["oid"]]
                elif step["key"] == "deletedFile":
                    del tree[value["path"]]
            sha = found[0].commit(tree)
            self.answer(
                200, {"success": True, "commitOid": sha, "commitUrl": f"{self.server.url}/datasets/{repo}/commit/{sha}"}
            )

    def resolve(self, body: bytes, repo: str, revision: str, path: str) -> None:
        if found := self.repo(repo, revision):
            if path not in found[0].commits[found[1]]:
                return self.answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            data = found[0].commits[found[1]][path]
            etag = _sha256(data) if path.endswith(".parquet") else _git(data)
            headers = {"X-Repo-Commit": found[1], "ETag": f'"{etag}"', "X-Linked-Size": str(len(data))}
            data, whole = self.server.serve(path, data), len(data)
            if span := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                self.server.ranges.append(span[0])
                first, last = int(span[1]), int(span[2] or len(data) - 1)
                headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
                return self.answer(206, data[first : last + 1], headers)
            if len(data) < whole:  # cut off: the promised length does not arrive
                headers["Content-Length"] = str(whole)
                self.close_connection = True
            self.answer(200, data, headers)


@cache
def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def _git(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


NAME = r"(?P<repo>[\w.-]+/[\w.-]+)"
ROUTES = [
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("GET", rf"/api/datasets/{NAME}", "info"),
    ("GET", rf"/api/datasets/{NAME}/revision/(?P<revision>[^/]+)", "info"),
    ("GET", rf"/api/datasets/{NAME}/tree/(?P<revision>[^/]+)(?P<folder>/.*)?", "tree"),
    ("POST", rf"/api/datasets/{NAME}/paths-info/(?P<revision>[^/]+)", "paths"),
    ("GET", rf"/api/datasets/{NAME}/refs", "refs"),
    ("GET", rf"/api/datasets/{NAME}/commits/(?P<revision>[^/]+)", "commits"),
    (None, rf"/api/datasets/{NAME}/tag/(?P<revision>[^/]+)", "tag"),
    ("POST", rf"/api/datasets/{NAME}/preupload/(?P<revision>[^/]+)", "preupload"),
    ("POST", rf"/datasets/{NAME}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "upload"),
    ("POST", rf"/api/datasets/{NAME}/commit/(?P<revision>[^/]+)", "commit"),
    (None, rf"/datasets/{NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
]
