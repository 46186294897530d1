"""Files of torch that would fill the memory are refused before they do."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from pssr_live.training.export.torch_file import DamagedFileError, StoredTensor, read_torch_file


def test_one_number_stretched_over_a_huge_tensor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stretched.pth"
    torch.save({"w": torch.ones(1).expand(10**6, 10**6)}, path)
    file = read_torch_file(path)
    assert isinstance(file.content, dict)
    tensor = file.content["w"]
    assert isinstance(tensor, StoredTensor)
    with pytest.raises(DamagedFileError, match="larger than any"):
        file.read(tensor)


def test_a_file_whose_parts_are_packed_is_refused(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.pth", tmp_path / "packed.pth"
    torch.save({"w": torch.zeros(1000)}, plain)
    with zipfile.ZipFile(plain) as stored, zipfile.ZipFile(packed, "w") as deflated:
        for name in stored.namelist():
            deflated.writestr(name, stored.read(name), zipfile.ZIP_DEFLATED)
    with pytest.raises(DamagedFileError, match="packed"):
        read_torch_file(packed)
