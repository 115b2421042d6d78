"""DOIs as people write them."""

import pytest

from fuseboard.store.errors import UsageError
from fuseboard.store.files.doi import normal

DOI = "10.5281/zenodo.1234567"


@pytest.mark.parametrize(
    "written", [DOI, f" {DOI}\n", f"doi:{DOI}", f"https://doi.org/{DOI}", f"http://dx.doi.org/{DOI}", f"DOI:{DOI}"]
)
def test_one_way_of_writing_comes_of_many(written):
    assert normal(written) == DOI


@pytest.mark.parametrize(
    "written", ["", "zenodo.1234567", "10.5281", "10.5281/", f"{DOI}}}", f'{DOI}"><b>', f"{DOI}\n{DOI}", "11.5281/x"]
)
def test_what_is_none_is_refused_and_named(written):
    with pytest.raises(UsageError, match="is no DOI"):
        normal(written)
