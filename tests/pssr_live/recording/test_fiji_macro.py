"""The macro that opens a recording in Fiji, run by the ImageJ that Debian has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pssr_live.cli.main import app
from tests.places import ROOT

MACRO = ROOT / "docs" / "fiji" / "open_recording.ijm"
IMAGEJ = Path("/usr/share/java/ij.jar")
# A macro that fails leaves a message on the screen that nobody answers.
LONGEST_S = 300
ASK = """
words = split(getArgument(), "|");
runMacro(words[0], words[1]);
said = "";
for (image = 1; image <= nImages; image++) {
    selectImage(image);
    getDimensions(width, height, channels, slices, times);
    getVoxelSize(x, y, z, unit);
    said = said + getTitle() + "|" + width + "|" + height + "|" + channels + "|" + slices + "|"
        + times + "|" + x + "|" + z + "|" + unit + "|" + Stack.getFrameInterval();
    for (channel = 1; channel <= channels; channel++) {
        Stack.setPosition(channel, slices, times);
        getLut(red, green, blue);
        said = said + "|" + Property.getSliceLabel() + " " + red[255] + " " + green[255] + " "
            + blue[255];
    }
    said = said + "\\n";
}
File.saveString(said, words[2]);
run("Quit");
"""


@pytest.fixture
def screen() -> Iterator[str]:
    """A display of its own, since ImageJ needs one for its menus."""
    java, xvfb = shutil.which("java"), shutil.which("Xvfb")
    if java is None or xvfb is None or not IMAGEJ.exists():
        pytest.skip("needs ImageJ, Java and Xvfb: apt-get install imagej default-jre xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def test_a_recording_opens_in_imagej_with_its_scale_colours_and_names(
    screen: str, tmp_path: Path
) -> None:
    folder, said = tmp_path / "cell 3", tmp_path / "said.txt"
    of = "simulated:height=64,width=48,channels=2,slices=2,interval=0.01"
    recorded = ["live", "--headless", "--frames", "12", "--engine", "bilinear", "--source", of]
    for line in ([*recorded, "--save", str(folder)], ["export-tiff", str(folder)]):
        result = CliRunner().invoke(app, line)
        assert result.exit_code == 0, result.output
    (tmp_path / "ask.ijm").write_text(ASK, encoding="utf-8")
    subprocess.run(
        [
            *("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Duser.home={tmp_path}"),
            *("-cp", str(IMAGEJ), "ij.ImageJ", "-ijpath", str(tmp_path)),
            *("-macro", str(tmp_path / "ask.ijm"), f"{MACRO}|{folder}|{said}"),
        ],
        env=os.environ | {"DISPLAY": screen},
        timeout=LONGEST_S,
        check=True,
    )
    raw, restored = said.read_text(encoding="utf-8").splitlines()
    names = ["mitochondria 0 255 0", "ER 255 0 255"]
    pixels = ["48", "64", "2", "2", "3"]
    assert raw.split("|") == [
        "cell 3 - raw", *pixels, "0.196", "0.5", "µm", "0.01", *names,
    ]  # fmt: skip
    finer = ["192", "256", "2", "2", "3"]
    assert restored.split("|") == [
        "cell 3 - restored (predicted)", *finer, "0.049", "0.5", "µm", "0.01", *names,
    ]  # fmt: skip
