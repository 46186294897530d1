from __future__ import annotations

import pytest

from pssr_live.recording import disk_patience
from pssr_live.recording.disk_patience import PlaceCheck


def test_a_file_s_place_is_looked_at_only_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[None] = []
    place = PlaceCheck(lambda: looks.append(None))
    monkeypatch.setattr(disk_patience, "PLACE_CHECK_INTERVAL", 1e6)
    place.look()
    # The clock may be younger than that.
    seen = len(looks)
    place.look()
    assert len(looks) == seen
    monkeypatch.setattr(disk_patience, "PLACE_CHECK_INTERVAL", -1.0)
    place.look()
    place.look()
    assert len(looks) == seen + 2


def test_a_file_that_is_gone_is_told() -> None:
    def gone() -> None:
        raise FileNotFoundError("raw.ome.tif")

    with pytest.raises(FileNotFoundError):
        PlaceCheck(gone).look()
