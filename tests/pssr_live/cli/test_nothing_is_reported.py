"""No library that pssr-live loads reports anything, or leaves something to be reported later."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

import engines

SWALLOWING = Path(__file__).with_name("swallowing_network.py")
PACKAGES = Path(engines.__file__).parents[1]
# What tells the libraries that this is a test, where they keep quiet by themselves.
OF_TEST_MACHINES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TRAVIS", "JENKINS_URL")
NO_DEMAND = 600


def run_apart(home: Path, network: str, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run Python in a home and a network of its own; the packets go to a file in the home."""
    kinds, before = ["--net"], []
    if network == "swallowing":
        kinds.append("--mount")
        before = [sys.executable, str(SWALLOWING), str(home / "packets")]
    left_out = (*OF_TEST_MACHINES, "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        ["unshare", *kinds, *before, sys.executable, *words],  # noqa: S607
        env=environment | {"HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=NO_DEMAND,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("only Linux's unshare and ip give a process a network of its own")
    apart = ["unshare", "--net", "--mount", "true"]
    trial = subprocess.run(apart, capture_output=True, check=False)
    if trial.returncode != 0 or not os.access("/dev/net/tun", os.W_OK):
        pytest.skip("this user may not give a process a network of its own")
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_the_swallowing_network_swallows_and_notes_packets(home: Path) -> None:
    knock = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.1', 9))"

    done = run_apart(home, "swallowing", ["-c", knock])

    assert done.returncode == 0, done.stderr
    assert (home / "packets").read_text() != ""


@pytest.mark.parametrize("network", ["none", "swallowing"])
def test_a_session_with_every_backend_reports_nothing_and_ends(home: Path, network: str) -> None:
    write_frames(home / "a.tif")
    source = ["--source", "replay:a.tif", "--rate", "max"]

    done = run_apart(home, network, ["-m", "pssr_live", "live", "--headless", *source])

    assert done.returncode == 0, done.stderr
    assert_nothing_reported(home)


def test_dask_workers_report_nothing(home: Path) -> None:
    write_frames(home / "a.tif")
    write_frames(home / "b.tif")
    words = ["-m", "pssr_live", "restore", "a.tif", "b.tif", "--output", "out", "--dask"]

    done = run_apart(home, "swallowing", words)

    assert done.returncode == 0, done.stderr + done.stdout
    assert_nothing_reported(home)


def test_one_module_alone_imports_onnxruntime() -> None:
    importing = set()
    for package in ("acquisition", "engines", "gui", "pssr_live"):
        for path in (PACKAGES / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                if any(name.split(".")[0] == "onnxruntime" for name in names):
                    importing.add(path.relative_to(PACKAGES).as_posix())

    assert importing == {"engines/telemetry.py"}


@pytest.mark.parametrize("package", ["engines", "pssr_live"])
def test_a_package_switches_reports_off_as_it_is_imported(package: str) -> None:
    code = (
        f"import {package}, os, sys\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
        "import openvino\n"
        "print(sys.modules['openvino_telemetry'])\n"
    )
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "0"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["1", "None"]


def write_frames(path: Path) -> None:
    frames = np.random.default_rng(1).integers(0, 4000, (6, 64, 64), dtype=np.uint16)
    tifffile.imwrite(path, frames, metadata={"axes": "TYX"})


def assert_nothing_reported(home: Path) -> None:
    packets = home / "packets"
    assert not packets.exists() or packets.read_text() == ""
    caches = ("Microsoft", "intel", "Intel Corporation")
    assert [path for path in home.rglob("*") if path.name in caches] == []
