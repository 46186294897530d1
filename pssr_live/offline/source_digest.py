"""What a restored file was made of, so that it is gone on with only where that is still so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Experiment, PixelType, TimeLapse, readable
from engines import IntensityScale
from pssr_live.errors import UserError

_SOURCE, _COUNT, _DIGEST = "source", "source's frames", "source's sha256"
# All that version 0.1 noted of a source's pixels.
_FIRST_FRAME = "source's first frame"
_OFFSET, _GAIN = "intensity offset", "intensity gain"
_LOOK_AHEAD = WINDOW_LENGTH // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDigest:
    """The frames that a file is restored from.

    Attributes
    ----------
    name : str
        Of their file.
    frames : int
        How many there are.
    digest : str
        SHA-256 of all of them, with their numbers, pixel size and interval.
    digest_so_far : str
        The same of as many as were there when the restored file was begun.
    first_frame : str
        SHA-256 of the first.
    """

    name: str
    frames: int
    digest: str
    digest_so_far: str
    first_frame: str

    @classmethod
    def of(cls, time_lapse: TimeLapse, begun: dict[str, str]) -> SourceDigest:
        """Read all frames once.

        Parameters
        ----------
        time_lapse : TimeLapse
            The source.
        begun : mapping of str to str
            What the restored file says of itself; empty where there is none.
        """
        about = time_lapse.format
        numbers = time_lapse.indices or range(time_lapse.frame_count)
        kind = (about.shape, str(about.dtype), about.pixel_size_um, about.interval_s)
        frames = ((str(one), time_lapse.frame(place)) for place, one in enumerate(numbers))
        return cls._of(time_lapse.path, kind, frames, begun=begun)

    @classmethod
    def of_experiment(cls, experiment: Experiment, begun: Mapping[str, str]) -> SourceDigest:
        """Read all frames of all streams once.

        Parameters
        ----------
        experiment : Experiment
            The source.
        begun : mapping of str to str
            See `of`.
        """
        about = experiment.format
        names = tuple(channel.name for channel in about.channels)
        kind = (
            about.shape, str(about.dtype), about.pixel_size_um, about.interval_s,
            names, about.slices, about.z_step_um,
        )  # fmt: skip
        frames = (
            (f"{tuple(experiment.stream(n))} {experiment.index(n)}", experiment.frame(n))
            for n in range(experiment.frame_count)
        )
        return cls._of(experiment.path, kind, frames, begun=begun)

    @classmethod
    def _of(
        cls,
        path: Path,
        kind: tuple[object, ...],
        frames: Iterable[tuple[str, NDArray[PixelType]]],
        *,
        begun: Mapping[str, str],
    ) -> SourceDigest:
        digest = hashlib.sha256(repr(kind).encode())
        so_far, before = "", frames_noted(begun)
        first_frame, count = "", 0
        for which, stored in frames:
            pixels = np.ascontiguousarray(stored)
            digest.update(which.encode() + b"\n")
            digest.update(pixels.data)
            if not count:
                first_frame = hashlib.sha256(pixels.data).hexdigest()
            count += 1
            if count == before:
                so_far = digest.hexdigest()
        return cls(
            name=readable(path.name),
            frames=count,
            digest=digest.hexdigest(),
            digest_so_far=so_far,
            first_frame=first_frame,
        )

    @property
    def notes(self) -> dict[str, str]:
        """What to write into the restored file."""
        return {_SOURCE: self.name, _COUNT: str(self.frames), _DIGEST: self.digest}

    @staticmethod
    def is_noted_in(begun: dict[str, str]) -> bool:
        """Whether a restored file has room for these notes: one of version 0.1 has none."""
        return _DIGEST in begun

    def check(
        self, output: Path, begun: Mapping[str, str], made_by: Mapping[str, str], *, words: str
    ) -> None:
        """Refuse to go on with what was made of something else, or by something else.

        Parameters
        ----------
        output : Path
            The restored file.
        begun : mapping of str to str
            What it says of itself.
        made_by : mapping of str to str
            What it has to say of its engine, or engines.
        words : str
            Their names.

        Raises
        ------
        UserError
            If it was.
        """
        fix = "Write over it with --force, or name another --output."
        if any(begun.get(key) != value for key, value in made_by.items()):
            raise UserError(
                f"{output} already exists, and is not {self.name} restored by {words}.", fix
            )
        if _DIGEST in begun:
            same = begun[_DIGEST] == self.digest_so_far
        else:
            same = (begun.get(_SOURCE), begun.get(_FIRST_FRAME)) == (self.name, self.first_frame)
        if same:
            return
        if begun.get(_SOURCE) == self.name:
            raise UserError(
                f"{output} already exists, restored from other frames: {self.name} was changed "
                "since, or is another file of that name.",
                fix,
            )
        raise UserError(f"{output} already exists, and was not made of {self.name}.", fix)

    def still_valid(self, begun: dict[str, str], done: int, intensity: IntensityScale) -> int:
        """How many of the restored frames are as they would be if they were made now.

        Where frames were added to the source, the last windows have other neighbours; where there
        were fewer than the intensity scale is estimated from, all pixels have another scale.

        Parameters
        ----------
        begun : mapping of str to str
            What the restored file says of itself.
        done : int
            Frames in it.
        intensity : IntensityScale
            Of the source now.

        Returns
        -------
        int
        """
        if (begun.get(_OFFSET), begun.get(_GAIN)) != (repr(intensity.offset), repr(intensity.gain)):
            return 0
        if _DIGEST in begun and frames_noted(begun) == self.frames:
            return done
        # Version 0.1 did not note how many there were: perhaps no more than were restored.
        before = frames_noted(begun) if _DIGEST in begun else done
        if before == self.frames:
            return done
        return min(done, max(0, before - _LOOK_AHEAD))


def frames_noted(begun: Mapping[str, str]) -> int:
    """How many frames a restored file says that it was made of; 0 where it does not say."""
    words = begun.get(_COUNT, "")
    return int(words) if words.isdecimal() else 0
