"""What a library forks off is no session: a signal ends it, as if it had never been ours."""

from __future__ import annotations

import os
import signal

_HANDLED = ("SIGINT", "SIGTERM", "SIGHUP")


def keep_signal_handlers_from_forked_children() -> None:
    """Give each process that is forked from now on the system's own handlers.

    Otherwise ours, which ask a session to stop, would keep it from being ended.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_handlers)


def _forget_handlers() -> None:
    for name in _HANDLED:
        number = getattr(signal, name)
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
