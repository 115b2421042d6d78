"""Where a number comes from: in a dialog over the table, and on a page of its own wherever the dialog cannot be."""

import re

import pytest

BOARD = "boards/singles.html"


@pytest.fixture
def number(page):
    page.goto(BOARD)
    return page.locator("#singles-starter a.from").first


def test_a_number_opens_what_it_came_from_with_the_keyboard(page, number):
    text = number.inner_text()
    number.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Where {text} comes from")
    dialog.locator("dl").first.wait_for()
    labels = dialog.locator("dt").all_inner_texts()
    assert labels[0] == "Test", "the cell that was asked for comes first"
    assert float(text) == pytest.approx(float(dialog.locator("dd").first.inner_text().split()[1]), abs=5e-4)
    assert {"Subset", "Definition", "Machine", "Command", "Fingerprint", "Digest", "Libraries", "Selection"} <= set(
        labels
    )
    assert dialog.locator("[id]:not(h2)").count() == 0, "ids of the other page are not taken along"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.href") == number.evaluate("link => link.href"), "the focus comes back"


def test_the_page_behind_it_is_fetched_once(page, number):
    fetched = []
    page.on("request", lambda request: "/provenance/" in request.url and fetched.append(request.url))
    for at in (0, 0):
        page.locator("#singles-starter a.from").nth(at).click()
        page.get_by_role("dialog").locator("dl").first.wait_for()
        page.get_by_role("button", name="Close").click()
    assert len(fetched) == 1


def test_it_is_busy_until_it_is_there(page, number):
    held = []
    page.route("**/provenance/*", lambda route: held.append(route))
    number.click()
    page.locator("dialog [aria-busy=true]", has_text="Loading").wait_for()
    while not held:  # the dialog opens before the request reaches this process
        page.wait_for_timeout(10)
    held[0].continue_()
    page.locator("dialog .body:not([aria-busy])").wait_for()
    assert page.locator("dialog dl").count() > 1


def test_links_of_the_dialog_lead_where_they_lead_on_their_own_page(page, number):
    href = number.evaluate("link => link.href")
    number.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("dl").first.wait_for()
    assert dialog.get_by_role("link", name="The same among all rows").evaluate("link => link.href") == href
    for link in dialog.get_by_role("link").all():
        address = link.evaluate("link => link.href")
        assert page.request.get(address).ok, address


def test_the_command_is_copied(page, number):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    number.click()
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_role("dialog").get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("fuseboard search dermamnist-64 ")


def test_the_conditions_of_one_fit_say_whose_they_are(page):
    page.goto("robustness/breastmnist-64-c.html")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.locator("td:last-child a.from").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("dl").first.wait_for()
    labels = dialog.locator("dt").all_inner_texts()
    assert labels[0] == "pixelate-5"
    assert {"Subset", "Fingerprint"} <= set(labels)


def test_every_number_of_every_page_has_its_line(site, page):
    page.goto("index.html")
    found = page.evaluate(
        """async (paths) => {
            const pages = new Map(), lost = [];
            const read = async (url) => {
                if (!pages.has(url)) {
                    const text = await (await fetch(url)).text();
                    pages.set(url, new DOMParser().parseFromString(text, "text/html"));
                }
                return pages.get(url);
            };
            let count = 0;
            for (const path of paths) {
                for (const link of (await read(new URL(path, location.href).href)).querySelectorAll("a.from")) {
                    const [to, id] = new URL(link.getAttribute("href"), new URL(path, location.href)).href.split("#");
                    const cell = (await read(to)).getElementById(id);
                    count += 1;
                    if (!cell?.closest("tr") || !cell.closest("table")) lost.push(`${path}: ${to}#${id}`);
                }
            }
            return { count, lost };
        }""",
        site.paths,
    )
    assert found["lost"] == []
    assert found["count"] > 200


@pytest.mark.parametrize("modifier", ["Control", "Shift"])
def test_with_a_modifier_it_is_a_link(page, number, modifier):
    with page.context.expect_page() as opened:
        number.click(modifiers=[modifier])
    opened.value.wait_for_url(re.compile("/provenance/"))
    assert not page.get_by_role("dialog").is_visible()


def test_where_the_page_cannot_be_fetched_the_link_is_followed(page, number, record):
    page.route(
        "**/provenance/*", lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_()
    )
    number.click()
    page.wait_for_url(re.compile("/provenance/dermamnist-64.html#"))
    assert page.locator(":target").count() == 1
    assert [said for said in record.complaints if "Failed to load resource" not in said] == []
    record.complaints.clear()
