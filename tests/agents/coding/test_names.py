"""Names of files, made of what others chose."""

import pytest

from nbagents.agents.coding.names import safe, safe_path


@pytest.mark.parametrize(
    "name, made",
    [
        ("trends", "trends"),
        ("../../etc/passwd", "etc_passwd"),
        ("/abs", "abs"),
        ("a b\n\x00c", "a_b_c"),
        ("Köln", "Koln"),
        ("日本", "result"),
        ("..", "result"),
        ("", "result"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        (".bashrc", "bashrc"),
        ("\u202egpj.exe", "gpj.exe"),
    ],
)
def test_a_name_is_plain(name: str, made: str) -> None:
    assert safe(name) == made


def test_a_name_is_short_and_taken_once() -> None:
    assert len(safe("x" * 10_000)) == 60
    assert safe("A", {"a"}) == "A_2"
    assert safe("t.csv", {"t.csv", "t_2.csv"}) == "t_3.csv"


@pytest.mark.parametrize(
    "path, made",
    [
        ("a/b.csv", "a/b.csv"),
        ("../../a", "a"),
        ("/etc/x", "etc/x"),
        ("C:\\x\\y", "C/x/y"),
        ("..", "file"),
        ("/".join("abcdefghijkl"), "e/f/g/h/i/j/k/l"),
    ],
)
def test_a_path_stays_below_where_it_is_put(path: str, made: str) -> None:
    assert safe_path(path) == made
