from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition import SourceError, open_source
from acquisition.micromanager import MicroManagerOptions, MicroManagerSource, with_plan
from tests.acquisition.micromanager.conftest import LONG


def test_the_port_of_micro_managers_own_option_is_the_default() -> None:
    source = open_source("micromanager:")
    assert isinstance(source, MicroManagerSource)
    assert MicroManagerOptions.from_url("micromanager:").port == 4827
    assert MicroManagerOptions.from_url("micromanager").mode == "auto"
    assert MicroManagerOptions.from_url("micromanager:mode=follow").port == 4827


def test_every_option_is_understood() -> None:
    options = MicroManagerOptions.from_url(
        "micromanager:4830,mode=follow, camera=OSc-LSM ,channel=1,pixel_size_um=0.196,wait=60,"
        "record=Objective/Label, record=AOTF 488/Power (%)"
    )
    assert options == MicroManagerOptions(
        port=4830,
        mode="follow",
        camera="OSc-LSM",
        channel=1,
        pixel_size_um=0.196,
        record=("Objective/Label", "AOTF 488/Power (%)"),
        wait=60.0,
    )


@given(st.integers(1, 65535), st.sampled_from(["auto", "acquire", "follow"]), st.integers(0, 99))
def test_what_is_written_is_what_is_read(port: int, mode: str, channel: int) -> None:
    options = MicroManagerOptions.from_url(f"micromanager:{port},mode={mode},channel={channel}")
    assert (options.port, options.mode, options.channel) == (port, mode, channel)


@pytest.mark.parametrize(
    "option",
    [
        "channel=-1", "channel=0.5", "channel=x", "channel=nan", "pixel_size_um=0",
        "pixel_size_um=-1", "pixel_size_um=nan", "pixel_size_um=inf", "pixel_size_um=",
        "wait=-1", "wait=soon", "wait=inf", "mode=grab", "mode=", "speed=3", "adapters=here",
        "record=Zoom", "record=/Zoom", "record=Galvo/", "channel=0,channel=1",
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_is_named(option: str) -> None:
    with pytest.raises(SourceError) as told:
        MicroManagerOptions.from_url(f"micromanager:4827,{option}")
    name, _, value = option.partition("=")
    assert name in told.value.problem or repr(value) in told.value.problem
    assert "micromanager:" in told.value.fix


@pytest.mark.parametrize("port", ["0", "65536", "-1", "48.27", "here", "localhost:4827", "¹"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SourceError, match="is not a port"):
        MicroManagerOptions.from_url(f"micromanager:{port}")


def test_a_configurations_path_may_hold_commas_and_colons(tmp_path: Path) -> None:
    path = tmp_path / "left, right.cfg"
    path.touch()
    options = MicroManagerOptions.from_url(f"micromanager+local:{path},adapters=C:\\MM,channel=2")
    assert options.config == str(path.resolve())
    assert options.adapters == "C:\\MM"
    assert options.channel == 2
    assert options.mode == "acquire"


def test_a_configuration_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match=r"no Micro-Manager configuration 'nowhere.cfg'"):
        MicroManagerOptions.from_url("micromanager+local:nowhere.cfg")


def test_a_core_of_our_own_has_nobody_to_follow(tmp_path: Path) -> None:
    path = tmp_path / "a.cfg"
    path.touch()
    with pytest.raises(SourceError, match="'follow'"):
        MicroManagerOptions.from_url(f"micromanager+local:{path},mode=follow")


def test_a_microscope_keeps_its_own_rate() -> None:
    with pytest.raises(SourceError, match="rate"):
        open_source("micromanager:", rate="4")


def test_pycromanager_is_left_to_the_process_that_talks_to_micro_manager() -> None:
    program = (
        "import sys, acquisition\n"
        "acquisition.open_source('micromanager:')\n"
        "assert not {'pycromanager', 'mmpycorex', 'pymmcore'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=LONG)


@pytest.mark.parametrize(
    ("url", "with_it"),
    [
        ("micromanager:", "micromanager:experiment=plan.yaml"),
        ("micromanager:4828", "micromanager:4828,experiment=plan.yaml"),
        (
            "micromanager:interval=2s,channels=A,channels=B,camera=C,record=D/E,record=F/G",
            "micromanager:camera=C,record=D/E,record=F/G,experiment=plan.yaml",
        ),
        ("micromanager:4827,experiment=old.yaml", "micromanager:4827,experiment=plan.yaml"),
    ],
)
def test_a_plan_takes_the_place_of_another_experiment(url: str, with_it: str) -> None:
    assert set(with_plan(url, "plan.yaml").partition(":")[2].split(",")) == set(
        with_it.partition(":")[2].split(",")
    )
    assert with_plan(url, "plan.yaml").endswith("experiment=plan.yaml")
    with pytest.raises(SourceError, match="comma"):
        with_plan(url, "a,b.yaml")
