"""The names of backbones and datasets, which are folders of a store and parts of addresses."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import Field, StringConstraints

_NAME = "up to 100 small letters, digits, `.`, `_` and `-`, such as `my-lesions`"
_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,99}$"
Name = Annotated[str, StringConstraints(pattern=_PATTERN), Field(description=_NAME)]


@lru_cache(10_000)
def is_name(text: str) -> bool:
    """Whether a text can be the name of a backbone or dataset, and so of a folder in the store."""
    return re.fullmatch(_PATTERN, text) is not None
