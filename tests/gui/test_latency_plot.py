import pytest
from pytestqt.qtbot import QtBot

from gui import Stages
from gui.latency_plot import LatencyPlot


@pytest.fixture
def plot(qtbot: QtBot) -> LatencyPlot:
    plot = LatencyPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 80)
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def test_every_stage_is_written_with_its_value_now(plot: LatencyPlot) -> None:
    assert plot.words == ["neighbours –", "queue –", "engine –", "display –"]
    plot.add(Stages(500.0, 2.0, 80.0, None))
    plot.add(Stages(541.3, 2.34, 86.0, 14.2))
    assert plot.words == ["neighbours 541 ms", "queue 2.3 ms", "engine 86 ms", "display 14 ms"]
    plot.add(Stages(4040.0, 2.34, 86.0, 14.2))
    assert plot.words[0] == "neighbours 4.0 s"
    plot.clear()
    assert plot.words[0] == "neighbours –"


def test_a_stage_that_takes_longer_runs_higher(plot: LatencyPlot) -> None:
    def height_of_engine(milliseconds: float) -> int:
        plot.clear()
        for _ in range(120):
            plot.add(Stages(1.0, 1.0, milliseconds, 1.0))
        picture = plot.grab().toImage().scaled(plot.size())
        blue = [y for y in range(4, picture.height() - 8) if picture.pixelColor(40, y).blue() > 110]
        return min(blue)

    assert height_of_engine(10.0) > height_of_engine(100.0) > height_of_engine(1000.0)


def test_no_time_is_too_short_or_too_long_to_be_drawn(plot: LatencyPlot) -> None:
    for value in (0.0, 1e-9, 1e9):
        plot.add(Stages(value, value, value, value))
    assert not plot.grab().isNull()
