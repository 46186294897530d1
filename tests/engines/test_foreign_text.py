import pytest

from engines import one_line
from engines.foreign_text import is_fit


@pytest.mark.parametrize(
    "harmful",
    ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\x08", "\u202e", "\u2028", "\udcff", "\x00"],
)
def test_what_a_terminal_would_obey_is_replaced(harmful: str) -> None:
    shown = one_line(f"cells{harmful}.tif")
    assert shown.isprintable()
    assert shown.startswith("cells")
    assert shown.endswith(".tif")
    assert not is_fit(f"cells{harmful}.tif")


def test_words_of_every_language_stay_as_they_are() -> None:
    words = "Zellen [ch00], µm – 細胞 é"
    assert one_line(words) == words
    assert is_fit(words)


def test_lines_become_one() -> None:
    assert one_line("first\r\nsecond\tthird\n") == "first second third "
    assert is_fit("first\nsecond\tthird\n")
