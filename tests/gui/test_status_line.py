import pytest
from pytestqt.qtbot import QtBot

from gui import SessionState, Status
from gui.status_line import StatusLine


@pytest.fixture
def line(qtbot: QtBot) -> StatusLine:
    line = StatusLine()
    qtbot.addWidget(line)
    line.resize(1200, 100)
    with qtbot.waitExposed(line):
        line.show()
    return line


def test_every_figure_is_written_down(line: StatusLine) -> None:
    line.show_status(
        Status(
            state=SessionState.LIVE,
            received=1203,
            restored=1198,
            dropped=3,
            gaps=2,
            frames_per_second=3.69,
            latency_ms=182.4,
            backlog=5,
            minutes_left=72.3,
            engine="mito-lite",
            backend="OpenVINO",
            source="simulated:",
            recording="run3",
        )
    )

    assert line.state.text() == "● Recording"
    assert line.received.number.text().strip() == "1203"
    assert line.restored.number.text().strip() == "1198"
    assert line.dropped.number.text().strip() == "3"
    assert line.gaps.number.text().strip() == "2"
    assert line.rate.number.text().strip() == "3.7"
    assert line.latency.number.text().strip() == "182"
    assert line.backlog.number.text().strip() == "5"
    assert line.room.number.text().strip() == "72"
    assert line.engine.name.text() == "mito-lite on OpenVINO"
    assert line.source.name.text() == "simulated:"
    assert line.recording.name.text() == "run3"


def test_what_is_not_known_is_a_dash_not_a_nought(line: StatusLine) -> None:
    line.show_status(Status())

    assert line.state.text() == "Not started"
    assert line.rate.number.text().strip() == "–"
    assert line.latency.number.text().strip() == "–"
    assert line.recording.name.text() == "–"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SessionState.IDLE, "will record to"),
        (SessionState.STARTING, "will record to"),
        (SessionState.LIVE, "recording to"),
        (SessionState.FINISHING, "recording to"),
        (SessionState.STOPPED, "recorded to"),
        (SessionState.FAILED, "recorded to"),
    ],
)
def test_the_folder_is_named_with_what_becomes_of_it(
    line: StatusLine, state: SessionState, words: str
) -> None:
    line.show_status(Status(state=state, recording="run3"))

    assert line.recording.caption.text() == words
    assert line.recording.name.text() == "run3"


@pytest.mark.parametrize("recording", ["", "run3"])
@pytest.mark.parametrize("state", list(SessionState))
def test_each_state_has_words_of_its_own_that_fit(
    line: StatusLine, state: SessionState, recording: str
) -> None:
    width = line.state.width()
    line.show_status(Status(state=state, recording=recording))

    live_and_recording = state is SessionState.LIVE and recording
    assert line.state.text() == ("● Recording" if live_and_recording else state.label)
    assert line.state.width() == width
    assert line.state.fontMetrics().horizontalAdvance(line.state.text()) < width
    assert len({each.label for each in SessionState}) == len(SessionState)


def test_little_room_on_the_disk_is_a_warning(line: StatusLine) -> None:
    line.show_status(Status(minutes_left=30.0))
    assert "color" not in line.room.number.styleSheet()
    line.show_status(Status(minutes_left=9.0))
    assert "color" in line.room.number.styleSheet()
    line.show_status(Status(frames_left=1234))
    assert line.room.caption.text() == "frames left"
    assert line.room.number.text().strip() == "1234"


def test_growing_numbers_do_not_move_their_neighbours(line: StatusLine) -> None:
    places = []
    for number in (0, 99, 1_234_567):
        line.show_status(
            Status(state=SessionState.LIVE, received=number, restored=number, dropped=number)
        )
        line.layout().activate()
        places.append([line.restored.x(), line.gaps.x(), line.latency.x()])

    assert places[0] == places[1] == places[2]


def test_a_long_name_is_cut_in_the_middle_and_whole_in_the_tooltip(line: StatusLine) -> None:
    folder = "/data/" + "long-name-of-a-folder/" * 30 + "run3"
    line.show_status(Status(recording=folder))

    shown = line.recording.name.text()
    assert shown.startswith("/data")
    assert shown.endswith("run3")
    assert len(shown) < len(folder)
    assert line.recording.name.toolTip() == folder
