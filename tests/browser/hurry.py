"""A page in which no view waits between two questions."""

from playwright.sync_api import Page

_HURRY = """() => {
  const now = performance.now.bind(performance);
  let asked = 0;
  performance.now = () => now() + 500 * asked++;
}"""


def hurry(page: Page) -> None:
    """Let half a second be over whenever the page asks for the time."""
    page.evaluate(_HURRY)
