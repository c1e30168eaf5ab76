"""The pictures on docs/patterns.md: each row has one, drawn by the code of today."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from patterns.page import PAGE

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import pattern_pictures  # noqa: E402 - scripts are no package

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return pattern_pictures.drawn()


def test_what_is_committed_is_what_the_examples_draw(drawn: dict[str, str]) -> None:
    committed = pattern_pictures.current()
    assert sorted(committed) == sorted(drawn), "see `make pictures`"
    for name, svg in drawn.items():
        assert committed[name] == svg, f"{name} is not current: see `make pictures`"


def test_each_row_has_a_picture_that_is_described() -> None:
    _, *sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    for section in sections:
        name = section.splitlines()[0].lower().replace(" ", "-")
        (alt,) = re.findall(rf"!\[(.*)\]\(images/patterns/{name}\.svg ", section)
        assert len(alt.split()) > 3


def test_each_row_says_when_to_use_it() -> None:
    _, *sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    for section in sections:
        assert re.search(r"^Use ", section, re.MULTILINE), section.splitlines()[0]


def test_a_picture_tells_no_time_and_can_be_read_on_any_ground(
    drawn: dict[str, str],
) -> None:
    for svg in drawn.values():
        root = ET.fromstring(svg)
        times = [each.text for each in root.iter() if each.get("class") == "nb-time"]
        assert all(re.fullmatch(r"(×\d+)?", each or "") for each in times)
        boxes = [g for g in root.iter(f"{SVG}g") if "data-node" in g.attrib]
        assert boxes
        for box in boxes:
            ground = next(box.iter(f"{SVG}rect"))
            assert re.fullmatch(r"#[0-9a-f]{6}", ground.get("fill", ""))


def test_a_picture_of_before_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_pictures, "FOLDER", tmp_path / "pictures")
    pattern_pictures.write({"old.svg": "<svg/>"})
    pattern_pictures.write({"new.svg": "<svg/>"})
    assert pattern_pictures.current() == {"new.svg": "<svg/>"}
