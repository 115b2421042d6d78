"""A repository of git for tests: made of objects, without a working tree, also such as git would never make."""

import hashlib
import os
import subprocess
import zlib
from pathlib import Path

NEW = {"card.toml": b'id = "net"\r\n', "manifest.json": b"{}", "submission.toml": b'status = "active"\n'}


class Work:
    """A repository with a main branch and a stranger's commit, both made of objects, without a working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--bare", "--initial-branch=main", ".")
        self.main = self.commit(self.tree({"README.md": b"main", "submissions": {"README.md": b"data only"}}))
        self.git("update-ref", "refs/heads/main", self.main)

    def git(self, *arguments: str, put: bytes = b"") -> str:
        own = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always"]
        command = ["git", *own, *arguments]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        clean |= {"GIT_CONFIG_GLOBAL": os.devnull}
        ran = subprocess.run(command, cwd=self.folder, input=put, capture_output=True, check=True, env=clean)
        return ran.stdout.decode().strip()

    def put(self, kind: str, data: bytes) -> str:
        """Writes an object as it is, whatever git would say of it."""
        whole = f"{kind} {len(data)}\0".encode() + data
        sha = hashlib.sha1(whole).hexdigest()
        path = self.folder / "objects" / sha[:2] / sha[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(whole))
        return sha

    def raw(self, *entries: tuple[str, str | bytes, str]) -> str:
        """A tree of (mode, name, hash) in the order given."""
        parts = [
            f"{mode} ".encode() + (name.encode() if isinstance(name, str) else name) + b"\0" + bytes.fromhex(sha)
            for mode, name, sha in entries
        ]
        return self.put("tree", b"".join(parts))

    def tree(self, content: dict) -> str:
        """A tree of nested mappings of bytes; a pair of mode and hash is taken as it is."""
        entries = []
        for name, value in content.items():
            if isinstance(value, dict):
                entries.append(("40000", name, self.tree(value)))
            elif isinstance(value, tuple):
                entries.append((value[0], name, value[1]))
            else:
                entries.append(("100644", name, self.put("blob", value)))
        return self.raw(*sorted(entries, key=lambda entry: f"{entry[1]}{'/' if entry[0] == '40000' else ''}"))

    def commit(self, tree: str, *parents: str) -> str:
        return self.git("commit-tree", tree, *(word for parent in parents for word in ("-p", parent)), put=b"m")

    def propose(self, content: dict, *parents: str) -> str:
        """A pull request that ends in a commit of these files."""
        return self.propose_tree(self.tree({"README.md": b"main", **content}), *parents)

    def propose_tree(self, tree: str, *parents: str) -> str:
        commit = self.commit(tree, *(parents or (self.main,)))
        self.git("update-ref", "refs/pull/1/head", commit)
        return commit

    def adopt(self, content: dict) -> None:
        self.main = self.commit(self.tree(content), self.main)
        self.git("update-ref", "refs/heads/main", self.main)


def beside(**folders: object) -> dict:
    return {"submissions": {"README.md": b"data only", **folders}}
