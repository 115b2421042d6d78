"""The front page: its first screen answers, and the picker leads to the answers that the page of choices has too."""

import re

import pytest

SCORE = re.compile(r"(?<![\d.])\.\d{3}")


def answer(page):
    return page.locator("[data-answer]").inner_text()


def pick(page, name, value):
    page.select_option(f"div.picker select[name={name}]", value)


@pytest.mark.parametrize("size", [(375, 812), (1440, 900)])
def test_the_first_screen_holds_a_score_and_the_verdict_begins_there(page, size):
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.goto("index.html")
    seen = page.evaluate(
        """(height) => [...document.querySelectorAll("main p, main h1, main h2")]
            .filter((each) => each.checkVisibility() && each.getBoundingClientRect().bottom < height)
            .map((each) => each.innerText).join(" ")""",
        size[1],
    )
    assert SCORE.search(seen)
    assert "frozen image models on" in seen


def test_what_is_picked_is_answered_kept_in_the_address_and_there_again(page):
    page.goto("index.html")
    before = answer(page)
    options = page.locator("div.picker select[name=dataset] option").all_inner_texts()
    assert len(options) == 3
    pick(page, "dataset", options[-1])
    after = answer(page)
    assert after != before
    assert options[-1] in after
    pick(page, "licence", "commercial")
    limited = answer(page)
    assert "licence=commercial" in page.url
    page.reload()
    assert answer(page) == limited


def test_every_answer_stands_on_the_page_of_choices(page):
    page.goto("index.html")
    asked = page.evaluate("() => JSON.parse(document.querySelector('template[data-asked]').dataset.asked)")
    page.goto("choose.html")
    words = " ".join(page.locator("main").evaluate("(main) => main.textContent").split())
    told = [line for own in asked.values() for lines in own["answers"] for line in lines]
    assert told
    assert [line for line in told if " ".join(line.split()) not in words] == []


def test_without_scripts_links_lead_to_the_answers(browser, site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("index.html")
    assert not page.locator("div.picker").count()
    assert SCORE.search(answer(page))
    link = page.locator("[data-without-script] a").last
    name = link.inner_text()
    link.click()
    assert page.url.endswith(f"choose.html#{name}")
    assert page.locator(f"section[aria-labelledby={name}] p").count() > 1
    context.close()


def test_a_command_is_copied_whole(browser, site):
    context = browser.new_context(base_url=site.url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("index.html")
    block = page.locator("pre[data-copy]", has_text="fuse train")
    button = block.locator("xpath=preceding-sibling::button[1]")
    button.click()
    page.wait_for_function("(each) => each.textContent !== 'Copy'", arg=button.element_handle())
    assert page.evaluate("() => navigator.clipboard.readText()") == block.locator("code").inner_text()
    context.close()


def test_empty_boards_are_in_no_menu(page):
    page.goto("index.html")
    menu = page.locator("header nav a").all_inner_texts()
    assert menu == ["Choose", "Datasets", "Backbones", "Fusion", "Robustness", "Cost", "Explore", "Method"]
