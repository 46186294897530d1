import pytest

from engines.architectures import resunet34


@pytest.fixture
def slim_resunet34(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's network, narrow and with few blocks: all its parts, quickly trained."""
    monkeypatch.setattr(resunet34, "STEM_WIDTHS", (4, 4, 8))
    monkeypatch.setattr(resunet34, "STAGE_WIDTHS", (8, 16, 32, 64))
    monkeypatch.setattr(resunet34, "STAGE_BLOCKS", (1, 1, 1, 1))
