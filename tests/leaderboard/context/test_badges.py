"""Badges and presets: what stands beside a backbone's name, and which filters of the tables keep it."""

import pytest

from fuseboard.leaderboard.answers.needs import Needs
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.badges import Badges
from fuseboard.leaderboard.output.glossary import TERMS
from fuseboard.store.embeddings.licences import forbids_commercial_use


def badges(store, **needs):
    return Badges(take(store.opened), needs)


def texts(found):
    assert {badge.term for badge in found} <= set(TERMS), "every badge is explained"
    return [badge.text for badge in found]


def test_a_backbone_that_saw_the_dataset_says_so_in_any_size(store):
    store.embed("alpha", dataset="breastmnist-64", overlap=("breastmnist", "chestmnist", "octmnist"))
    own = badges(store)
    assert texts(own.of("alpha")) == ["trained on breastmnist, chestmnist and 1 more"]
    assert texts(own.of("alpha", "breastmnist-28")) == ["trained on this data"]
    assert texts(own.of("alpha", "pathmnist")) == []


def test_an_untrained_network_saw_nothing(store):
    store.embed("alpha.random", overlap=("breastmnist",))
    assert texts(badges(store).of("alpha.random")) == ["random weights"]


def test_licence_and_terms(store):
    store.embed("alpha", licence="CC BY-NC 4.0")
    assert texts(badges(store, alpha=Needs(1, 1.0, False, True)).of("alpha")) == ["gated", "non-commercial"]


def test_what_only_others_measured(store):
    store.embed("conch")
    assert texts(badges(store).of("conch")) == ["reported only"]
    store.measure(("conch",), (0.5, 0.5), (0.5, 0.5))
    assert texts(badges(store).of("conch")) == []


def test_presets_keep_what_is_known(store):
    store.embed("alpha")
    store.embed("beta", overlap=("breastmnist",))
    own = badges(store, alpha=Needs(1, 8.0, True, False), beta=Needs(1, 8.1, True, None))
    assert own.presets("alpha") == ("open-licence", "small", "no-overlap")
    assert own.presets("beta") == ()
    assert own.presets("nobody") == ()


@pytest.mark.parametrize(
    ("licence", "forbids"),
    [("CC BY-NC 4.0", True), ("cc-by-nc-nd-4.0", True), ("Non-commercial use only", True), ("MIT", False),
     ("a licence of Ncs", False), ("", False)],
)  # fmt: skip
def test_a_licence_that_forbids_commercial_use(licence, forbids):
    assert forbids_commercial_use(licence) == forbids
