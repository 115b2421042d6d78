"""Weight: what a browser has to fetch before the front page is there."""


def test_the_front_page_is_light(page):
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("index.html")
    assert len(answers) > 8, "styles and scripts are counted too"
    assert sum(len(answer.body()) for answer in answers) < 300_000
