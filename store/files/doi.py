"""A DOI names a deposited or published work for ever."""

import re

from fuseboard.store.errors import UsageError

FORM = r"10\.[0-9]{4,9}/[-._;()/:A-Za-z0-9]+"
"""What Crossref recommends to match, which has no character that a page, a citation or an address would have to escape:
https://www.crossref.org/blog/dois-and-matching-regular-expressions/."""
_WRITTEN = re.compile(rf"(?:doi:|https?://(?:dx\.)?doi\.org/)?({FORM})", re.IGNORECASE)


def normal(text: str) -> str:
    """Returns a DOI as `10.5281/zenodo.1234567`, from that, from `doi:…` or from its address.

    Raises:
        UsageError: it is none.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no DOI; give one such as 10.5281/zenodo.1234567")
    return found[1]
