"""The page on recordings: what it shows can be pasted, in its order."""

import re
from pathlib import Path

import pytest

from patterns.page import check

PAGE = Path(__file__).resolve().parents[3] / "docs" / "replaying.md"


def test_the_examples_give_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    assert check(re.findall(r"```python\n(.*?)```", text, re.DOTALL)) == 3
    (shown,) = re.findall(r"```\n(--- recorded.*?)```", text, re.DOTALL)
    assert shown.strip() == capsys.readouterr().out.strip()
