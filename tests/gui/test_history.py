import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gui import Preview
from gui.history import History


def preview(sequence: int, side: int) -> Preview:
    raw = np.zeros((side, side), np.uint8)
    return Preview(
        raw=raw,
        restored=raw.repeat(2, 0).repeat(2, 1),
        index=sequence,
        sequence=sequence,
        acquired=float(sequence),
    )


@given(sides=st.lists(st.integers(1, 8), min_size=1, max_size=40), limit=st.integers(0, 900))
def test_the_newest_frames_are_kept_within_the_bytes_allowed(sides: list[int], limit: int) -> None:
    history = History(limit)
    gone = sum(history.put(preview(number, side)) for number, side in enumerate(sides))

    kept = list(history)
    assert [frame.sequence for frame in kept] == list(range(gone, len(sides)))
    assert history.kept_bytes == sum(frame.nbytes for frame in kept)
    assert history.kept_bytes <= limit or len(kept) == 1
    # Nothing goes that still has room.
    assert gone == 0 or history.kept_bytes + preview(0, sides[gone - 1]).nbytes > limit


def test_a_preview_counts_with_all_its_pixels() -> None:
    raw = np.zeros((4, 4), np.uint16)
    mean = np.zeros((4, 4), np.float32)

    assert Preview(raw=raw, restored=raw, index=0, sequence=0, acquired=0.0).nbytes == 64
    assert (
        Preview(raw=raw, restored=raw, index=0, sequence=0, acquired=0.0, mean=mean).nbytes
        == 64 + 64
    )
