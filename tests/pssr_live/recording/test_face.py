"""What other rooms take from recordings, they take from the package."""

from __future__ import annotations

import subprocess
import sys

from pssr_live import recording


def test_every_name_of_the_face_is_there() -> None:
    assert all(getattr(recording, name) is not None for name in recording.__all__)


def test_the_face_is_light_until_something_is_taken_from_it() -> None:
    """The command line asks it for the image formats before it prints its help."""
    code = (
        "import sys; from pssr_live.recording import ImageFormat; "
        "print(*({'numpy', 'pydantic', 'tifffile'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not result.stdout.strip()
