"""One experiment of Micro-Manager, each image of which is fetched once, as it comes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from acquisition.channel import StreamKey
from acquisition.micromanager import wire
from acquisition.micromanager.answers import OddAnswerError
from acquisition.micromanager.camera import CameraReading
from acquisition.micromanager.experiment_progress import ExperimentProgress
from acquisition.micromanager.experiment_summary import MOST_STREAMS
from acquisition.micromanager.gaps import KIND
from acquisition.micromanager.image_coords import ImageCoords
from acquisition.micromanager.image_store import ImageStore, StoredImage
from acquisition.micromanager.parent_link import ParentLink

# What an experiment has taken before we came is fetched too, unless that is more.
_MOST_IMAGES, _MOST_BYTES = 500, 256 * 2**20
_DTYPES = {1: "uint8", 2: "uint16"}

FOLLOWED = "Its images are fetched as they come."
CLOSED = (
    "The data window of the experiment in Micro-Manager was closed, so no more of its images can "
    "be had; {words} were fetched, and those are safe."
)
ENDED = "The experiment in Micro-Manager has ended: {words} were fetched."


class FollowedExperiment:
    """Sends what an experiment has taken; nothing is taken away, set or held there.

    Parameters
    ----------
    store : ImageStore
        Its images.
    link : ParentLink
        To our own process.
    reading : CameraReading
        Of the camera, whose frames the first image is expected to be like.
    settings : dict of str to str
        For the record.

    Attributes
    ----------
    progress : ExperimentProgress
        How far it has been fetched.
    closed : bool
        Whether its images are gone.
    """

    def __init__(
        self,
        store: ImageStore,
        link: ParentLink,
        reading: CameraReading,
        *,
        settings: dict[str, str],
    ) -> None:
        self._store = store
        self._link = link
        self._reading = reading
        self._settings = settings
        summary = self.summary = store.summary
        self.progress = ExperimentProgress(name=summary.name, planned=summary.images)
        self.closed = False
        self._frame = (reading.height, reading.width, reading.dtype)
        self._pixel_size_um = reading.pixel_size_um
        self._significant_bits = reading.significant_bits
        self._channels, self._slices = list(summary.channels), summary.slices
        self._positions = list(summary.positions)
        # Images that are there and need not be looked for any more.
        self._seen = 0
        self._any_image = False
        self._last_stream: StreamKey | None = None
        # Which stream came after which, as an engine goes through them again and again.
        self._next_stream: dict[StreamKey, StreamKey] = {}
        self._left_out: Counter[tuple[int, str]] = Counter()
        self._lacking: set[StreamKey] = set()
        self._out_of_place = 0
        self._strange_axes: list[str] = []

    @property
    def words(self) -> str:
        """What is to be known of its images."""
        kinds = [
            f"{count} of {self._channels[channel][0] or 'them'}, of {kind}, were left out: those "
            f"of a recording are alike, here {self._frame[1]} x {self._frame[0]} {self._frame[2]}."
            for (channel, kind), count in self._left_out.items()
        ]
        if self._strange_axes:
            axes = " and ".join(self._strange_axes)
            kinds.append(f"Those along {axes} can't be restored and are left out.")
        if self._out_of_place:
            kinds.append(f"{self._out_of_place} came after later ones and are left out.")
        return " ".join([FOLLOWED, *kinds])

    def begin(self, *, from_its_start: bool) -> None:
        """Announce its frames.

        Parameters
        ----------
        from_its_start : bool
            Whether it has begun just now; what it took before else is fetched if it is not much.
        """
        count = self._store.count() or 0
        height, width, dtype = self._frame
        size = count * height * width * (1 if dtype == "uint8" else 2)
        skips = not from_its_start and (count > _MOST_IMAGES or size > _MOST_BYTES)
        if skips:
            listed, _ = self._store.coords()
            for coords in listed:
                self.progress.note(
                    coords.stream, coords.time, self.progress.next_index(coords.stream)
                )
            self._seen = len(listed)
            self._link.send_news(
                f"{len(listed)} images that the experiment had taken before are left where they "
                "are; those that follow are fetched."
            )
        elif count and not from_its_start:
            self._link.send_news(
                f"{count} images that the experiment had taken before are fetched too."
            )
        self.announce(first=None if skips else 0)

    def go_on(self, progress: ExperimentProgress, frame: tuple[int, int, str]) -> None:
        """Go on where an earlier client was cut off, in the same segment."""
        self.progress = progress
        self._frame, self._any_image = frame, progress.fetched > 0
        listed, _ = self._store.coords()
        self._seen = sum(one.time <= progress.last_time(one.stream) for one in listed)
        self._link.send(wire.BACK, settings=self._settings, mode="follow")

    def announce(self, *, first: int | None) -> None:
        """Tell the parent which frames follow."""
        height, width, dtype = self._frame
        bits = min(self._significant_bits, 8 if dtype == "uint8" else 16)
        self._link.send(
            wire.FORMAT,
            format={
                "height": height,
                "width": width,
                "dtype": dtype,
                "significant_bits": bits,
                "pixel_size_um": self._pixel_size_um,
                "interval_s": self.summary.interval_s,
                "camera": self._reading.camera,
                "channels": self._channels,
                "slices": self._slices,
                "z_step_um": self.summary.z_step_um,
                "positions": self._positions,
            },
            first=first,
            settings=self._settings,
            mode="follow",
            experiment={"name": self.progress.name, "planned": self.progress.planned},
        )

    def fetch(self) -> bool:
        """Send what has come; returns whether there was anything."""
        count = self._store.count()
        if count is None:
            self.closed = True
            return False
        came = False
        for coords in self._new(count):
            came = self._take(coords) or came
            self._link.alive()
            if self._link.stopping.is_set():
                break
        return came

    def is_complete(self) -> bool:
        """Whether nothing can come any more."""
        return self.closed or (self._store.is_frozen() and self._store.count() == self._seen)

    def tell_its_end(self) -> None:
        """Tell the parent that no frame of it follows."""
        words = (CLOSED if self.closed else ENDED).format(words=self.progress.words)
        self._link.send_news(words)
        self._link.send(wire.ENDED)

    def _new(self, count: int) -> Iterator[ImageCoords]:
        """Find what is there and was not fetched: first where it is expected, to list nothing."""
        while self._seen < count:
            expected = self._expected()
            before = self._seen
            if expected is not None:
                yield expected
            if self._seen > before:
                continue
            listed, self._strange_axes = self._store.coords()
            new = [one for one in listed if one.time > self.progress.last_time(one.stream)]
            yield from new
            # What is left came too late in its stream, or lies along an axis of its own.
            self._out_of_place += max(0, len(listed) - self._seen)
            self._seen = max(count, len(listed))
            return

    def _expected(self) -> ImageCoords | None:
        if self._last_stream is None:
            return None
        stream = self._next_stream.get(self._last_stream)
        if stream is None:
            return None
        return ImageCoords.of(stream, self.progress.last_time(stream) + 1)

    def _take(self, coords: ImageCoords) -> bool:
        """Fetch an image and send it; returns False if it is not there."""
        image = self._store.image(coords)
        if image is None:
            return False
        self._seen += 1
        stream = coords.stream
        if self._last_stream is not None:
            self._next_stream[self._last_stream] = stream
        self._last_stream = stream
        index = self.progress.next_index(stream)
        if self._fits(image, stream):
            self._send(image, coords, index)
        else:
            self._left_out[stream.channel, image.kind] += 1
            self._lacking.add(stream)
        self.progress.note(stream, coords.time, index)
        return True

    def _fits(self, image: StoredImage, stream: StreamKey) -> bool:
        """Whether an image is like the first; that one, and one of a new stream, are announced."""
        frame = (*image.pixels.shape, image.pixels.dtype.name)
        usable = image.pixels.size > 0 and frame[2] in _DTYPES.values()
        if usable and not self._any_image:
            self._any_image = True
            said = (self._frame, self._pixel_size_um, self._significant_bits)
            self._frame = (int(frame[0]), int(frame[1]), str(frame[2]))
            self._significant_bits = image.significant_bits or self._significant_bits
            if self._settings.get("pixel_size") != "given by the user":
                self._pixel_size_um = image.pixel_size_um or self._pixel_size_um
            if said != (self._frame, self._pixel_size_um, self._significant_bits):
                self.announce(first=None if self.progress.reached else 0)
        if self._make_room_for(stream):
            self.announce(first=None)
        return usable and frame == self._frame

    def _make_room_for(self, stream: StreamKey) -> bool:
        """Add streams that were not planned; returns whether there were any."""
        known = len(self._positions), len(self._channels), self._slices
        sizes = [max(size, place + 1) for size, place in zip(known, stream, strict=True)]
        if math.prod(sizes) > MOST_STREAMS:
            raise OddAnswerError("for the coordinates of an image", stream)
        grown = stream.z >= self._slices
        self._slices = max(self._slices, stream.z + 1)
        while len(self._channels) <= stream.channel:
            self._channels.append((f"channel {len(self._channels)}", None))
            grown = True
        while len(self._positions) <= stream.position:
            self._positions.append(f"Pos{len(self._positions)}")
            grown = True
        return grown

    def _send(self, image: StoredImage, coords: ImageCoords, index: int) -> None:
        elapsed, progress = image.elapsed_ms, self.progress
        if progress.began_ms is None:
            progress.began_ms = elapsed
        seconds: Any = float("nan")
        if elapsed is not None and progress.began_ms is not None:
            seconds = (elapsed - progress.began_ms) / 1000
        progress.fetched += 1
        lost_to = KIND if coords.stream in self._lacking else ""
        self._lacking.discard(coords.stream)
        self._link.send(
            wire.FRAME,
            image.pixels,
            index=index,
            acquired=seconds,
            lost_to=lost_to,
            tags=image.tags,
            stream=coords.stream,
            time_point=coords.time,
            began_ms=progress.began_ms,
        )
