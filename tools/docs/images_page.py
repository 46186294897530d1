"""Write the table of docs/image-files.md: real files, read here and by Bio-Formats.

    python -m tools.docs.images_page FOLDER...

Every image below the folders is opened by the reader and, independently, by Bio-Formats' ImageInfo
(Java, and the jar of the package bioformats-jar, or BIOFORMATS_JAR). Axes and sizes that differ are
printed in bold.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from acquisition import SourceError
from acquisition.images import ImageSeries, files_in, open_images, parse_ome
from tools.docs.page import table, write_between

PAGE = Path(__file__).parents[2] / "docs" / "image-files.md"
TITLES = (
    "file",
    "read by",
    "T × C × Z, H × W",
    "pixel, µm",
    "Z step, µm",
    "interval, s",
    "Bio-Formats",
)


class Seen(NamedTuple):
    """What one reader says of one position."""

    sizes: tuple[int, int, int, int, int]
    pixel_um: float | None
    z_step_um: float | None


def main() -> None:
    """Open all files, ask Bio-Formats, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    given = parser.parse_args()
    java = bio_formats()
    rows = [row for folder in given.folders for row in rows_of(folder, java)]
    write_between(PAGE, "real files", table(TITLES, rows))


def rows_of(folder: Path, java: list[str]) -> Iterator[list[str]]:
    """Yield a row for each position of each image below a folder."""
    for path in files_in(folder, deep=True):
        name = f"`{path.relative_to(folder)}`"
        files = sorted(path.rglob("*.tif")) if path.is_dir() else [path]
        theirs = ask_bio_formats(files[0], java)
        try:
            with open_images(path) as file:
                for number, series in enumerate(file.series):
                    shown = f"{name}, position {number}" if len(file.series) > 1 else name
                    mine = seen(series)
                    interval = series.stream().interval_s
                    yield [
                        shown,
                        file.kind,
                        in_words(mine.sizes),
                        figure(mine.pixel_um),
                        figure(mine.z_step_um),
                        figure(interval),
                        compared(mine, theirs, number),
                    ]
        except SourceError as error:
            yield [name, f"refused: {error.problem}", "", "", "", "", said(theirs)]


def seen(series: ImageSeries) -> Seen:
    """Sizes and scales; frames of which nothing is said count as times, colours as channels."""
    frames = series.size(series.frame_axis)
    channels = series.size("C") * series.size("S")
    sizes = (frames, channels, series.size("Z"), series.height, series.width)
    return Seen(sizes, series.pixel_size_um, series.z_step_um)


def ask_bio_formats(path: Path, java: list[str]) -> list[Seen]:
    """Have Bio-Formats look into a file; nothing for one that it can't read."""
    command = [*java, "loci.formats.tools.ImageInfo", "-nopix", "-omexml", "-no-upgrade", str(path)]
    output = subprocess.run(command, capture_output=True, check=False).stdout.decode()
    found = re.search(r"<OME .*</OME>", output, re.DOTALL)
    ome = parse_ome(found[0]) if found else None
    if ome is None:
        return []
    shapes = re.findall(r'SizeX="(\d+)".*?SizeY="(\d+)"', output)
    return [
        Seen(
            (*(_with_colours(image.sizes, found[0], number)), int(shape[1]), int(shape[0])),
            image.pixel_size_um,
            image.z_step_um,
        )
        for number, (image, shape) in enumerate(zip(ome.images, shapes, strict=False))
    ]


def _with_colours(sizes: Mapping[str, int], xml: str, number: int) -> tuple[int, int, int]:
    stated = re.findall(r'SizeC="(\d+)"', xml)
    return sizes["T"], int(stated[number]), sizes["Z"]


def compared(mine: Seen, theirs: list[Seen], number: int) -> str:
    """Say whether Bio-Formats agrees, and where it does not."""
    if number >= len(theirs):
        return "does not read it" if not theirs else "**another number of positions**"
    other = theirs[number]
    differences = []
    if mine.sizes != other.sizes:
        differences.append(f"**{in_words(other.sizes)}**")
    for what, one, two in (
        ("pixel", mine.pixel_um, other.pixel_um),
        ("Z step", mine.z_step_um, other.z_step_um),
    ):
        alike = one is not None and two is not None and abs(one - two) <= 1e-3 * one
        if one != two and not alike:
            differences.append(f"{what} {figure(two)}")
    return "; ".join(differences) or "agrees"


def said(theirs: list[Seen]) -> str:
    """What Bio-Formats says of a file that is refused here."""
    return "; ".join(in_words(one.sizes) for one in theirs) or "does not read it"


def in_words(sizes: tuple[int, int, int, int, int]) -> str:
    """Write sizes as the title says."""
    times, channels, slices, height, width = sizes
    return f"{times} × {channels} × {slices}, {height} × {width}"


def figure(value: float | None) -> str:
    """Write a figure to four digits; a dash for what is not stated."""
    return "–" if value is None else f"{value:.4g}"


def bio_formats() -> list[str]:
    """Find the command that runs a tool of Bio-Formats."""
    java, jar = shutil.which("java"), os.environ.get("BIOFORMATS_JAR")
    if jar is None:
        files = importlib.metadata.files("bioformats-jar") or []
        jar = next((str(file.locate()) for file in files if file.name.endswith(".jar")), None)
    if java is None or jar is None:
        raise SystemExit("Java and bioformats-jar are needed: see CONTRIBUTING.md")
    return [java, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jar]


if __name__ == "__main__":
    main()
