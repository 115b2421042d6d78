"""A finding says of each board what its rows say, in each case there is, and nothing where they say nothing."""

from types import SimpleNamespace

from fuseboard.leaderboard.answers import findings


def whole(**fields):
    return SimpleNamespace(**fields)


def efficient(name, auc, parameters, on_front=True):
    fronts = {"parameters"} if on_front else set()
    return whole(ranked_row=whole(name=name, mean_auc=auc), costs={"parameters": parameters}, fronts=fronts)


def test_the_front_of_parameters_is_named_the_best_first():
    rows = (efficient("big", 0.9, 22_056_192), efficient("pixels", 0.7, 0.0), efficient("worse", 0.6, 5e6, False))
    assert findings.efficiency(whole(rows=rows)) == (
        "No backbone has both a higher mean test AUC and fewer parameters than big (.900 with 22.1 M) and pixels "
        "(.700 with 0)."
    )
    assert findings.efficiency(whole(rows=rows[2:])) == ""


def test_what_adds_most_is_said_with_its_datasets():
    row = whole(backbone="big", auc=0.063, partner=whole(other="small"))
    other = whole(backbone="small", auc=0.01, partner=None)
    one = findings.contribution(whole(rows=(row, other), counted=("eyes",)))
    assert one == "big adds most: +6.3 points of test AUC on eyes. It is most redundant with small."
    alone = whole(backbone="big", auc=0.063, partner=None)
    several = findings.contribution(whole(rows=(alone, other), counted=("eyes", "ears")))
    assert several == "big adds most: +6.3 points of test AUC on average over eyes and ears."
    assert findings.contribution(whole(rows=(row, whole(backbone="a", auc=None, partner=None)), counted=())) == ""


def errs(subset, mean, clean):
    return whole(subset=subset, errors=whole(mean=mean, clean=clean) if mean is not None else None)


def test_the_smallest_error_is_the_first_of_those_that_have_one():
    rows = (errs(("a", "b"), 0.3, 0.2), errs(("c",), 0.4, 0.2), errs(("d",), None, None))
    assert findings.robustness(whole(rows=rows)) == (
        "a and b fused have the smallest error on corrupted images, .300 in the mean; on clean images it is .200."
    )
    assert findings.robustness(whole(rows=rows[1:])).startswith("c has an error on corrupted images, .400")
    assert findings.robustness(whole(rows=rows[2:])) == ""


def test_the_method_with_the_best_worst_group_is_said_with_that_group():
    def scores(subset, worst, known):
        group = whole(group="north", auc=whole(value=worst)) if worst is not None else None
        return whole(subset=subset, worst=group, known=whole(auc=whole(value=known)))

    table = whole(column="site", scores=[scores(("a",), 0.8, 0.9), scores(("b",), 0.7, 0.9)])
    assert findings.groups(table) == (
        "a scores lowest on site north: AUC .800 on its test images, .900 on all of them. No other method has a better "
        "worst site."
    )
    single = whole(column="site", scores=[scores(("a", "b"), 0.8, None)])
    assert findings.groups(single) == "a and b fused score lowest on site north: AUC .800 on its test images."
    assert findings.groups(whole(column="site", scores=[scores(("a",), None, None)])) == ""


def line(name, size, auc, loss=None, low=None):
    return {"backbone": name, "bytes": size, "linear_auc": auc, "linear_loss": loss, "linear_loss_low": low}


def test_the_smallest_vector_without_a_loss_is_said_else_the_one_that_loses_least():
    sources = {"net": "net", "net.pca": "net", "net.bits": "net"}
    lines = (line("net", 2048, 0.9), line("net.pca", 128, 0.89, 0.01, -0.01), line("net.bits", 32, 0.7, 0.2, 0.1))
    assert findings.sizes(whole(lines=lines, sources=sources)) == (
        "net.pca takes 128 bytes per image where net takes 2,048: with a linear probe it scores .890, and no loss can "
        "be told."
    )
    lossy = findings.sizes(whole(lines=(lines[0], lines[2]), sources=sources))
    assert lossy.endswith("it scores .700, and it loses .200.")
    assert findings.sizes(whole(lines=lines[:1], sources=sources)) == ""


def test_the_best_classifiers_of_the_whole_pool_are_named():
    def row(title, auc):
        return whole(title=title, cells={"all backbones": whole(auc=auc)})

    table = whole(rows=(row("ridge", 0.9), row("trees", 0.9)), best=("ridge", "trees"), pool=("a", "b"))
    assert findings.classifiers(table) == (
        "With all 2 backbones of the pool the highest test AUC, .900, is that of ridge and trees."
    )
    one = whole(rows=(row("ridge", 0.9),), best=("ridge",), pool=("a",))
    assert findings.classifiers(one) == "With a the highest test AUC, .900, is that of ridge."
    assert findings.classifiers(whole(rows=(), best=(), pool=())) == ""


def test_the_best_on_photographs_is_the_first_row():
    row = whole(subset=("a", "b"), classifier="linear probe", test_top1=0.78)
    assert findings.transfer(whole(rows=(row,))) == "a and b with linear probe have the highest top-1 on test, .780."
    assert findings.transfer(whole(rows=(whole(subset=("a",), classifier="x", test_top1=None),))) == ""


def test_speeds_are_compared_on_one_machine_and_only_where_they_are_steady():
    def total(name, pace, device="cpu", unsteady=None):
        return whole(backbone=name, images_per_s=pace, device=device, precision="fp32", unsteady=unsteady)

    found = [total("a", 10.0), total("b", 1234.5), total("c", 1.0, unsteady="busy"), total("d", 9e9, "gpu")]
    assert findings.speed(found) == "b embeds fastest, 1,234.5 images/s, and a slowest, 10.0: in fp32 on cpu."
    assert findings.speed(found[2:]) == ""


def test_the_fewest_labelled_images_and_all_of_them_are_said():
    scores = {4: (0.6, 0.5, 0.7), 60: (0.9, 0.9, 0.9)}
    at = lambda subset, n: scores[n] if subset else None  # noqa: E731
    curves = whole(images=(4, 60), draws=2, pool=(), curves={("a",): None}, at=at)
    few, every = findings.label_curves(curves)
    assert ".600 (.500 to .700) over 2 draws" in few
    assert every == "With all 60 labelled images, a is the best single backbone, AUC .900."
    assert len(findings.label_curves(whole(**{**vars(curves), "images": (60,)}))) == 1
