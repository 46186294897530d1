"""Restoring what is on disk already, of one stream or several: channels and slices in one file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from acquisition import Experiment, StreamKey, readable
from engines import PRECISE, IntensityScale
from pssr_live.errors import UserError
from pssr_live.offline.figures_table import FiguresTable, figures_beside
from pssr_live.offline.file_notes import as_begun, chosen_notes, engine_notes
from pssr_live.offline.output_file import (
    check_output,
    claimed,
    pages_of,
    removed_without_frame,
    writing,
)
from pssr_live.offline.positions import restore_positions
from pssr_live.offline.restored_channels import RestoredChannel, describe, label_of
from pssr_live.offline.source_digest import SourceDigest, frames_noted
from pssr_live.offline.time_lapse import (
    WHOLE_FILE,
    FileOptions,
    Outcome,
    Watch,
    refuse_predicted,
    restore_time_lapse,
)
from pssr_live.offline.verdicts import Verdicts
from pssr_live.recording import FrameAppender, ImageDescription, Plane, images
from pssr_live.restoring import (
    ChannelEngines,
    EngineChoice,
    EnginePool,
    ExperimentWindows,
    SharedEngine,
    begin_judge,
)
from pssr_live.trust import Judge

_SHOWN = 4


def restore_experiment(
    path: Path,
    output: Path,
    choices: ChannelEngines,
    *,
    engines: EnginePool,
    watch: Watch,
    force: bool,
    options: FileOptions = WHOLE_FILE,
) -> Outcome:
    """Restore every frame of a file's channels and slices into one OME-TIFF or OME-Zarr.

    Of a file of one stream see `restore_time_lapse`; each of several positions gets a file of its
    own, whose name says so. Frames are restored in the order in which they were recorded, so that
    a file that was broken off holds every channel up to there; called again it goes on.

    Parameters
    ----------
    path, output : Path
        File to read, file to write.
    choices : ChannelEngines
        The engine of each channel; one without is left out.
    engines : EnginePool
        Opens those of a file of one engine.
    watch, force
        See `restore_time_lapse`.
    options : FileOptions
        All channels, slices and positions of what is not chosen.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, SourceError, EngineError
        With the fix.
    """
    check_output(output, path)
    restore_one = partial(restore_experiment, path, choices=choices, engines=engines, force=force)
    # One that looks at neighbours has none in a single image.
    stills = all(choice.frames == 1 for choice in choices.choices)
    with closing(Experiment(path, options.stream, options.interval_s, stills=stills)) as experiment:
        about = experiment.format
        chosen = choices.for_channels(about.channels)
        if not any(chosen):
            raise UserError(
                f"No channel of {readable(path)} is given an engine.",
                "Name one, as in --engine mito-lite",
            )
        if len(about.positions) > 1:
            return restore_positions(
                experiment, output, options, stills=stills, watch=watch, restore=restore_one
            )
        if len(about.streams) > 1:
            refuse_predicted(path, predicted=experiment.predicted)
            with claimed(output):
                return _Restoring(experiment, output, chosen).run(
                    engines,
                    watch,
                    force=force,
                    options=options,
                )
        (choice,) = chosen
    assert choice is not None  # noqa: S101 - seen above
    return restore_time_lapse(
        path,
        output,
        choice,
        engines=engines,
        watch=watch,
        force=force,
        options=options,
        stills=stills,
    )


class _Restoring:
    """The restoring of an experiment of several streams.

    Parameters
    ----------
    experiment : Experiment
        Of one position.
    output : Path
    chosen : tuple of EngineChoice or None
        By channel.
    """

    def __init__(
        self, experiment: Experiment, output: Path, chosen: tuple[EngineChoice | None, ...]
    ) -> None:
        self._experiment = experiment
        self._output = output
        self._windows = ExperimentWindows(experiment)
        self._channels = [
            RestoredChannel(
                number, label_of(experiment.format, number), choice, self._intensity(number)
            )
            for number, choice in enumerate(chosen)
            if choice is not None and self._has_frames(number)
        ]
        if not self._channels:
            raise UserError(
                f"The channels of {readable(experiment.path)} that are given an engine have no "
                "frame.",
                "Leave --channel and the channel's --engine out.",
            )
        column = {channel.number: place for place, channel in enumerate(self._channels)}
        # By page of the file as it is written from its beginning.
        self._places = [
            place
            for place in range(experiment.frame_count)
            if experiment.stream(place).channel in column
        ]
        self._planes = [
            Plane(column[key.channel], key.z, experiment.time_point(place))
            for place in self._places
            for key in (experiment.stream(place),)
        ]

    def run(
        self,
        engines: EnginePool,
        watch: Watch,
        *,
        force: bool,
        options: FileOptions,
    ) -> Outcome:
        """Restore what is not there yet."""
        output, total = self._output, len(self._places)
        goes_on = output.exists() and not (force or images.is_without_frame(output))
        begun = images.notes_in(output) if goes_on else {}
        watch(0, total)
        origin = SourceDigest.of_experiment(self._experiment, begun)
        valid: set[Plane] = set()
        if goes_on:
            self._check(origin, begun)
            valid = self._still_valid(begun)
            with pages_of(output) as pages:
                there = set(pages.planes())
            if valid >= set(self._planes) == there:
                with writing(output):
                    images.complete_description(output, self._time, self._plane)
                return self._outcome(total, 0)
            valid &= {plane for plane in there if plane is not None}
            self._channels = [
                one._replace(choice=as_begun(one.choice, begun[f"backend of {one.label}"], output))
                for one in self._channels
            ]
        with ExitStack() as opened:
            pool = engines
            if len({(one.choice.path, one.choice.backend) for one in self._channels}) > 1:
                # All are needed at once.
                pool = opened.enter_context(EnginePool(on_opened=engines.on_opened, auto=PRECISE))
            shared = {
                one.number: pool.open(one.choice, self._experiment.format) for one in self._channels
            }
            about = describe(
                self._experiment.format,
                self._channels,
                shared,
                notes={**origin.notes, **chosen_notes(options.stream)},
            )
            with writing(output):
                writer, kept = self._open(about, valid, new_notes=origin.is_noted_in(begun))
                with removed_without_frame(output), closing(writer):
                    verdicts = Verdicts(
                        partial(self._judge, shared),
                        table=self._figures(kept) if options.figures else None,
                    )
                    with verdicts:
                        self._restore_into(writer, shared, kept, watch=watch, verdicts=verdicts)
        made = writer.written - len(kept)
        return self._outcome(writer.written, made)._replace(verdicts=verdicts.words)

    def _figures(self, kept: set[Plane]) -> FiguresTable:
        column = {channel.number: place for place, channel in enumerate(self._channels)}
        return FiguresTable(
            figures_beside(self._output),
            lambda one: Plane(column.get(one.channel, -1), one.z, one.time_point) in kept,
        )

    def _judge(self, shared: Mapping[int, SharedEngine], stream: StreamKey) -> Judge | None:
        (one,) = (one for one in self._channels if one.number == stream.channel)
        first = self._windows.first_frames(stream)
        assert first is not None  # noqa: S101 - it is asked for with a frame in hand
        about = self._experiment.format
        return begin_judge(shared[one.number], about, one.intensity, first_frames=first)

    def _restore_into(
        self,
        writer: FrameAppender,
        shared: Mapping[int, SharedEngine],
        kept: set[Plane],
        *,
        watch: Watch,
        verdicts: Verdicts,
    ) -> None:
        experiment = self._experiment
        buffer = next(iter(shared.values())).new_buffer(experiment.format)
        by_number = {one.number: one for one in self._channels}
        for place, plane in zip(self._places, self._planes, strict=True):
            if plane in kept:
                continue
            channel = by_number[experiment.stream(place).channel]
            window = self._windows.window(place)
            shared[channel.number].restore(window.pixels, channel.intensity, buffer)
            verdicts.look(window, buffer)
            writer.append(buffer, experiment.time_s(place), plane)
            watch(writer.written, len(self._places))

    def _open(
        self, about: ImageDescription, valid: set[Plane], *, new_notes: bool
    ) -> tuple[FrameAppender, set[Plane]]:
        """Begin the file, or go on with it; tells what is kept of it."""
        if not valid:
            images.remove(self._output)
            return images.begin(self._output, about), set()
        writer = images.resume(
            self._output,
            about,
            keep_planes=valid,
            new_notes=new_notes,
            time_of=self._time,
            plane_of=self._plane,
        )
        with pages_of(self._output) as pages:
            return writer, {plane for plane in pages.planes() if plane is not None}

    def _time(self, page: int) -> float | None:
        return self._experiment.time_s(self._places[page]) if page < len(self._places) else None

    def _plane(self, page: int) -> Plane | None:
        return self._planes[page] if page < len(self._planes) else None

    def _has_frames(self, channel: int) -> bool:
        return any(
            part.frame_count
            for key, part in self._experiment.streams.items()
            if key.channel == channel
        )

    def _intensity(self, channel: int) -> IntensityScale:
        """Settle a channel's scale by its middle slice, as a live session does."""
        slices = self._experiment.format.slices
        order = sorted(range(slices), key=lambda z: abs(z - slices // 2))
        for z in order:
            frames = self._windows.first_frames(StreamKey(0, channel, z))
            if frames is not None:
                return IntensityScale.from_window(frames)
        raise ValueError(f"channel {channel} has no frame")

    def _check(self, origin: SourceDigest, begun: Mapping[str, str]) -> None:
        made_by: dict[str, str] = {}
        for one in self._channels:
            made_by |= one.notes(engine_notes(one.choice))
        names = dict.fromkeys(one.choice.identity[0] for one in self._channels)
        origin.check(self._output, begun, made_by, words=" and ".join(names))

    def _still_valid(self, begun: Mapping[str, str]) -> set[Plane]:
        """Find what is as it would be if it were restored now: frames may have been added since."""
        scales = [note for one in self._channels for note in one.scale_notes.items()]
        if any(begun.get(name) != value for name, value in scales):
            return set()
        before = ExperimentWindows(self._experiment, frames_noted(begun))
        return {
            plane
            for place, plane in zip(self._places, self._planes, strict=True)
            if place < len(before) and before.places(place) == self._windows.places(place)
        }

    def _outcome(self, frames: int, made: int) -> Outcome:
        names = [f"{one.label} by {one.choice.identity[0]}" for one in self._channels]
        words = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        slices = self._experiment.format.slices
        if slices > 1:
            words += f", {slices} slices"
        return Outcome(frames, made, self._experiment.missing, words)
