"""Where what is made of several channels of a file goes: each beside the others, by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acquisition import names_of_positions
from pssr_live.errors import UserError


def channel_names(said: Sequence[int | str]) -> list[str]:
    """Name channels by what was typed, so that a file or a report's section can be called so.

    Parameters
    ----------
    said : sequence of int or str
        Numbers from 0, and names.

    Returns
    -------
    list of str
        For example ``GFP`` and ``channel-1``; no two alike.

    Raises
    ------
    UserError
        If one is named twice.
    """
    folded = [str(one).strip().casefold() for one in said]
    twice = next(
        (one for one, name in zip(said, folded, strict=True) if folded.count(name) > 1), ""
    )
    if twice != "":
        raise UserError(f"Channel {twice} is named twice.", "Leave one --channel out.")
    return names_of_positions([f"channel-{one}" if isinstance(one, int) else one for one in said])


def outputs_of_channels(output: Path, said: Sequence[int | str]) -> list[Path]:
    """Say which file is of which of several channels.

    Parameters
    ----------
    output : Path
        As it was named: a file, beside which the files of channels will lie.
    said : sequence of int or str
        The channels that were named.

    Returns
    -------
    list of Path
        The output itself for at most one channel; else for example ``lr-GFP.tif`` and
        ``lr-mCherry.tif``.
    """
    if len(said) <= 1:
        return [output]
    stem, dot, ending = output.name.partition(".")
    return [output.with_name(f"{stem}-{name}{dot}{ending}") for name in channel_names(said)]
