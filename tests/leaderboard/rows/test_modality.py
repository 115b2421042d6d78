import pytest

from fuseboard.leaderboard.rows.modality import MODALITIES, groups, is_corrupted, is_demo, is_ranked, of, size, source


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("breastmnist", "Breast ultrasound"),
        ("breastmnist-64", "Breast ultrasound"),
        ("organsmnist-128", "Abdominal CT"),
        ("xrays", "Other"),
        ("digits", "Handwritten digits"),
        ("breastmnist-64-first100", "Other"),
        ("breastmnistish", "Other"),
    ],
)
def test_a_name_is_a_flag_with_or_without_a_size(name, modality):
    assert of(name) == modality


def test_columns_are_grouped_and_small_sizes_come_first():
    names = ["xrays", "breastmnist", "organsmnist", "chestmnist", "organamnist", "breastmnist-64", "pneumoniamnist-28"]
    assert groups(names) == [
        ("Chest X-ray", ("chestmnist", "pneumoniamnist-28")),
        ("Breast ultrasound", ("breastmnist-64", "breastmnist")),
        ("Abdominal CT", ("organamnist", "organsmnist")),
        ("Other", ("xrays",)),
    ]


def test_flags_of_one_modality_stand_side_by_side():
    titles = list(MODALITIES.values())
    assert len(titles) == 12
    runs = [title for before, title in zip([None, *titles], titles, strict=False) if title != before]
    assert len(runs) == len(set(titles))


def test_only_a_medmnist_set_has_a_corrupted_twin():
    assert is_corrupted("breastmnist-64-c")
    assert not is_corrupted("breastmnist-64")
    assert not is_corrupted("vitamin-c")


def test_what_is_not_medical_and_what_is_corrupted_is_on_no_board():
    names = ("breastmnist", "breastmnist-c", "digits", "digits-sample100", "digits-first9", "imagenet", "my-lesions")
    assert [name for name in names if is_ranked(name)] == ["breastmnist", "my-lesions"]
    assert [name for name in names if is_demo(name)] == ["digits", "digits-sample100", "digits-first9", "imagenet"]


def test_sizes_and_samples_of_a_set_show_the_same_images():
    same = ("breastmnist-28-sample9", "breastmnist-first100", "breastmnist-28", "breastmnist-64", "breastmnist")
    assert {source(name, name) for name in same} == {"breastmnist"}
    assert sorted({*same}, key=size) == list(same)
    assert source("breastmnist", "a") != source("bloodmnist", "a")
    assert source("xrays", "a") == source("xrays-sample9", "a") != source("mri", "b")
