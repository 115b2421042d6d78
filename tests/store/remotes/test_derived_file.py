"""A derived version leaves a store and comes into another with what it was made with."""

import numpy as np
import pytest

from fuseboard.store.embeddings import block, transform_file
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.embeddings.transform import Transform
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes import hub, pull, zenodo
from fuseboard.store.remotes.local import LocalRemote
from fuseboard.store.remotes.zenodo_deposit import Creator, deposit
from tests.store import zenodo_server
from tests.store.embeddings.test_deriving import MADE, derive, int8

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
RECIPE = Recipe(11, "int8")
site = zenodo_server.zenodo


@pytest.fixture
def version(make_version, tmp_path):
    return derive(tmp_path / "source", make_version(tmp_path / "source", dim=20), RECIPE)


def test_pushed_and_pulled_it_reads_the_same(version, hub_server, tmp_path, root):
    hub.push(tmp_path / "source", version, "org/small", private=False)
    landed = hub.pull(root, "org/small").version
    assert transform_file.read(landed).sha256 == MADE[RECIPE].sha256
    here, there = (block.read(one, "digits", "test").matrix for one in (landed, version))
    assert np.array_equal(here, there)
    hub.push(tmp_path / "source", version, "org/small", private=False)
    repository = hub_server.repos["org/small"]
    assert transform_file.FILE in repository.commits[repository.head], (
        "a second push does not take it for a stale shard"
    )


def test_without_its_transform_or_with_another_nothing_is_pulled(version, root):
    path = version.folder / transform_file.FILE
    path.write_bytes(transform_file.dump(Transform((int8(20),))))
    with pytest.raises(FuseboardError, match="another transform than alpha-pca11-int8 was made with"):
        pull.land(root, LocalRemote(version.folder))
    path.unlink()
    with pytest.raises(FuseboardError, match="is not there, and alpha-pca11-int8 was made with it"):
        pull.land(root, LocalRemote(version.folder))
    assert not list(root.rglob("manifest.json"))


def test_deposited_and_pulled_it_reads_the_same_and_is_not_sent_again(version, site, tmp_path, root):
    creators = [Creator("Doe, Anna")]
    done = deposit(tmp_path / "source", version, creators, publish=True)
    assert transform_file.FILE in site.sent()
    landed = zenodo.pull(root, done.doi).version
    here, there = (block.read(one, "digits", "test").matrix for one in (landed, version))
    assert np.array_equal(here, there)
    assert deposit(tmp_path / "source", version, creators, publish=True).files == 0
