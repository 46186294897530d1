"""The table of docs/image-files.md: what Bio-Formats says of files, held against the reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acquisition.images.conftest import movie, ome_xml, write_pages
from tests.places import DATA
from tools.docs.images_page import bio_formats, rows_of


def test_bio_formats_agrees_on_real_and_reordered_files(tmp_path: Path) -> None:
    pytest.importorskip("bioformats_jar")
    if shutil.which("java") is None:
        pytest.skip("Bio-Formats needs Java, which is not installed")
    shutil.copy(DATA / "cos7_mitochondria.tif", tmp_path)
    data = "".join(
        f'<TiffData IFD="{n}" FirstT="{n % 3}" FirstC="{n // 3}" PlaneCount="1"/>' for n in range(6)
    )
    xml = ome_xml(
        (12, 15),
        {"T": 3, "C": 2},
        data,
        PhysicalSizeX=200,
        PhysicalSizeXUnit="nm",
        PhysicalSizeY=200,
        PhysicalSizeYUnit="nm",
        TimeIncrement=0.5,
    )
    write_pages(tmp_path / "a.ome.tif", movie(), xml)
    rows = list(rows_of(tmp_path, bio_formats()))
    assert [row[0] for row in rows] == ["`a.ome.tif`", "`cos7_mitochondria.tif`"]
    assert rows[0][2] == "3 × 2 × 1, 12 × 15"
    assert [row[-1] for row in rows] == ["agrees", "agrees"]
