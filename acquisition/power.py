"""What the system is asked for while frames come: no sleep, full speed, waits of a millisecond.

All are requests by documented calls, and none is worth a failure: where the system refuses one,
work goes on without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# SetThreadExecutionState
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x1
# SetProcessInformation: the class, the version of its structure, and what is governed by it.
_POWER_THROTTLING, _VERSION = 4, 1
_EXECUTION_SPEED, _IGNORE_TIMER_RESOLUTION = 0x1, 0x4
_TICK_MS = 1


@contextmanager
def awake() -> Iterator[None]:
    """Keep the computer from falling asleep by itself, until the block is left; for one thread.

    Windows by SetThreadExecutionState, macOS by ``caffeinate``, Linux by ``systemd-inhibit`` where
    there is one. All of them end with the process, however that ends. A closed lid, an empty
    battery or a user who asks for it still send the computer to sleep.
    """
    if sys.platform == "win32":
        import ctypes

        set_state = ctypes.windll.kernel32.SetThreadExecutionState
        set_state.argtypes, set_state.restype = [ctypes.c_uint32], ctypes.c_uint32
        before = set_state(_CONTINUOUS | _SYSTEM_REQUIRED)
        try:
            yield
        finally:
            set_state(before or _CONTINUOUS)
    else:
        holder = _begin_holder()
        try:
            yield
        finally:
            if holder is not None:
                # Closes its input, too.
                with holder:
                    holder.kill()


@contextmanager
def full_speed() -> Iterator[None]:
    """Keep the system from slowing this process down while others are in front of it.

    Windows 11 slows what stands behind another window, and lets waits tick by 15.6 ms; macOS naps.
    The priority stays as it is: engines use all cores, and Micro-Manager's frames come first.
    """
    if sys.platform == "win32":
        import ctypes

        _stop_throttling(_EXECUTION_SPEED)
        _stop_throttling(_IGNORE_TIMER_RESOLUTION)
        ctypes.windll.winmm.timeBeginPeriod(_TICK_MS)
        try:
            yield
        finally:
            ctypes.windll.winmm.timeEndPeriod(_TICK_MS)
    elif sys.platform == "darwin":
        from appnope import nope_scope

        with nope_scope():
            yield
    else:
        yield


def _begin_holder() -> subprocess.Popen[bytes] | None:
    """Start what keeps a Mac or a Linux computer awake for as long as we live."""
    if sys.platform == "darwin":
        command = ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
    elif (inhibit := shutil.which("systemd-inhibit")) and shutil.which("cat"):
        reason = "--why=frames or a training would be interrupted"
        command = [inhibit, "--what=idle:sleep", "--who=pssr-live", reason, "--mode=block", "cat"]
    else:
        return None
    with suppress(OSError):
        return subprocess.Popen(  # noqa: S603 - the system's own
            command,
            # `cat` ends when we do.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is ours, and nobody is asked for a password.
            start_new_session=True,
        )
    return None


def _stop_throttling(kind: int) -> None:
    """Have one kind of throttling off; a Windows that doesn't know it refuses that kind alone."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        inform = kernel.SetProcessInformation
        inform.argtypes = [wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD]
        state = (ctypes.c_uint32 * 3)(_VERSION, kind, 0)
        inform(kernel.GetCurrentProcess(), _POWER_THROTTLING, state, ctypes.sizeof(state))
