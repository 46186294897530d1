"""``pssr-live engines zoo``: a bundle as a package for the BioImage Model Zoo."""

from __future__ import annotations

from pathlib import Path

from engines import Credit, load_bundle, quoted, write_zoo_package
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal


def pack_engine(name: str, output: Path, credit: Credit, *, force: bool) -> None:
    """Write the package and say what the Zoo's validator would have liked better.

    Parameters
    ----------
    name : str
        Of a bundled engine, or a bundle's folder.
    output : Path
        The .zip to write.
    credit : Credit
    force : bool
        Whether a file that stands there may be replaced, and an engine packed that restores no
        better than the simple way.

    Raises
    ------
    EngineError, UserError
        If there is no such bundle, it restores no better than the simple way, the validator finds
        fault, or `output` is no .zip or exists already.
    """
    if output.suffix.lower() != ".zip":
        zipped = output.with_name(f"{output.name}.zip")
        raise UserError(
            f"{output} does not end as a package does.", f"Name it --output {quoted(zipped)}"
        )
    if output.exists() and not force:
        raise UserError(f"{output} exists already.", "Name another file, or add --force.")
    bundle = load_bundle(name)
    loses = bundle.manifest.loses
    if loses and not force:
        raise UserError(loses, "Train it on more movies first, or pack it all the same: --force")
    console = Terminal()
    with console.status("packing, and asking the Zoo's validator"):
        wishes = write_zoo_package(bundle, output, credit)
    console.print(
        f"{output}: accepted by the Zoo's validator", highlight=False, markup=False, soft_wrap=True
    )
    for wish in wishes:
        console.print(f"The validator recommends: {wish}", highlight=False, markup=False)
