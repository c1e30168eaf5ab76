"""Markup that reaches the browser as if nobody had cleaned it: it must not act."""

# ruff: noqa: E501 - each payload is one line

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.bare_graph import Bare
from browser.hurry import hurry
from display.runs import Run
from hostile import TEXTS
from nbagents import Plan, Task

pytestmark = pytest.mark.browser

ACT = "window.nbActed=1"
AWAY = "http://nbagents.invalid/x"
LINKS = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f'xmlns="http://www.w3.org/2000/svg" {LINKS}'

PAGES = [
    # Ten at a time: a view asks twice a second at most.
    *("</p>".join(TEXTS[n : n + 10]) for n in range(0, 100, 10)),
    # What a parser makes of what another parser took for text.
    f"<svg><style><img src=x onerror={ACT}></style></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={ACT}></style>",
    f'<svg></p><style><a id="</style><img src=x onerror={ACT}>">',
    f'<noscript><p title="</noscript><img src=x onerror={ACT}>">',
    f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={ACT}>",
    f"<template><img src=x onerror={ACT}></template>",
    f"<div><template shadowrootmode=open><img src=x onerror={ACT}></template></div>",
    f"<xmp><img src=x onerror={ACT}></xmp><plaintext><img src=x onerror={ACT}>",
    f"<frameset onload={ACT}><frame src=javascript:{ACT}></frameset>",
    f"<svg><foreignObject><math><mi><iframe srcdoc='<script>parent.{ACT}</script>'>",
    f"<a href='\x01javascript:{ACT}'>a</a><a href='java&#10;script:{ACT}'>a</a>",
    f"<a href='&#x6a;avascript:{ACT}'>a</a><a href=' \x0bjavascript:{ACT}'>a</a>",
    f"<svg><a xlink:href='javascript:{ACT}'><text>a</text></a></svg>",
    f"<div id=x tabindex=1 autofocus onfocus={ACT}>x</div>",
    # What loads something.
    f"<img srcset='{AWAY} 1x'><picture><source srcset={AWAY}><img src={AWAY}></picture>",
    f"<p style='background:url({AWAY})'>x</p><p style='background:\\75rl({AWAY})'>x</p>",
    f"<p style='background:image-set(\"{AWAY}\" 1x)'>x</p>",
    f"<p style='--a:\\75rl({AWAY});background:var(--a)'>x</p>",
    f"<p style='list-style:u\\rl({AWAY});display:list-item'>x</p>",
    f"<body background={AWAY}><table background={AWAY}><td background={AWAY}>x</table>",
    f"<link rel=prefetch href={AWAY}><video poster={AWAY}></video><embed src={AWAY}>",
    f"<image src={AWAY}><input type=image src={AWAY}><audio src={AWAY} autoplay>",
    f"<img src='data:image/svg+xml,<svg {SVG} onload={ACT}><image href={AWAY}/></svg>'>",
    # What takes the place of something of the page around.
    "<img name=getElementById><img name=querySelector><a id=nbActed>x</a>",
    "<form name=body><input name=attributes><input name=childNodes>x</form>",
    f"<div id=cell>x</div><a data-commandlinker-command={ACT}>x</a>",
    "<p style='position:fixed;inset:0;z-index:9999'>over all</p><x-own>x</x-own>",
    "<button popovertarget=x>x</button><dialog open id=x>x</dialog><p is=x-p>x</p>",
]
SAFE = "[name], [id], [autofocus], [srcset], [background], [is], [popover]"
LISTENING = "[data-commandlinker-command], [onerror], [onload], [onfocus], [onclick]"
ELEMENTS = (
    "script, style, svg, math, img:not([src^='data:image/']):not([alt]):not(:not([src])), "
    "iframe, form, input, button, dialog, template, link, embed, object, picture, x-own"
)

DRAWINGS = [
    f"<script>{ACT}</script>",
    f"<script href='data:,{ACT}'/><style>@import '{AWAY}';</style>",
    f"<g onclick='{ACT}' onload='{ACT}'><animate onbegin='{ACT}' attributeName='x'/></g>",
    (
        f"<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='x' onerror='{ACT}'/>"
        "</foreignObject>"
    ),
    f"<h:script xmlns:h='http://www.w3.org/1999/xhtml'>{ACT}</h:script>",
    f"<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='x' onerror='{ACT}'/>",
    f"<a xlink:href='javascript:{ACT}'><text>a</text></a>",
    f"<g><set attributeName='href' to='javascript:{ACT}'/></g>",
    f"<use href='{AWAY}#a'/><use xlink:href='data:image/svg+xml,x#a'/>",
    (
        f"<filter id='f'><feImage href='{AWAY}'/></filter>"
        "<rect width='9' height='9' filter='url(#f)'/>"
    ),
    f"<image href='{AWAY}' width='9' height='9'/>",
    f"<rect width='9' height='9' mask='url({AWAY}#a)' filter='url({AWAY}#a)'/>",
    f"<rect width='9' height='9' cursor='url({AWAY}), auto' fill='url({AWAY}#a)'/>",
    f"<rect width='9' height='9' clip-path='u\\72l({AWAY}#a)' style='fill:url({AWAY})'/>",
    f"<g data-commandlinker-command='{ACT}' id='cell'><text id='nbActed'>x</text></g>",
    f"<?xml-stylesheet href='{AWAY}'?>",
]
BAD_DRAWING = (
    "[id], [style], [filter], [mask], [clip-path], [cursor], [fill^='u'], [onclick], "
    "[data-commandlinker-command], script, style, image, use, filter, feImage, animate, "
    "set, foreignObject, a, img"
)


# Click each link, as a person would, and return what should not be there.
TRIED = """(root, selectors) => {
  for (const link of root.querySelectorAll("a")) {
    link.addEventListener("click", (event) => event.preventDefault());
    link.click();
  }
  const links = [...root.querySelectorAll("a[href]:not([target=_blank])")];
  const found = selectors.flatMap((each) => [...root.querySelectorAll(each)]);
  return [...links, ...found].map((each) => each.outerHTML);
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    yield opened
    context.close()


def watched(page: Page) -> list[str]:
    """Return what happens that must not, as it does."""
    trouble: list[str] = []
    page.on("dialog", lambda said: (trouble.append(said.message), said.accept()))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("data:", "about:"))
            else trouble.append(asked.url)
        ),
    )
    return trouble


def view(page: Page) -> Bare:
    bare = Bare(
        page, Run(Plan([Task("a", "", "w"), Task("b", "", "w", ["a"])])).start()
    )
    bare.answers["look"] = lambda said: details(said, "x")
    return bare


def details(said: dict[str, Any], shown: str) -> dict[str, Any]:
    return {
        "task": said["task"],
        "version": 1,
        "id": "ab"[said["task"]],
        "agent": "w",
        "status": 0,
        "description": "",
        "description_why": "",
        "dependencies": [],
        "html": shown,
        "agents": [],
        "marks": [],
        "can": dict.fromkeys(
            ("step", "resume", "retry", "edit", "skip", "replace"), ""
        ),
        "result": {"kind": "none", "text": "", "why": ""},
    }


def test_a_page_that_was_not_cleaned_does_not_act(page: Page) -> None:
    bare, trouble = view(page), watched(page)
    sections = page.locator(".nb-sections")
    hurry(page)
    for number, shown in enumerate(PAGES):
        mark = f"<p>page {number}</p><div>{shown}"
        bare.answers["look"] = lambda said, mark=mark: details(said, mark)
        page.locator(".nb-rows .nb-row").nth(number % 2).click()
        expect(sections).to_contain_text(f"page {number}")
        assert sections.evaluate(TRIED, [SAFE, LISTENING, ELEMENTS]) == [], shown
        assert page.evaluate("() => window.nbActed") is None, shown
        assert trouble == [], shown
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert trouble == []


def test_what_the_kernel_shows_is_shown_as_it_made_it(page: Page) -> None:
    bare = view(page)
    style = "border-left:3px solid rgba(128,128,128,.4);background:#fff;opacity:.75"
    shown = (
        f'<details open=""><summary style="{style}">s</summary><table><tbody><tr>'
        '<td colspan="2">1</td></tr></tbody></table><img alt="a url(x)" '
        'src="data:image/png;base64,AAAA"><a href="https://x.org/" target="_blank" '
        'rel="noopener noreferrer">a</a></details>'
    )
    bare.answers["look"] = lambda said: details(said, shown)
    page.locator(".nb-rows .nb-row").first.click()
    expect(page.locator(".nb-sections summary")).to_be_visible()
    assert page.locator(".nb-sections").inner_html() == shown


def test_a_drawing_that_is_not_ours_does_not_act(page: Page) -> None:
    bare, trouble = view(page), watched(page)
    graph = page.locator(".nb-graph")
    picture = page.evaluate("() => model.get('picture')")
    for number, shown in enumerate(DRAWINGS):
        svg = picture["svg"].replace("<svg ", f'<svg onload="{ACT}" {LINKS} ', 1)
        svg = f"{svg.removesuffix('</svg>')}<g class='attack'>{shown}</g></svg>"
        bare.set("picture", picture | {"svg": svg, "version": number + 2})
        drawn = graph.locator("svg:has(> .attack)")
        assert drawn.get_attribute("onload") is None
        assert drawn.evaluate(TRIED, [BAD_DRAWING]) == [], shown
        assert page.evaluate("() => window.nbActed") is None, shown
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert trouble == []
