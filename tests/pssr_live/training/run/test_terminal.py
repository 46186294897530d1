import io

import pytest
from rich.console import Console

from pssr_live.training.run import display
from pssr_live.training.run.terminal import duration


def written(*, terminal: bool) -> str:
    file = io.StringIO()
    with display(Console(file=file, force_terminal=terminal, width=100)) as shown:
        for step in range(200):
            shown.report(step, 200, f"epoch 1/2, step {step}/200, loss 0.5")
        shown.log("epoch 1/2: loss 0.5, PSNR 27.31 dB [best]")
    return file.getvalue()


def test_a_terminal_gets_a_bar_with_the_time_left_and_the_lines_that_stay() -> None:
    text = written(terminal=True)
    assert "step 199/200" in text
    assert "0 s left" in text
    assert "PSNR 27.31 dB [best]" in text


def test_a_file_gets_only_the_lines_that_stay() -> None:
    assert written(terminal=False) == "epoch 1/2: loss 0.5, PSNR 27.31 dB [best]\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (3599, "1 h 00 min"), (11100, "3 h 05 min")],
)
def test_times_are_written_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
