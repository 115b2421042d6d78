"""The draft of a card for a model of transformers: a class, and the configuration that lies beside the weights."""

import json
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import image_processor
from fuseboard.store.errors import UsageError, unknown

CONFIGURATION, PROCESSOR = "config.json", "preprocessor_config.json"
"""What `save_pretrained` writes beside the weights."""
NOT_OF_THE_MODEL = (
    "architectures", "model_type", "transformers_version", "dtype", "torch_dtype", "_name_or_path",
    "id2label", "label2id", "problem_type",
)  # fmt: skip
"""Keys of a configuration that say how it was saved, and what the classes of its head are called."""


def facts(model: str | None, file: Path | None) -> dict[str, Any]:
    """Returns what transformers and the files beside the weights tell.

    Args:
        model: the class; by default the one that the configuration beside the weights names.
        file: of weights on this machine.

    Raises:
        UsageError: no such class, or a configuration that cannot be read.
    """
    written = _read(file.parent / CONFIGURATION) if file is not None else {}
    named = written.get("architectures")
    name = model or (named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None)
    if name is None:
        return {}
    import transformers

    kind: Any = getattr(transformers, name, None)
    if not isinstance(kind, type) or not issubclass(kind, transformers.PreTrainedModel):
        models = [one for one in dir(transformers) if one.endswith("Model")]
        raise unknown("class", name, models, f"transformers {transformers.__version__}")
    configuration: Any = kind.config_class
    kwargs: dict[str, Any] = {}
    if written.get("model_type") == configuration.model_type:
        standard = configuration().to_dict()
        kwargs = {
            key: value
            for key, value in written.items()
            if key not in NOT_OF_THE_MODEL and value is not None and value != standard.get(key)
        }
        if isinstance(labels := written.get("id2label"), dict):
            kwargs["num_labels"] = len(labels)
    config = configuration(**kwargs)
    sizes = {"dim": getattr(config, "hidden_size", None), "preprocessing.size": getattr(config, "image_size", None)}
    guessed: dict[str, Any] = {key: value for key, value in sizes.items() if isinstance(value, int)}
    transform: dict[str, Any] = {}
    if file is not None and (saved := _read(file.parent / PROCESSOR)):
        transform = {key: value for key, value in image_processor.facts(saved).items() if value is not None}
    found = guessed | transform
    sure = {*transform, *(guessed if written else ())}
    return {
        "source.architecture": name,
        **found,
        "preprocessing.centre": "floor",
        "source.kwargs": kwargs or None,
        "unverified": [key for key in found if key not in sure],
    }


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise UsageError(f"{path}: not a JSON file: {error}") from error
    return found if isinstance(found, dict) else {}
