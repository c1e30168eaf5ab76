"""A browser and a JupyterLab for the tests in this folder.

They run in a pytest process of their own: Playwright's synchronous API and
pytest-asyncio cannot share one. `NBAGENTS_CHROMIUM` names a browser to use.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser import lab as own_lab

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",  # a container gives Chromium none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


expect.set_options(timeout=20_000)  # milliseconds; two cores may be busy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    named = os.environ.get("NBAGENTS_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine; set NBAGENTS_CHROMIUM")
        pytest.skip("no Chromium on this machine; set NBAGENTS_CHROMIUM to use one")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    with own_lab.serve(folder) as url:
        yield url, folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    yield opened
    context.close()
