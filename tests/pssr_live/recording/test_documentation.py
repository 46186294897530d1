"""docs/recording.md names every column and every field, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from pssr_live.recording import (
    AskedRecord,
    EngineRecord,
    FormatRecord,
    FrameTable,
    SessionRecord,
    SourceRecord,
    UncertaintyRecord,
)
from pssr_live.recording.empty_folder import FILES
from tests.places import ROOT

PAGE = ROOT / "docs" / "recording.md"


def names_in_table(heading: str) -> set[str]:
    """What stands in backquotes in the first column of the table under a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]
    first_columns = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {name for column in first_columns for name in re.findall(r"`([^`]+)`", column)}


def test_every_file_is_named() -> None:
    assert names_in_table("# Recordings") | names_in_table("## OME-Zarr") == set(FILES)


def test_every_column_of_the_table_is_named(tmp_path: Path) -> None:
    FrameTable(tmp_path / "frames.csv", of_several=True).close()
    header = (tmp_path / "frames.csv").read_text(encoding="ascii")
    assert names_in_table("## frames.csv") == {name.strip() for name in header.split(",")}


def test_every_field_of_the_session_is_named() -> None:
    parts: dict[str, type[BaseModel]] = {
        "source": SourceRecord,
        "frames": FormatRecord,
        "asked": AskedRecord,
        "engine": EngineRecord,
        "engine.uncertainty": UncertaintyRecord,
    }
    fields = set(SessionRecord.model_fields) - {"source", "frames"}
    fields |= {f"{part}.{name}" for part, model in parts.items() for name in model.model_fields}
    assert names_in_table("## session.json") == fields
