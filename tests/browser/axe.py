"""What axe-core finds on a page: rules that people with disabilities depend on."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = (
    Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
)
_SERIOUS = ("serious", "critical")


def serious(page: Page, selector: str) -> list[str]:
    """Return a line for each serious violation inside what `selector` finds."""
    if not SCRIPT.exists():
        message = "axe-core is not installed: run make frontend"
        raise FileNotFoundError(message)
    page.evaluate(SCRIPT.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN, selector)
    return [
        f"{each['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for each in found
        if each["impact"] in _SERIOUS
        for node in each["nodes"]
    ]


_RUN = """async (selector) => {
  const found = await axe.run(selector, { resultTypes: ["violations"] });
  return found.violations;
}"""
