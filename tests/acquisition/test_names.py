"""Names of positions as folders of any system."""

from __future__ import annotations

import pytest

from acquisition import names_device, names_of_positions


@pytest.mark.parametrize("name", ["CON", "nul", "Aux.tif", "COM1", "lpt9.ome.zarr", "COM²", "con "])
def test_names_of_windows_devices_are_known(name: str) -> None:
    assert names_device(name)


@pytest.mark.parametrize("name", ["control", "COM", "COM10", "aux-1", "my.con", "LPT0", ""])
def test_other_names_are_free(name: str) -> None:
    assert not names_device(name)


def test_a_position_called_like_a_device_gets_a_folder_all_the_same() -> None:
    assert names_of_positions(["Con", "cell", "aux.2"]) == ["Con-0", "cell", "aux-2.2"]
