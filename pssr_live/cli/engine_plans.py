"""``pssr-live engines build``: a TensorRT plan for a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from rich.markup import escape

from engines import PlanPrecision, build_plan, check_first_opening, load_bundle
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal


def build_engine(
    name: str, compute_capabilities: Sequence[str], *, height: int, width: int, precision: str
) -> None:
    """Build a plan into a bundle's cache and say what was built.

    Parameters
    ----------
    name : str
        Of a bundle, or its folder.
    compute_capabilities : sequence of str
        Of the GPUs that shall run it; none for the one that is here.
    height, width : int
        Of an LR frame in pixels.
    precision : str
        ``fp16`` or ``fp32``.

    Raises
    ------
    EngineError, UserError
        If there is no such bundle or precision, or TensorRT can't build it.
    """
    if precision not in get_args(PlanPrecision):
        raise UserError(f"There is no precision {precision!r}.", "Use fp16 or fp32.")
    bundle = load_bundle(name)
    console = Terminal()
    with console.status(f"building {escape(bundle.manifest.name)} with TensorRT"):
        check_first_opening(bundle)
        plan = build_plan(
            bundle,
            compute_capabilities,
            height=height,
            width=width,
            precision=cast("PlanPrecision", precision),
        )
    size = plan.path.stat().st_size / 1e6
    console.print(
        f"{plan.path} ({size:.2f} MB)\n{plan}", highlight=False, markup=False, soft_wrap=True
    )
