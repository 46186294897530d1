from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pssr_live.sessions import no_thread_is_left


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    with no_thread_is_left():
        yield
