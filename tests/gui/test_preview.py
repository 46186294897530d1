import numpy as np
import pytest

from gui import Preview, SessionState


def test_every_state_has_a_plain_word() -> None:
    words = [state.label for state in SessionState]

    assert all(words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("raw", "restored", "reason"),
    [
        (np.zeros((4, 4), np.float32), np.zeros((8, 8), np.float32), "uint8 or uint16"),
        (np.zeros((4, 4), np.uint8), np.zeros((8, 8), np.uint16), "but restored is uint16"),
        (np.zeros((4, 4, 1), np.uint8), np.zeros((8, 8), np.uint8), "height, width"),
        (np.zeros((0, 4), np.uint8), np.zeros((8, 8), np.uint8), "height, width"),
    ],
)
def test_a_preview_refuses_what_can_not_be_shown(
    raw: np.ndarray, restored: np.ndarray, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Preview(raw=raw, restored=restored, index=0, sequence=0, acquired=0.0)
