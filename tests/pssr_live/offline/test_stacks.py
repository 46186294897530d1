"""Single images and stacks in z, as electron microscopes give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from ome_types import from_xml, validate_xml
from typer.testing import CliRunner

from acquisition import SourceError
from acquisition.images import StreamChoice, data_bar_rows, open_images
from pssr_live.cli.crappify_command import CrappifyOptions, crappify_file, dataset_settings
from pssr_live.cli.main import app
from pssr_live.crappify import look_into
from pssr_live.errors import UserError
from pssr_live.offline import export_recording
from pssr_live.offline.jobs import RestoreJob
from pssr_live.offline.report import result_line
from pssr_live.offline.time_lapse import FileOptions, Outcome
from pssr_live.restoring import EnginePool
from pssr_live.terminal import Terminal
from pssr_live.training import Recipe, compose, load_series, plan_dataset, write_dataset
from pssr_live.training.recipe import LiteNetwork, Schedule, Series
from tests.acquisition.images.conftest import ome_xml, write_pages
from tests.pssr_live.sessions import complete_recording

Counts = NDArray[np.uint8] | NDArray[np.uint16]
ALONG_Z = StreamChoice(window_along="z")
PIXEL_UM, STEP_UM = 0.008, 0.045


def block(slices: int = 6, height: int = 12, width: int = 15) -> NDArray[np.uint8]:
    """Slices of tissue, each of its own brightness."""
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 40, (slices, height, width))
    return (grain + 20 * np.arange(1, slices + 1)[:, None, None]).astype(np.uint8)


def write(path: Path, stack: Counts) -> Path:
    """Write as Fiji saves a stack in z."""
    tifffile.imwrite(
        path,
        stack,
        imagej=True,
        resolution=(1 / PIXEL_UM, 1 / PIXEL_UM),
        metadata={"axes": "ZYX", "spacing": STEP_UM, "unit": "um", "finterval": 3.0},
    )
    return path


def restore(
    source: Path,
    engine: str,
    stream: StreamChoice,
    *,
    stop_after: int = 99,
    ending: str = ".ome.tif",
) -> tuple[Path, Outcome]:
    def watch(done: int, _: int) -> None:
        if done == stop_after:
            raise KeyboardInterrupt

    output = source.with_name(f"restored{ending}")
    job = RestoreJob(source=source, output=output, options=FileOptions(stream=stream))
    with EnginePool(most=1) as engines:
        return output, job.do(engines, watch, engine=(engine,), backend="auto", force=False)


def check_axes(path: Path, slices: int) -> None:
    xml = tifffile.tiffcomment(path)
    validate_xml(xml)
    pixels = from_xml(xml).images[0].pixels
    assert (pixels.size_z, pixels.size_t, pixels.size_c) == (slices, 1, 1)
    assert pixels.physical_size_z == pytest.approx(STEP_UM)
    assert pixels.physical_size_x == pytest.approx(PIXEL_UM / 4)
    assert [(plane.the_z, plane.the_t) for plane in pixels.planes] == [
        (z, 0) for z in range(slices)
    ]
    with open_images(path) as file:
        assert file.series[0].size("Z") == slices
        assert file.series[0].z_step_um == pytest.approx(STEP_UM)


def test_slices_are_neighbours_where_that_is_said_and_stay_slices(tmp_path: Path) -> None:
    stack = block()
    output, outcome = restore(write(tmp_path / "block.tif", stack), "rolling-mean", ALONG_Z)
    assert outcome.frames == 6
    check_axes(output, 6)
    assert from_xml(tifffile.tiffcomment(output)).images[0].pixels.time_increment is None
    restored = tifffile.imread(output)
    assert restored.shape == (6, 48, 60)
    mean = stack[1:6].mean(axis=0)
    assert restored[3].mean() == pytest.approx(mean.mean(), abs=1)


def test_a_stack_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    source = write(tmp_path / "block.tif", block())
    whole = tifffile.imread(restore(source, "rolling-mean", ALONG_Z)[0])
    (tmp_path / "restored.ome.tif").unlink()
    with pytest.raises(KeyboardInterrupt):
        restore(source, "rolling-mean", ALONG_Z, stop_after=3)
    output, outcome = restore(source, "rolling-mean", ALONG_Z)
    assert (outcome.frames, outcome.made) == (6, 3)
    check_axes(output, 6)
    np.testing.assert_array_equal(tifffile.imread(output), whole)


def test_as_zarr_it_has_an_axis_z(tmp_path: Path) -> None:
    source = write(tmp_path / "block.tif", block())
    output, _ = restore(source, "rolling-mean", ALONG_Z, ending=".ome.zarr")
    with open_images(output) as file:
        assert file.series[0].size("Z") == 6
        assert file.series[0].z_step_um == pytest.approx(STEP_UM)


def test_a_single_frame_engine_takes_slice_by_slice(tmp_path: Path) -> None:
    output, outcome = restore(write(tmp_path / "block.tif", block()), "bilinear", StreamChoice())
    assert outcome.frames == 6
    check_axes(output, 6)


def test_a_single_frame_engine_takes_a_single_image(tmp_path: Path) -> None:
    """Its pixel size is the resolution's, in cm or in inches."""
    for unit, per_unit in (("CENTIMETER", 1e4), ("INCH", 25400)):
        source = tmp_path / f"{unit}.tif"
        tifffile.imwrite(
            source, block()[0], resolution=(per_unit / PIXEL_UM,) * 2, resolutionunit=unit
        )
        output, outcome = restore(source, "bilinear", StreamChoice(), ending=f"-{unit}.ome.tif")
        assert outcome.frames == 1
        pixels = from_xml(tifffile.tiffcomment(output)).images[0].pixels
        assert pixels.physical_size_x == pytest.approx(PIXEL_UM / 4, rel=1e-4)


def test_an_engine_of_five_frames_says_how_to_take_a_stack(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="stack in z, not in time: 6") as caught:
        restore(write(tmp_path / "block.tif", block()), "rolling-mean", StreamChoice())
    assert "--window-along z" in caught.value.fix


def test_a_time_lapse_has_no_window_along_z(tmp_path: Path) -> None:
    source = tmp_path / "movie.tif"
    tifffile.imwrite(source, block(), imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(SourceError, match="6 frames in time") as caught:
        restore(source, "rolling-mean", ALONG_Z)
    assert "Leave --window-along out" in caught.value.fix
    with pytest.raises(SourceError, match="one slice chosen"):
        restore(write(tmp_path / "block.tif", block()), "bilinear", ALONG_Z._replace(z=2))
    tifffile.imwrite(source, block())
    with pytest.raises(SourceError, match="6 pages, and nothing says that they are slices"):
        restore(source, "rolling-mean", ALONG_Z)


def test_no_command_takes_a_time_lapse_for_slices(tmp_path: Path) -> None:
    movie, out = tmp_path / "movie.tif", str(tmp_path / "out")
    tifffile.imwrite(movie, block(6, 96, 96), imagej=True, metadata={"axes": "TYX"})
    bilinear, methods = ("--baseline", "bilinear"), ("--engine", "rolling-mean")
    for command in (
        ("crappify", str(movie), "--output", str(tmp_path / "lr.tif")),
        ("crappify", str(movie), "--output", out, "--validation", "0"),
        ("train", str(movie), "--output", out),
        ("evaluate", "--truth", str(movie), *bilinear, *methods, "--output", out),
    ):
        ran = CliRunner().invoke(app, [*command, "--window-along", "z"])
        assert isinstance(ran.exception, UserError), ran.output
        assert "6 frames in time" in str(ran.exception), command[0]


def test_no_window_spans_a_slice_that_is_missing(tmp_path: Path) -> None:
    stack, there = block(), [0, 1, 2, 4, 5]
    data = "".join(
        f'<TiffData IFD="{page}" FirstZ="{z}" PlaneCount="1"/>' for page, z in enumerate(there)
    )
    xml = ome_xml((12, 15), {"Z": 6}, data, PhysicalSizeZ=STEP_UM)
    source = write_pages(tmp_path / "block.ome.tif", stack[there], xml)
    output, outcome = restore(source, "rolling-mean", ALONG_Z)
    assert outcome.frames == 5
    assert "1 of 6 frames missing (frame 4)" in outcome.missing
    restored = tifffile.imread(output)
    # Slices 5 and 6 see one another alone: 5, 5, 5, 6, 6.
    mean = (3 * stack[4].mean() + 2 * stack[5].mean()) / 5
    assert restored[3].mean() == pytest.approx(mean, abs=1)


def with_bar(rows: int) -> NDArray[np.uint8]:
    """A section with a bar of text below, as a microscope's program burns it in."""
    rng = np.random.default_rng(1)
    image = rng.integers(60, 200, (256, 320)).astype(np.uint8)
    if rows:
        image[-rows:] = 0
        image[-rows + 5 : -5, 20:120:3] = 255
    return image


def test_a_data_bar_is_found_and_can_be_cropped(tmp_path: Path) -> None:
    source = tmp_path / "section.tif"
    tifffile.imwrite(source, with_bar(40))
    with pytest.raises(SourceError, match="data bar of 40 rows") as caught:
        restore(source, "bilinear", StreamChoice())
    assert "--crop-bottom 40" in caught.value.fix
    output, _ = restore(source, "bilinear", StreamChoice(crop_bottom=40))
    assert tifffile.imread(output).shape == (4 * 216, 4 * 320)
    with pytest.raises(SourceError, match="256 rows: 256"):
        restore(source, "bilinear", StreamChoice(crop_bottom=256), ending="-none.ome.tif")


def test_sections_without_a_bar_are_left_alone() -> None:
    assert data_bar_rows(with_bar(0)) == 0
    assert data_bar_rows(np.zeros((256, 256), np.uint8)) == 0
    half = with_bar(0)
    half[128:] = 0
    assert data_bar_rows(half) == 0


def test_a_snapshot_in_colour_is_read_by_one_of_its_colours(tmp_path: Path) -> None:
    source = tmp_path / "snapshot.tif"
    grey = block()[0]
    tifffile.imwrite(source, np.stack([grey] * 3, axis=-1), photometric="rgb")
    with pytest.raises(SourceError, match="in colour") as caught:
        restore(source, "bilinear", StreamChoice())
    assert "--channel 0" in caught.value.fix
    output, outcome = restore(source, "bilinear", StreamChoice(channel=0))
    assert outcome.frames == 1
    job = RestoreJob(source=source, output=output)
    assert result_line(job, outcome).endswith(": 1 frame restored")
    again = outcome._replace(made=0)
    assert result_line(job, again).endswith(": its frame was restored already")
    assert tifffile.imread(output).shape == (48, 60)


@pytest.mark.parametrize("engine", ["bilinear", "rolling-mean"])
def test_a_replay_records_slices_as_slices(engine: str, tmp_path: Path) -> None:
    source = write(tmp_path / "block.tif", block(3))
    recording = tmp_path / "recording"
    along = ["--window-along", "z"] if engine == "rolling-mean" else []
    ran = CliRunner().invoke(
        app,
        [
            *("live", "--source", f"replay:{source}", "--engine", engine, "--rate", "max", *along),
            *("--headless", "--save", str(recording)),
        ],
    )
    assert ran.exit_code == 0, ran.output
    check_axes(recording / "restored.ome.tif", 3)
    with open_images(recording / "raw.ome.tif") as file:
        assert file.series[0].size("Z") == 3
        np.testing.assert_array_equal(file.series[0].plane(Z=2), block(3)[2])
    whole = tifffile.imread(recording / "restored.ome.tif")
    if along:
        output, _ = restore(source, engine, ALONG_Z)
        np.testing.assert_array_equal(whole, tifffile.imread(output))
    (recording / "restored.ome.tif").unlink()
    assert complete_recording(recording, engine, "auto", Terminal()) == 3
    check_axes(recording / "restored.ome.tif", 3)
    np.testing.assert_array_equal(tifffile.imread(recording / "restored.ome.tif"), whole)
    export_recording(recording, tmp_path, Terminal(), force=False)
    with open_images(tmp_path / "recording-restored.tif") as file:
        assert file.series[0].size("Z") == 3
        assert file.series[0].z_step_um == pytest.approx(STEP_UM)


def test_networks_of_one_frame_are_trained_on_slices(tmp_path: Path) -> None:
    source = write(tmp_path / "block.tif", block(3, 96, 96))
    recipe = Recipe(
        network=LiteNetwork(frames=1),
        schedule=Schedule(tiles=2, hr_tile=64),
        series=(Series(path=str(source)),),
    )
    ((_, series),) = load_series(recipe, "training", Path())
    assert series.frames.shape == (3, 96, 96)
    five = recipe.model_copy(update={"network": LiteNetwork(frames=5)})
    with pytest.raises(UserError, match="stack in z") as caught:
        load_series(five, "training", Path())
    assert "--window-along z" in caught.value.fix


def test_networks_of_five_frames_are_trained_on_neighbouring_slices(tmp_path: Path) -> None:
    source = write(tmp_path / "block.tif", block(6, 96, 96))
    ((entry, series),) = load_series(compose([source], window_along="z"), "training", Path())
    assert (entry.window_along, series.frames.shape) == ("z", (6, 96, 96))
    assert series.interval_s is None
    settings = dataset_settings(CrappifyOptions(window_along="z", validation=("0",), tile=64))
    plan = plan_dataset([source], settings, tmp_path / "dataset", report=lambda *_: None)
    write_dataset(plan, tmp_path / "dataset", lambda *_: None)
    assert tifffile.imread(tmp_path / "dataset/training/lr/00000.tif").shape == (5, 16, 16)
    on_it = compose([tmp_path / "dataset"])
    assert (on_it.network.frames, on_it.series[0].window_along) == (5, "z")


def test_a_crappified_stack_stays_one(tmp_path: Path) -> None:
    source, lr = write(tmp_path / "block.tif", block(6, 96, 96)), tmp_path / "lr.tif"
    crappify_file(source, lr, CrappifyOptions(window_along="z"))
    with open_images(lr) as file:
        assert (file.series[0].size("Z"), file.series[0].size("T")) == (6, 1)
        assert file.series[0].z_step_um == pytest.approx(STEP_UM)
        assert file.series[0].pixel_size_um == pytest.approx(4 * PIXEL_UM)


def test_no_network_learns_a_data_bar_and_none_is_judged_by_one(tmp_path: Path) -> None:
    source = tmp_path / "section.tif"
    tifffile.imwrite(source, with_bar(40))
    for slices_are_images in (True, False):
        with pytest.raises(UserError, match="data bar of 40 rows"):
            look_into(source, depth_as_frames=slices_are_images)
