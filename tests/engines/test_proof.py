from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines import EngineError
from engines.proof import read_proof, write_proof
from tests.engines.conftest import tiny_proof


def test_what_is_written_is_read(tmp_path: Path) -> None:
    proof = tiny_proof()
    write_proof(tmp_path / "proof.npz", proof)
    read = read_proof(tmp_path / "proof.npz", 4)
    np.testing.assert_array_equal(read.window, proof.window)
    np.testing.assert_array_equal(read.restored, proof.restored)
    assert read.intensity == proof.intensity


def test_a_proof_of_another_scale_factor_is_refused(tmp_path: Path) -> None:
    write_proof(tmp_path / "proof.npz", tiny_proof())
    with pytest.raises(EngineError, match=r"restored frame.*is"):
        read_proof(tmp_path / "proof.npz", 2)


def test_no_proof_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"proof\.npz can't be read as a proof") as told:
        read_proof(tmp_path / "proof.npz", 4)
    assert "pssr-live export" in told.value.fix
