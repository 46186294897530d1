from __future__ import annotations

from pathlib import Path

import pytest

from acquisition.images import StreamChoice
from pssr_live.errors import UserError
from pssr_live.offline.file_notes import as_begun, chosen_notes, engine_notes
from pssr_live.restoring import EngineChoice

OUTPUT = Path("out.ome.tif")


def test_a_file_goes_on_on_the_backend_that_its_notes_name() -> None:
    choice = EngineChoice("mito-lite-fast")
    assert as_begun(choice, "ONNX Runtime", OUTPUT).backend == "onnxruntime"
    other = EngineChoice("mito-lite-fast", "openvino-f32")
    with pytest.raises(UserError, match="started on ONNX Runtime") as told:
        as_begun(other, "ONNX Runtime", OUTPUT)
    assert "Leave --backend out" in told.value.fix


def test_a_file_says_which_engine_made_it_and_of_which_part() -> None:
    notes = engine_notes(EngineChoice("mito-lite-fast"))
    assert notes["engine"] == "mito-lite-fast"
    assert len(notes["engine sha256"]) == 64
    assert set(chosen_notes(StreamChoice(("GFP",), z=4)).values()) == {"GFP", "4"}
    assert chosen_notes(StreamChoice()) == {}
