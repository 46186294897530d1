"""Whether pixels are a prediction of ours: such must never be taken for truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

RESTORED_NOTE = "restored"
RESTORED_NAME = "-restored"
_CHANNEL = re.compile(r"(.* )?restored by .+ \(predicted\)", re.DOTALL)
_NAMES = re.compile(r"(.*-)?restored(-\d+)?\.(ome\.)?(tiff?|zarr)", re.IGNORECASE)


def says_predicted(notes: Mapping[str, str], channels: Iterable[str]) -> bool:
    """Tell by a file's own words: those that we write, and what of them a conversion keeps.

    Parameters
    ----------
    notes : mapping of str to str
        Key-value pairs.
    channels : iterable of str
        Names of its channels.
    """
    return RESTORED_NOTE in notes or any(map(_CHANNEL.fullmatch, channels))


def named_as_predicted(path: Path) -> bool:
    """Tell by the name that restored files are given."""
    return _NAMES.fullmatch(path.name) is not None
