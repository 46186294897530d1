"""Folders that Windows would not take a recording in, refused before a camera starts for it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from acquisition import names_device
from pssr_live.errors import UserError

ON_WINDOWS = os.name == "nt"
_LONGEST_PATH = 259
# restored.ome.zarr, its chunk of the widest numbers, and what TensorStore adds while it writes it.
LONGEST_BELOW = 80
_ALLOW = (
    "New-ItemProperty -Path HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem "
    "-Name LongPathsEnabled -Value 1 -PropertyType DWORD -Force"
)


def refuse_on_windows(folder: Path) -> None:
    """Refuse a folder whose name is a device's, or below which paths would be too long.

    Parameters
    ----------
    folder : Path
        To be recorded into; need not be there. Elsewhere than on Windows each will do.

    Raises
    ------
    UserError
    """
    if not ON_WINDOWS:
        return
    for name in folder.parts:
        if names_device(name):
            raise UserError(
                f"{name} is the name of a device for Windows, and can't be a folder's.",
                "Choose another name with --save.",
            )
    length = len(str(folder.absolute()))
    if length + LONGEST_BELOW > _LONGEST_PATH and not long_paths_allowed():
        raise UserError(
            f"The path of {folder} has {length} characters, and Windows takes "
            f"{_LONGEST_PATH - LONGEST_BELOW} here.",
            f"Record to a shorter one, such as --save D:/cell-1, or allow long paths, in "
            f"PowerShell as administrator: {_ALLOW}",
        )


def long_paths_allowed() -> bool:
    """Whether this Windows takes paths of more than 259 characters."""
    allowed = True
    if sys.platform == "win32":
        import winreg

        allowed = False
        place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            allowed = bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    return allowed
