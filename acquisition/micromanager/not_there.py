"""What to do about a Micro-Manager that is not there."""

from __future__ import annotations

from acquisition.errors import SourceError
from acquisition.micromanager.options import DEFAULT_PORT, MicroManagerOptions


def not_there(options: MicroManagerOptions, problem: str, fix: str = "") -> SourceError:
    """Make the error that a user is shown.

    Parameters
    ----------
    options : MicroManagerOptions
        Where it was looked for.
    problem : str
    fix : str
        If it is known already.
    """
    if fix:
        return SourceError(problem, fix)
    if options.config:
        return SourceError(problem, "Check that Micro-Manager loads this configuration.")
    port = options.port
    if port != DEFAULT_PORT:
        return SourceError(
            problem,
            f"Micro-Manager's own server is at port {DEFAULT_PORT}: leave the port out. For "
            f"{port} start what serves it: an SSH tunnel, or a Micro-Manager without its "
            "window.",
        )
    tick = f"In Micro-Manager tick Tools > Options > Run pycro-manager server on port {port}"
    if options.wait:
        return SourceError(problem, f"{tick}.")
    command = f"pssr-live live --source micromanager:{port} --wait 60"
    return SourceError(problem, f"{tick}, or wait for it: {command}")
