"""The doctor: what this machine lacks, and how to install it."""

import importlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec

from fuseboard.harness.datasets import paths
from fuseboard.harness.terminal.extras import EXTRAS, MAGICKWAND, install_command
from fuseboard.harness.terminal.finding import Finding, Status
from fuseboard.store.files.location import store_root

FREE_GB = 5


def examine() -> list[Finding]:
    """Looks at the installation, the GPU, the data and the disk; needs none of them."""
    return [*_extras(), *_magickwand(), _gpu(), _data(), _disk()]


def _extras() -> Iterator[Finding]:
    for extra in dict.fromkeys(EXTRAS.values()):
        if extra == "gpu" and not _has_cuda():
            continue
        modules = [module for module, of in EXTRAS.items() if of == extra]
        absent = [module for module in modules if find_spec(module) is None]
        if absent:
            # A light installation has none of the harness and is whole without; a part of it is a broken one.
            status: Status = "missing" if extra == "harness" and len(absent) < len(modules) else "note"
            yield Finding(
                status, f"extra {extra}", f"not installed: {', '.join(absent)}", str(install_command(absent[0]))
            )
        else:
            yield Finding("ok", f"extra {extra}", "installed")


def _magickwand() -> Iterator[Finding]:
    """The library behind the extra `corruptions`, where that is installed."""
    if find_spec("wand") is None:
        return
    try:
        importlib.import_module("wand.api")
    except ImportError:
        message = "ImageMagick's library is not on this machine, so no corrupted images can be made"
        yield Finding("note", "MagickWand", message, MAGICKWAND)
    else:
        yield Finding("ok", "MagickWand", "found")


def _has_cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _gpu() -> Finding:
    if find_spec("torch") is None:
        return Finding("note", "GPU", "cannot be looked for without torch", str(install_command("torch")))
    import torch

    if torch.cuda.is_available():
        return Finding("ok", "GPU", torch.cuda.get_device_name())
    if torch.backends.mps.is_available():
        return Finding("ok", "GPU", "Apple's, for embeddings with --device mps; classifiers are fitted on the CPU")
    return Finding("note", "GPU", "no CUDA device: everything runs on the CPU, more slowly")


def _data() -> Finding:
    there = sorted(path.name for path in paths.root().glob("*mnist*.npz"))
    if there:
        return Finding("ok", "MedMNIST", f"{paths.root()}: {', '.join(there)}")
    return Finding(
        "note", "MedMNIST", f"no file in {paths.root()}", "they are downloaded on demand; or set MEDMNIST_ROOT"
    )


def _disk() -> Finding:
    root = store_root()
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(place).free / 1e9
    if free < FREE_GB:
        return Finding(
            "missing", "disk", f"{free:.1f} GB free at {place}", "free some, or set FUSEBOARD_STORE elsewhere"
        )
    return Finding("ok", "disk", f"{free:.0f} GB free at {place}")
