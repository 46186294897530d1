"""Engines are opened once for all who ask for the same, and a bundle's files are hashed once."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tifffile

import engines.bundle
from acquisition import FrameFormat, ReplaySource
from engines import BACKENDS, Bundle, EngineError, IntensityScale, OpeningGivenUpError
from pssr_live.cli.live import run_live
from pssr_live.cli.session import SessionOptions
from pssr_live.cli.source_options import SourceOptions
from pssr_live.restoring import EngineChoice, EnginePool
from pssr_live.session import LiveSession
from tests.pssr_live.sessions import TIMEOUT
from tests.pssr_live.trust.scenes import scanned, specimen

FORMAT = FrameFormat(height=20, width=24, dtype=np.dtype(np.uint16), significant_bits=12)
OTHER_FORMAT = FrameFormat(height=24, width=24, dtype=np.dtype(np.uint16), significant_bits=12)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was hashed."""
    counts: Counter[str] = Counter()

    def count(path: Path) -> str:
        counts[path.name] += 1
        return digest(path)

    digest = engines.bundle.file_digest
    monkeypatch.setattr(engines.bundle, "file_digest", count)
    return counts


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cells") / "cells.tif"
    tifffile.imwrite(path, scanned([np.roll(specimen(), frame, 1) for frame in range(6)]))
    return path


def test_a_session_with_uncertainty_hashes_each_file_of_its_bundle_once(
    uncertain: Bundle, hashed: Counter[str], cells: Path, tmp_path: Path
) -> None:
    options = SessionOptions(
        engine=str(uncertain.path), save=tmp_path / "r", headless=True, uncertainty=True
    )
    run_live(f"replay:{cells}", SourceOptions(rate="max"), options)
    assert dict(hashed) == dict.fromkeys(uncertain.manifest.files, 1)


def test_a_bundle_whose_files_were_replaced_is_loaded_anew(
    uncertain: Bundle, hashed: Counter[str], tmp_path: Path
) -> None:
    copied = shutil.copytree(uncertain.path, tmp_path / "own")
    choice = EngineChoice(str(copied))
    first = choice.bundle
    assert first is choice.bundle
    (copied / "model.onnx").write_bytes(b"another model")
    with pytest.raises(EngineError, match="its hash is not the one in the manifest"):
        _ = choice.bundle
    assert hashed["manifest.json"] == 0


def test_the_same_engine_is_opened_once_and_another_beside_it(uncertain: Bundle) -> None:
    told: list[str] = []
    choice = EngineChoice(str(uncertain.path), "onnxruntime")
    with EnginePool(on_opened=told.append) as pool:
        first = pool.open(choice, FORMAT)
        assert pool.open(EngineChoice(str(uncertain.path), "onnxruntime"), FORMAT) is first
        other = pool.open(choice, OTHER_FORMAT)
        assert other is not first
        assert pool.open(choice, FORMAT) is first
    assert len(told) == 2
    assert all(words.startswith("tiny-uncertain: ONNX Runtime") for words in told)


def test_a_pool_of_one_closes_an_engine_before_it_opens_another(uncertain: Bundle) -> None:
    choice = EngineChoice(str(uncertain.path), "onnxruntime")
    with EnginePool(most=1) as pool:
        first = pool.open(choice, FORMAT)
        pool.open(choice, OTHER_FORMAT)
        window = np.zeros((5, *FORMAT.shape), np.uint16)
        with pytest.raises(RuntimeError, match="warm_up comes before restore"):
            first.selection.engine.restore(window, IntensityScale(0.0, 1.0))


def test_opening_is_given_up_between_two_trials(
    uncertain: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = EnginePool()
    tried: list[str] = []

    def load(bundle: Bundle) -> object:
        tried.append(bundle.manifest.name)
        pool.give_up()
        raise EngineError("It does not work here.", "Take another.")

    backends = {name: entry._replace(load=load) for name, entry in BACKENDS.items()}
    monkeypatch.setattr("engines.selection.BACKENDS", backends)
    with pytest.raises(OpeningGivenUpError):
        pool.open(EngineChoice(str(uncertain.path)), FORMAT)
    assert tried == ["tiny-uncertain"]
    assert pool.opening == ""


def test_a_session_leaves_engines_open_that_it_was_lent(cells: Path) -> None:
    choice = EngineChoice("bilinear")
    with EnginePool() as pool:
        for _ in range(2):
            session = LiveSession(ReplaySource(cells, rate="max"), choice, engines=pool)
            session.start()
            assert session.wait(TIMEOUT)
            assert session.faults == []
        assert session.format is not None
        engine = pool.open(choice, session.format)
        window = np.zeros((5, *session.format.shape), session.format.dtype)
        engine.restore(window, engine.fix_intensity(window), engine.new_buffer(session.format))
