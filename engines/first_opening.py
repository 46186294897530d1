"""An engine that others made, opened for the first time: in a process that can be ended.

A model may be made, by mistake or on purpose, so that a library that opens it takes all memory or
never ends; within this process nothing could stop that.

Run: python -m engines.first_opening

The order comes as a line of JSON on the standard input, which is then held open; how each backend
does is written to the standard output, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import FileIO

import psutil

from engines.backends.footprint import live_bytes
from engines.backends.table import BACKENDS
from engines.bundle import Bundle, load_bundle
from engines.complaints import MAKE_ROOM
from engines.errors import EngineError, OpeningGivenUpError
from engines.fitting import InputFormat
from engines.known import Refusals, TriedNote, is_ours
from engines.memory import bytes_in_words, free_bytes
from engines.trial import model_for, tried_on, try_backend

# For one backend. A large network on a slow computer takes half a minute.
LONGEST_TRIAL_S = 300.0
# Of the memory that is free.
LARGEST_SHARE = 0.5
_PAUSE_S = 0.05
# Runs whatever keeps to the standard, everywhere.
_PLAINEST = "onnxruntime"
_TAKE_ANOTHER = "Use a bundled engine, see: pssr-live engines"
# Libraries reserve more addresses than they ever use as memory, for each thread and arena.
_RESERVED_ADDRESSES = 2**32


def refusals_of(
    bundle: Bundle,
    names: Sequence[str],
    frame: InputFormat,
    *,
    uncertain: bool = False,
    on_trial: Callable[[str], object] = lambda _: None,
    given_up: Callable[[], bool] = lambda: False,
) -> Refusals:
    """Tell which backends must not open an engine in this process.

    Those that come with pssr-live, were exported here, or were tried before, cost nothing; others
    are opened in a process of their own first.

    Parameters
    ----------
    bundle : Bundle
    names : sequence of str
        Of backends that shall open it.
    frame : InputFormat
        To be restored.
    uncertain : bool
        Whether the model is meant that predicts its uncertainty.
    on_trial : callable
        Told in words what is tried.
    given_up : callable
        Asked again and again whether nobody waits any more.

    Returns
    -------
    dict of str to str
        For each backend that failed, why.

    Raises
    ------
    OpeningGivenUpError
        If it was given up; at once, whatever the model does.
    EngineError
        If a backend took too much memory or time with it, or died of it.
    """
    if is_ours(bundle):
        return {}
    note = TriedNote(bundle, tried_on(frame), uncertain=uncertain)
    known = note.read()
    new = [name for name in names if name not in known and _opens_a_model(name, bundle)]
    if new:
        with _Trial(bundle, new, frame, uncertain=uncertain) as trial:
            for name, reason in trial.watch(on_trial, given_up):
                known[name] = reason
        # Memory may be there another time.
        note.add({name: reason for name, reason in known.items() if MAKE_ROOM not in reason})
    return {name: reason for name, reason in known.items() if reason}


def check_first_opening(bundle: Bundle) -> None:
    """Refuse an engine that ONNX Runtime can't open, before its models are worked with here.

    Raises
    ------
    EngineError
        If it has to be refused, see `refusals_of`.
    """
    _, height, width = bundle.proof.window.shape
    frame = InputFormat.of(height, width, bundle.proof.window.dtype)
    for reason in refusals_of(bundle, [_PLAINEST], frame).values():
        raise EngineError(
            f"The engine {bundle.manifest.name} does not work: {reason}", _TAKE_ANOTHER
        )


def _opens_a_model(name: str, bundle: Bundle) -> bool:
    """Whether a backend would look at a model of the bundle, on this computer's processor."""
    backend = BACKENDS[name]
    there = backend.precision in bundle.manifest.models
    return there and backend.beside_tensors > 0 and backend.why_not() is None


class _Trial:
    """The process, seen from the one that waits for it."""

    def __init__(
        self, bundle: Bundle, names: Sequence[str], frame: InputFormat, *, uncertain: bool
    ) -> None:
        if getattr(sys, "frozen", False):
            raise EngineError(
                f"A frozen program can't try the engine {bundle.manifest.name}: it would start "
                "itself.",
                "Open it once with pssr-live, installed into a Python; or export it here.",
            )
        self._bundle, self._names = bundle, names
        self._room = int(LARGEST_SHARE * free_bytes())
        order = {
            "path": str(bundle.path.absolute()),
            "files": bundle.manifest.files,
            "names": names,
            "frame": (frame.height, frame.width, frame.dtype.name),
            "uncertain": uncertain,
            "room": self._room,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engines.first_opening"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # The very modules that we have.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C is ours to handle, and no console window opens.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None  # noqa: S101 - piped
        assert self._process.stdout is not None  # noqa: S101 - piped
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._listen, name="trial of an engine", daemon=True)
        self._reader.start()
        # One that is dead already is found to be so where it is waited for.
        with suppress(OSError):
            self._stdin.write(json.dumps(order).encode() + b"\n")
            self._stdin.flush()

    def __enter__(self) -> _Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()

    def watch(
        self, on_trial: Callable[[str], object], given_up: Callable[[], bool]
    ) -> Iterator[tuple[str, str]]:
        """Yield each backend's name with why it can't run the engine; empty if it can."""
        for number, name in enumerate(self._names, start=1):
            title = BACKENDS[name].title
            on_trial(f"trying {title} for the first time, {number} of {len(self._names)}")
            yield name, self._wait_for(title, given_up)

    def _wait_for(self, title: str, given_up: Callable[[], bool]) -> str:
        deadline = time.monotonic() + LONGEST_TRIAL_S
        while True:
            if given_up():
                raise OpeningGivenUpError(self._bundle.manifest.name)
            try:
                answer = json.loads(self._said.get(timeout=_PAUSE_S))
            except queue.Empty:
                if self._taken() > self._room:
                    raise self._refused(
                        f"took more than {bytes_in_words(self._room)} of memory with {title}"
                    ) from None
                if time.monotonic() > deadline:
                    raise self._refused(
                        f"was still being opened by {title} after {LONGEST_TRIAL_S:.0f} s"
                    ) from None
            except ValueError:  # the end of its output
                raise self._refused(f"made {title} crash") from None
            else:
                return str(answer)

    def _taken(self) -> int:
        try:
            taken: int = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return 0
        return taken

    def _refused(self, what: str) -> EngineError:
        return EngineError(
            f"The engine {self._bundle.manifest.name} {what} when it was tried, and was not opened "
            "here.",
            _TAKE_ANOTHER,
        )

    def _listen(self) -> None:
        for line in self._stdout:
            self._said.put(line)
        self._said.put(b"")


def _try_all() -> None:
    """Try what is asked for on the standard input, and tell how each backend did."""
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    answers = _put_output_aside()
    frame = InputFormat.of(*order["frame"])
    _bound(order["room"])
    for name in order["names"]:
        reason = _try(
            order["path"], order["files"], name, frame=frame, uncertain=order["uncertain"]
        )
        answers.write(json.dumps(reason).encode() + b"\n")


def _try(
    path: str, files: dict[str, str], name: str, *, frame: InputFormat, uncertain: bool
) -> str:
    """Try a backend on a bundle, and what is done beside it with a model; returns what failed."""
    try:
        bundle = load_bundle(path)
        if bundle.manifest.files != files:
            return f"The files in {path} were changed meanwhile. Open the engine again."
        engine, trial = try_backend(BACKENDS[name], bundle, frame, uncertain=uncertain)
        if engine is not None:
            engine.close()
            model = model_for(BACKENDS[name], bundle, uncertain=uncertain)
            live_bytes(model, bundle.manifest.frames, height=frame.height, width=frame.width)
    except EngineError as error:
        return str(error)
    return trial.why_not


def _end_with_parent() -> None:
    # Whoever is killed can't end what it began.
    while os.read(0, 4096):
        pass
    os._exit(1)


def _put_output_aside() -> FileIO:
    """Keep the standard output for the answers: libraries print too."""
    answers = FileIO(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _bound(room: int) -> None:
    """Let this process have no more memory than there is room for, where the system can do that."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = psutil.Process().memory_info().vms + room + _RESERVED_ADDRESSES
        if most != resource.RLIM_INFINITY:
            limit = min(limit, most)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))


if __name__ == "__main__":
    _try_all()
