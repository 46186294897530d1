"""What commands answer to what a user types: help, errors, tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pssr_live.cli.restore import with_dask_address
from tests.places import DATA
from tests.pssr_live.cli.conftest import Typed

CELLS = DATA / "hela_mitochondria.tif"
SIMULATED = "simulated:height=48,width=56,interval=0.02"


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "live",
        "doctor",
        "show",
        "restore",
        "bench",
        "crappify",
        "calibrate",
        "train",
        "export",
    ]
    + ["export", "evaluate", "engines"]
    + [f"engines {name}" for name in ("list", "show", "verify", "build", "zoo")],
)
def test_each_command_explains_itself_with_an_example(
    typed: Callable[..., Typed], command: str
) -> None:
    result = typed(*command.split(), "--help")
    assert result.returncode == 0
    _, _, examples = result.stdout.partition("Example")
    assert f"pssr-live {command}" in examples


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("live", "--source", "replay:missing.tif", "--headless"), "missing.tif"),
        (("live", "--source", "nonsense:", "--headless"), "replay:PATH"),
        (("live", "--source", SIMULATED + ",colour=red", "--headless"), "seed"),
        (("live", "--source", SIMULATED, "--headless", "--engine", "nobody"), "mito-lite"),
        (("live", "--source", SIMULATED, "--headless", "--backend", "none"), "auto"),
        (("live", "--source", SIMULATED, "--headless", "--rate", "fast"), "rate"),
        (("live", "--source", SIMULATED), "--headless"),
        (("demo", "--snapshot", "window.png"), "offscreen"),
        (("restore", "missing.tif", "--output", "o.tif"), "missing.tif"),
        (("restore", "."), "nothing to restore"),
        (("restore", CELLS, CELLS.with_name("lysosomes.tif"), "-o", "one.tif"), "--output"),
        (("crappify", "missing.tif", "--output", "o.tif"), "missing.tif"),
        (("train", "missing.tif", "--output", "run"), "missing.tif"),
        (("export", "missing", "--output", "bundle"), "missing"),
    ],
)
def test_a_failure_is_one_line_with_the_fix_and_no_traceback(
    typed: Callable[..., Typed],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[Any, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = typed(*arguments)
    assert result.returncode == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_engines_are_listed_shown_and_verified(typed: Callable[..., Typed]) -> None:
    listed = typed("engines")
    assert typed("engines", "list").stdout == listed.stdout
    for name in ("mito-lite", "bilinear", "rolling-mean", "OpenVINO", "ONNX Runtime"):
        assert name in listed.stdout
    shown = typed("engines", "show", "mito-lite")
    assert "never saw" in shown.stdout
    assert "licence" in shown.stdout
    verified = typed("engines", "verify", "mito-lite", "--frame-size", "40x56")
    assert verified.returncode == 0, verified.stderr
    assert "used by auto" in verified.stdout
    assert typed("engines", "show", "bilinear").returncode == 1
    built = typed("engines", "build", "mito-lite", "--precision", "int4")
    assert built.returncode == 1
    assert "fp16" in built.stderr
    assert typed("engines", "verify", "mito-lite", "--frame-size", "wide").returncode == 2


def test_without_a_display_nothing_asks_for_the_source(typed: Callable[..., Typed]) -> None:
    alone = typed()
    assert alone.returncode == 2
    assert "pssr-live demo" in alone.stdout
    for arguments in (("live",), ("live", "--headless")):
        live = typed(*arguments)
        assert live.returncode == 2
        assert "--source" in live.stderr


def test_wrong_usage_ends_with_status_2(typed: Callable[..., Typed]) -> None:
    assert typed("demo", "--frames", "0").returncode == 2
    assert typed("no-such-command").returncode == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["restore", "a", "--dask"], ["restore", "a", "--dask=local"]),
        (["restore", "--dask", "a"], ["restore", "--dask=local", "a"]),
        (["restore", "--dask", "tcp://h:1", "a"], ["restore", "--dask", "tcp://h:1", "a"]),
        (["restore", "a"], ["restore", "a"]),
    ],
)
def test_dask_may_stand_without_an_address(typed: list[str], meant: list[str]) -> None:
    assert with_dask_address(typed) == meant
