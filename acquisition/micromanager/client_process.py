"""What a process that talks to Micro-Manager does, whatever it serves: from its start to its end.

A call to a Micro-Manager that has gone never returns, so all calls are made in such processes,
which can be ended from outside.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from acquisition.errors import SourceError
from acquisition.micromanager import wire, words
from acquisition.micromanager.camera import CameraMissingError
from acquisition.micromanager.core import OpenCore, open_core, what_is_wrong
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.handles import note_nothing_for_the_end
from acquisition.micromanager.our_run import OurRun
from acquisition.micromanager.parent_link import ParentLink
from acquisition.power import full_speed

_TIME_TO_LET_GO = 5.0


def serve_parent(serve: Callable[[OpenCore, ParentLink, OurRun], object]) -> None:
    """Serve the parent that started this process, and end the process.

    Parameters
    ----------
    serve : callable
        Told what Micro-Manager was opened, where the parent is, and whose run it is; returns when
        the parent wants no more, or there is no more.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = lambda _: None
    with full_speed():
        _serve_to_the_end(serve)
    os._exit(0)


def _serve_to_the_end(serve: Callable[[OpenCore, ParentLink, OurRun], object]) -> None:
    link = ParentLink()
    our_run = OurRun(0 if link.options.config else link.options.port, link.source)
    opened: OpenCore | None = None
    try:
        # It ends by `os._exit`.
        note_nothing_for_the_end()
        opened = _open(link)
        link.alive()
        our_run.connected()
        serve(opened, link, our_run)
    except CameraMissingError as error:
        link.send(wire.LOST, words=error.problem, fix=error.fix)
    except SourceError as error:
        problem = error.problem if error.problem.endswith(".") else f"{error.problem}."
        link.send(wire.REFUSED, problem=problem, fix=error.fix)
    except ExperimentRunning as error:
        link.send(wire.LOST, words=str(error), fix="")
    except Exception as error:
        note = opened.note if opened is not None else ""
        fix = "" if isinstance(error, ConnectionError) else words.RESTART
        link.send(wire.LOST, words=f"{note} {what_is_wrong(error)}".strip(), fix=fix)
    link.close()
    our_run.let_go(_TIME_TO_LET_GO)


def _open(link: ParentLink) -> OpenCore:
    """Connect; who is to put something right there tries until its time is up, see `ParentLink`."""
    while True:
        try:
            return open_core(link.options)
        except ConnectionError:
            if not link.goes_on or not link.stopping.is_set():
                raise
