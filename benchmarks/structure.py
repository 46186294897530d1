"""Is it one or two, joined or broken, there or not: the tables and pictures of docs/structure.md.

    python -m benchmarks.structure [ENGINE ...] [--page PAGE] [--picture PNG]

ENGINE is a bundled engine's name or a bundle's folder. Each is held against bilinear enlargement
and the five-frame mean, on the simulated microscope's specimens and on drawn scenes that no engine
was trained on (other seeds, other code). A few minutes an engine on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import label, map_coordinates, maximum_filter

from acquisition.simulated import HR_PIXEL_UM, Scanner, ScanSettings, Specimen
from benchmarks import structure_scenes as scenes
from benchmarks.structure_scenes import Image, Placed
from engines import IntensityScale, bundled_names, open_engine
from pssr_live.metrics import fit_to_truth
from tools.docs.page import save_small, table, write_between

PAGE = Path(__file__).parents[1] / "docs" / "structure.md"
BASELINES = ("bilinear", "rolling-mean")
LR_SIDE = scenes.SIDE // 4
DOSES = (4.0, 12.0, 40.0, 100.0)
SPECIMENS = range(900, 912)
# Of the range from the background to the 99.5 percentile.
LEVELS = (0.2, 0.3, 0.4)
# Of an HR image; fewer pixels are a speck.
SMALLEST_PART = 30
GAP_WIDTHS = (2, 4, 6, 8, 10)
GAPS: dict[str, Callable[[float], list[float]]] = {
    "lasting": lambda width: [width] * 5,
    "opening": lambda width: [0, 0, width, 1.5 * width, 2 * width],
    "in one frame": lambda width: [0, 0, width, 0, 0],
}
FALSE_BREAKS = 0.05
PERIODS = (6, 8, 10, 12, 16)
LINES = (2, 3, 5, 7)
LINE_DOSES = (12.0, 80.0)
GRATING_DOSES = (12.0, 80.0, 200.0)
CONTRAST_LEFT = 0.3
POINT_FOUND = 0.3
POINT_DOSES = DOSES

Restore = Callable[[NDArray[np.uint16], float], Image]


class Method(NamedTuple):
    """A way to enlarge: window (5, h, w) and the counts without light to light in counts."""

    name: str
    restore: Restore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="*", default=sorted(bundled_names()))
    parser.add_argument("--page", type=Path, help="to write the tables into")
    parser.add_argument("--picture", type=Path, help="to draw the failures into")
    given = parser.parse_args()
    methods = [method_named(name) for name in (*given.engines, *BASELINES)]
    parts = []
    for make in (specimens, gaps, parallel_lines, gratings, star, single_points):
        parts.append(make(methods))
        print(parts[-1], flush=True)
    if given.page:
        write_between(given.page, "structure", "\n".join(parts))
    if given.picture:
        draw(methods, given.picture)


def method_named(name: str) -> Method:
    engine = open_engine(name, height=LR_SIDE, width=LR_SIDE, dtype=np.uint16).engine

    def restore(window: NDArray[np.uint16], black: float) -> Image:
        intensity = IntensityScale.from_window(window)
        return engine.restore(window, intensity).astype(np.float32) - np.float32(black)

    return Method(Path(name).name, restore)


def specimens(methods: Sequence[Method]) -> str:
    """Breaks and merges on the simulated microscope's truth."""
    rows = []
    for photons in DOSES:
        found: dict[str, list[tuple[float, float]]] = {method.name: [] for method in methods}
        for seed in SPECIMENS:
            window, truth, black = specimen(seed, photons)
            for method in methods:
                both = fit_to_truth(method.restore(window, black), truth)
                found[method.name] += [variation_of_information(*both, level) for level in LEVELS]
        cells = ["{:.2f} / {:.2f}".format(*np.mean(pairs, axis=0)) for pairs in found.values()]
        rows.append([f"{photons:g}", *cells])
    titles = ["photons", *(method.name for method in methods)]
    return "Breaks / merges, bits:\n\n" + table(titles, rows)


def specimen(seed: int, photons: float) -> tuple[NDArray[np.uint16], Image, float]:
    """Five frames of a simulated specimen, the truth of the middle one, counts without light."""
    side_um = 4 * LR_SIDE * HR_PIXEL_UM
    settings = ScanSettings(height=LR_SIDE, width=LR_SIDE, photons=photons)
    scanner = Scanner(Specimen(seed, side_um, side_um), settings, seed)
    window = np.stack([scanner.scan(index) for index in range(5)]).astype(np.uint16)
    return window, scanner.truth(2) - np.float32(settings.offset), settings.offset


def variation_of_information(image: Image, truth: Image, level: float) -> tuple[float, float]:
    """Compare which pixels belong together: breaks and merges, in bits (Meila 2007).

    Both images are cut at the same level; what hangs together is a part. Breaks are the
    entropy of the image's parts where the truth's part is known, merges the other way round, over
    the pixels that are bright in both.
    """
    parts = [parts_of(one, truth, level) for one in (image, truth)]
    bright = (parts[0] > 0) & (parts[1] > 0)
    of_image, of_truth = (one[bright] for one in parts)
    joint = np.bincount(of_image * (of_truth.max() + 1) + of_truth) / of_image.size

    def entropy(shares: NDArray[np.float64]) -> float:
        some = shares[shares > 0]
        return -float(np.sum(some * np.log2(some)))

    image_alone, truth_alone = (
        entropy(np.bincount(one) / one.size) for one in (of_image, of_truth)
    )
    return entropy(joint) - truth_alone, entropy(joint) - image_alone


def parts_of(image: Image, truth: Image, level: float) -> NDArray[np.intp]:
    dark, bright = np.percentile(truth, [25, 99.5])
    parts, _ = label(image > dark + level * (bright - dark))
    sizes = np.bincount(parts.ravel())
    parts[sizes[parts] < SMALLEST_PART] = 0
    return parts.astype(np.intp)


def gaps(methods: Sequence[Method]) -> str:
    """Gaps found where one in twenty unbroken tubules is called broken."""
    blocks = []
    for photons in DOSES:
        depths = {
            key: gap_depths(methods, widths, photons, seed)
            for seed, (key, widths) in enumerate(
                [(("none", 0.0), [0.0] * 5), (("none", 1.0), [0.0] * 5), *_gap_films()]
            )
        }
        for kind in GAPS:
            cells = [f"{photons:g}", kind]
            for method in methods:
                whole = np.concatenate(
                    [depths["none", 0.0][method.name], depths["none", 1.0][method.name]]
                )
                limit = np.quantile(whole, 1 - FALSE_BREAKS)
                rates = [np.mean(depths[kind, width][method.name] > limit) for width in GAP_WIDTHS]
                cells.append(" / ".join(f"{rate:.2f}" for rate in rates))
            blocks.append(cells)
    titles = ["photons", "gap", *(method.name for method in methods)]
    head = f"Gaps of {_listed(GAP_WIDTHS)} HR pixels found, parts of 1:\n\n"
    return head + table(titles, blocks)


def _gap_films() -> Iterator[tuple[tuple[str, float], list[float]]]:
    for kind, widths in GAPS.items():
        for width in GAP_WIDTHS:
            yield (kind, width), widths(width)


def gap_depths(
    methods: Sequence[Method], widths: list[float], photons: float, seed: int
) -> dict[str, NDArray[np.float64]]:
    """How deep the deepest place of each tubule is, along its ridge."""
    rng = np.random.default_rng([71, seed, int(photons)])
    places = scenes.in_cells(rng, scenes.CELL)
    film = scenes.tubules(places, np.array(widths))
    window, detector = scenes.scan(film, photons, rng)
    return {
        method.name: np.array([depth_along(image, place) for place in places])
        for method in methods
        for image in [method.restore(window, detector.black)]
    }


def depth_along(image: Image, place: Placed) -> float:
    """Part of a tubule's brightness that its deepest place near the middle lacks."""
    steps = np.arange(-20, 21)
    ridge = np.mean([profile(image, place, steps, across) for across in (-1, 0, 1)], axis=0)
    middle = np.abs(steps) <= 8
    beside = ridge[np.abs(steps) > 10].mean()
    return float(1 - ridge[middle].min() / max(beside, 1e-6))


def profile(
    image: Image, place: Placed, steps: NDArray[np.floating], across: float
) -> NDArray[np.float64]:
    """An image along the direction of a place."""
    at = place.middle[:, None] + place.along[:, None] * steps + across * place.across[:, None]
    return map_coordinates(image, at, order=1)


def parallel_lines(methods: Sequence[Method]) -> str:
    """How far it is darker between parallel lines than on them."""
    rows = []
    for photons in LINE_DOSES:
        for count in LINES:
            dips = [line_dips(methods, count, period, photons) for period in PERIODS]
            rows.append([f"{photons:g}", f"{count}", *side_by_side(dips)])
    titles = ["photons", "lines", *(method.name for method in methods), "truth"]
    return f"Dip between lines {_listed(PERIODS)} HR pixels apart:\n\n" + table(titles, rows)


def line_dips(methods: Sequence[Method], count: int, period: float, photons: float) -> list[float]:
    """Mean dip of sixteen bundles by each method, and in truth."""
    rng = np.random.default_rng([72, count, int(period), int(photons)])
    places = scenes.in_cells(rng, 128)
    film = scenes.lines(places, count, period, cell=128)
    window, detector = scenes.scan(film, photons, rng)
    images = [*(method.restore(window, detector.black) for method in methods), film[0]]
    return [
        float(np.mean([dip(image, place, count, period) for place in places])) for image in images
    ]


def side_by_side(figures: Sequence[Sequence[float]]) -> list[str]:
    """A cell for each column of figures."""
    return [" / ".join(f"{one:.2f}" for one in column) for column in zip(*figures, strict=True)]


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(map(str, numbers))


def dip(image: Image, place: Placed, count: int, period: float) -> float:
    at = np.arange(-30.0, 31.0)
    peaks = [profile(image, place, at, offset) for offset in scenes.offsets(count, period)]
    valleys = [profile(image, place, at, offset) for offset in scenes.offsets(count - 1, period)]
    return float(1 - np.mean(valleys) / max(float(np.mean(peaks)), 1e-6))


def gratings(methods: Sequence[Method]) -> str:
    """How much of a grating's contrast is left."""
    rows = []
    for photons in GRATING_DOSES:
        left = [contrasts(methods, period, photons) for period in PERIODS]
        rows.append([f"{photons:g}", *side_by_side(left)])
    titles = ["photons", *(method.name for method in methods)]
    head = f"Contrast left of a grating over the whole field, periods of {_listed(PERIODS)}:\n\n"
    return head + table(titles, rows)


def contrasts(methods: Sequence[Method], period: float, photons: float) -> list[float]:
    rng = np.random.default_rng([73, int(period), int(photons)])
    wave = scenes.grating(period, rng.uniform(0, np.pi))
    window, detector = scenes.scan(wave, photons, rng)
    whole = detector.white - detector.black
    images = (method.restore(window, detector.black) for method in methods)
    return [amplitude(image, wave[0]) / whole for image in images]


def amplitude(image: Image, wave: Image) -> float:
    inner = np.s_[16:-16, 16:-16]
    pattern = wave[inner] - wave[inner].mean()
    return float(np.vdot(pattern, image[inner]) / np.vdot(pattern, pattern))


def star(methods: Sequence[Method]) -> str:
    """The finest period of a Siemens star that keeps a part of its contrast."""
    rows = []
    truth = scenes.siemens_star()
    for photons in GRATING_DOSES:
        window, detector = scenes.scan(truth, photons, np.random.default_rng(74))
        scale = np.float32(detector.white - detector.black)
        cells = [
            f"{finest(method.restore(window, detector.black) / scale, truth[0]):.1f}"
            for method in methods
        ]
        rows.append([f"{photons:g}", *cells])
    titles = ["photons", *(method.name for method in methods)]
    head = (
        f"Finest period of a Siemens star with {CONTRAST_LEFT:.0%} of its contrast, HR pixels:\n\n"
    )
    return head + table(titles, rows)


def finest(image: Image, truth: Image) -> float:
    angles = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    middle = (scenes.SIDE - 1) / 2
    kept = np.nan
    for radius in np.arange(scenes.SIDE / 2 - 16, 4 * scenes.STAR_SPOKES / (2 * np.pi), -1.0):
        at = middle + radius * np.stack([np.sin(angles), np.cos(angles)])
        ring, wave = (map_coordinates(one, at, order=1) for one in (image, truth))
        wave = wave - wave.mean()
        if np.vdot(wave, ring) / np.vdot(wave, wave) < CONTRAST_LEFT:
            break
        kept = 2 * np.pi * radius / scenes.STAR_SPOKES
    return float(kept)


def single_points(methods: Sequence[Method]) -> str:
    """Points missed, and found where there are none."""
    rows = []
    for photons in POINT_DOSES:
        rng = np.random.default_rng([75, int(photons)])
        film, places = scenes.points(rng)
        window, detector = scenes.scan(film, photons, rng)
        scale = np.float32(detector.white - detector.black)
        cells = []
        for method in methods:
            image = method.restore(window, detector.black) / scale
            missed, false, height = compared(image, places)
            cells.append(f"{missed} / {false} / {height:.2f}")
        rows.append([f"{photons:g}", *cells])
    titles = ["photons", *(method.name for method in methods)]
    head = "Of 64 single points missed / found where there are none / height of those found:\n\n"
    return head + table(titles, rows)


def compared(image: Image, places: NDArray[np.float64]) -> tuple[int, int, float]:
    peaks = (maximum_filter(image, 9) == image) & (image > POINT_FOUND * scenes.POINT_PEAK)
    at = np.argwhere(peaks)
    apart = np.linalg.norm(at[:, None] - places[None], axis=2)
    near = apart < 5
    heights = image[tuple(at[near.any(axis=1)].T)]
    height = float(heights.mean()) if len(heights) else np.nan
    return int((~near.any(axis=0)).sum()), int((~near.any(axis=1)).sum()), height


def draw(methods: Sequence[Method], path: Path) -> None:
    """What goes wrong, as pictures: one scene a row, scanned, enlarged, and as it is."""
    rng = np.random.default_rng(5)
    films: dict[str, tuple[NDArray[np.uint16], Image, float]] = {}
    places = scenes.in_cells(rng, 128)
    film = scenes.lines(places, 7, 10, cell=128)
    films["seven lines, period 10,\n12 photons"] = _scanned(film, 12.0, rng)
    film = scenes.grating(10, 0.6)
    films["grating, period 10,\n80 photons"] = _scanned(film, 80.0, rng)
    film = scenes.tubules(scenes.in_cells(rng, scenes.CELL), np.array([0, 0, 8, 0, 0]))
    films["gaps of 8 in one frame,\n4 photons"] = _scanned(film, 4.0, rng)
    films["simulated specimen,\n12 photons"] = specimen(SPECIMENS[0], 12.0)
    figure = Figure(figsize=(1.6 * (len(methods) + 2), 1.65 * len(films)), layout="constrained")
    axes = figure.subplots(len(films), len(methods) + 2)
    for row, (title, (window, truth, black)) in zip(axes, films.items(), strict=True):
        images = {"scanned": np.kron(window[2] - np.float32(black), np.ones((4, 4), np.float32))}
        images |= {method.name: method.restore(window, black) for method in methods}
        images["truth"] = truth
        top = float(np.percentile(truth, 99.8))
        for axis, (name, image) in zip(row, images.items(), strict=True):
            axis.imshow(image[128:288, 128:288], cmap="gray", vmin=0, vmax=top)
            axis.set(xticks=[], yticks=[])
            axis.set_title(name, fontsize=7)
        row[0].set_ylabel(title, fontsize=6)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_small(figure, path)


def _scanned(
    film: Image, photons: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint16], Image, float]:
    window, detector = scenes.scan(film, photons, rng)
    return (
        window,
        film[len(film) // 2] * np.float32(detector.white - detector.black),
        detector.black,
    )


if __name__ == "__main__":
    main()
