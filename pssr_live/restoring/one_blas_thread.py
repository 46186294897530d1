"""Keeping NumPy's linear algebra from competing with the engine."""

from __future__ import annotations

from functools import cache

from threadpoolctl import threadpool_limits


@cache
def use_one_blas_thread() -> None:
    """Let NumPy's BLAS compute in the calling thread alone, from now on.

    OpenBLAS keeps a thread for each core, and after a product of two frames each of them turns in
    circles for tens of milliseconds, waiting for the next. Beside an engine that uses every core
    this costs half of its frames; the products themselves take microseconds.
    """
    threadpool_limits(1, "blas")
