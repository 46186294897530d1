from __future__ import annotations

import pytest

from acquisition import ReplaySource, SourceError, open_source
from acquisition.simulated import SimulatedSource


def test_a_replay_path_may_hold_colons() -> None:
    source = open_source(r"replay:C:\data\movie.tif")
    assert isinstance(source, ReplaySource)
    assert source.url == r"replay:C:\data\movie.tif"


def test_the_simulated_microscope_needs_no_options() -> None:
    source = open_source("simulated:")
    assert isinstance(source, SimulatedSource)
    assert source.frame_count is None


@pytest.mark.parametrize("url", ["", "camera:1", "movie.tif", r"C:\movie.tif"])
def test_another_kind_of_source_is_refused_and_the_known_ones_named(url: str) -> None:
    with pytest.raises(SourceError) as told:
        open_source(url)
    assert "replay:PATH" in told.value.fix
    assert "simulated:" in told.value.fix


@pytest.mark.parametrize("kind", ["replay:movie.tif", "simulated:"])
@pytest.mark.parametrize("rate", ["fast", "0", "-1", "nan", "inf", "-inf", "", "1/0"])
def test_a_rate_that_cannot_be_kept_is_refused_at_once(kind: str, rate: str) -> None:
    with pytest.raises(SourceError) as told:
        open_source(kind, rate=rate)
    assert repr(rate) in told.value.problem
    assert "--rate" in told.value.fix


@pytest.mark.parametrize("url", ["simulated:", "micromanager:"])
def test_only_a_time_lapse_is_played_again(url: str) -> None:
    with pytest.raises(SourceError, match="--loop"):
        open_source(url, loop=True)
