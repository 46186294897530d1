from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from acquisition import Channel, Frame, FrameFormat


def test_a_frames_pixels_cannot_be_written_to() -> None:
    pixels = np.zeros((4, 5), np.uint16)
    frame = Frame(pixels=pixels, index=0, acquired=0.0, received=0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 1
    pixels[0, 0] = 1  # whoever made them still may
    assert np.shares_memory(frame.pixels, pixels)


def test_a_frame_cannot_be_changed() -> None:
    frame = Frame(pixels=np.zeros((4, 5), np.uint8), index=3, acquired=0.0, received=0.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.index = 4  # type: ignore[misc]


@pytest.mark.parametrize("shape", [(4,), (2, 4, 5)])
def test_a_frame_has_two_dimensions(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="height, width"):
        Frame(pixels=np.zeros(shape, np.uint8), index=0, acquired=0.0, received=0.0)


def test_a_frame_without_tags_has_none_that_could_be_shared_by_mistake() -> None:
    frame = Frame(pixels=np.zeros((1, 1), np.uint8), index=0, acquired=0.0, received=0.0)
    with pytest.raises(TypeError):
        frame.tags["a"] = "b"  # type: ignore[index]


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint32, ">u2"])
def test_a_format_is_8_or_16_bit_unsigned_in_native_order(dtype: object) -> None:
    with pytest.raises(ValueError, match="uint8 or uint16"):
        FrameFormat(height=4, width=5, dtype=np.dtype(dtype), significant_bits=8)  # type: ignore[call-overload]


@pytest.mark.parametrize(("bits", "dtype"), [(0, np.uint8), (9, np.uint8), (17, np.uint16)])
def test_significant_bits_fit_the_pixels(bits: int, dtype: type) -> None:
    with pytest.raises(ValueError, match="significant bits"):
        FrameFormat(height=4, width=5, dtype=np.dtype(dtype), significant_bits=bits)


def test_a_format_has_pixels() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        FrameFormat(height=0, width=5, dtype=np.dtype(np.uint8), significant_bits=8)


def test_a_format_reads_like_words() -> None:
    frame_format = FrameFormat(
        height=440, width=512, dtype=np.dtype(np.uint16), significant_bits=12, pixel_size_um=0.196
    )
    assert frame_format.shape == (440, 512)
    assert str(frame_format) == "440 x 512 uint16, 0.196 µm pixels"


@pytest.mark.parametrize("said", [0.0, -0.2, float("nan"), float("inf"), None])
def test_a_size_that_can_be_none_is_not_known(said: float | None) -> None:
    frame_format = FrameFormat(
        height=4,
        width=5,
        dtype=np.dtype(np.uint8),
        significant_bits=8,
        pixel_size_um=said,
        interval_s=said,
    )
    assert (frame_format.pixel_size_um, frame_format.interval_s) == (None, None)
    stepped_down = dataclasses.replace(frame_format, z_step_um=-0.5)
    assert stepped_down.z_step_um == 0.5


def test_names_are_such_that_any_file_takes_them() -> None:
    """Half a character, as JSON and YAML can hold, and orders to a terminal."""
    name = "G\ud800F\x1bP"
    frame_format = FrameFormat(
        height=4,
        width=5,
        dtype=np.dtype(np.uint8),
        significant_bits=8,
        camera=name,
        channels=(Channel(name),),
        positions=(name,),
    )
    for said in (frame_format.camera, frame_format.channels[0].name, frame_format.positions[0]):
        assert said == "G\ufffdF\ufffdP"
