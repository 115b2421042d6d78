"""A month is written as `2024-03`: as exact as the number of a preprint, and as what a journal prints."""

import re
from typing import Annotated, Any

from pydantic import Field, StringConstraints

PATTERN = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"
Month = Annotated[str, StringConstraints(pattern=PATTERN), Field(description="a month as YYYY-MM, such as 2024-03")]


def is_month(value: Any) -> bool:
    """Whether a value from anywhere is a month as it is written here."""
    return isinstance(value, str) and re.fullmatch(PATTERN.strip("^$"), value) is not None
