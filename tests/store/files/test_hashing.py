import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.store.files.hashing import fingerprint, sha256_of

SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.0, -0.0, 0.5, 1.0, 1e-9, 1e300, "", "a", "0"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3)
IDENTITIES = st.dictionaries(st.sampled_from(["hub_id", "revision", "pooling", "size"]), VALUES, max_size=4)


@given(IDENTITIES, IDENTITIES)
def test_equal_if_and_only_if_the_canonical_identities_are(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint(one) == fingerprint(other)) is same


@given(IDENTITIES)
def test_the_order_of_keys_does_not_matter(identity):
    assert fingerprint(identity) == fingerprint(dict(reversed(identity.items())))
    assert len(fingerprint(identity)) == 32


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_equal_to_themselves_are_refused(number):
    with pytest.raises(ValueError, match=r"not JSON compliant"):
        fingerprint({"mean": number})


def test_the_hash_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a").startswith("ba7816bf8f01cfea")
