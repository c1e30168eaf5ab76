import pytest

from display.runs import HOSTILE
from nbagents.display import safe


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain", "plain"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("nul \x00 bell \x07", "nul ␀ bell ␇"),
        ("delete \x7f", "delete ␡"),
        ("next line \x85", "next line ⟨U+0085⟩"),
        ("left \u202e thgir", "left ⟨U+202E⟩ thgir"),
        ("isolate \u2066 end \u2069", "isolate ⟨U+2066⟩ end ⟨U+2069⟩"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("no character \uffff", "no character \ufffd"),
        ("separator \u2028 line", "separator \n line"),
        ("family 👩‍👧 العربية", "family 👩‍👧 العربية"),
    ],
)
def test_what_would_act_is_shown_instead_and_the_rest_stays(text, shown):
    assert safe.visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("most", [1, 10, 80])
def test_shortened_text_keeps_its_limits_whatever_it_is(text, most):
    assert len(safe.one_line(text, most)) <= max(most, 1)
    assert safe.columns(safe.cut(text, most)) <= most
    assert len(safe.in_bytes(text, max(most, 3)).encode()) <= max(most, 3)
    assert "\n" not in safe.one_line(text, most)


@pytest.mark.parametrize(
    "text, most, complete, shown",
    [
        ("short", 10, True, "short"),
        ("x" * 10, 10, True, "x" * 10),
        ("x" * 2000, 3, True, "xxx…\n(the first 3 of 2,000 characters)"),
        ("x" * 2000, 3, False, "xxx…\n(the first 3 of more than 2,000 characters)"),
    ],
)
def test_what_was_cut_off_a_text_is_counted(text, most, complete, shown):
    assert safe.shortened(text, most, complete=complete) == shown


@pytest.mark.parametrize(
    "text, columns", [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🦊", 2), ("", 0)]
)
def test_columns_count_wide_and_combining_characters(text, columns):
    assert safe.columns(text) == columns


def test_a_shortened_label_is_never_wider_than_asked_for():
    for text in HOSTILE:
        assert safe.measure(safe.fit(text, 13, 168), 13) <= 168
    assert safe.fit("short", 13, 168) == "short"
    assert safe.fit("日本語" * 40, 13, 168).endswith("…")
