"""Weight: what a browser has to fetch before the front page is there."""


def test_the_front_page_is_light(page):
    weight = []
    page.on("response", lambda answer: weight.append(len(answer.body())))
    page.goto("index.html")
    assert len(weight) > 8, "styles and scripts are counted too"
    assert sum(weight) < 300_000
