"""How much memory this process may still take."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
# Of cgroups, version 2 and 1: limit, use, and what of that is files' pages, which make room.
_FILES = (
    ("memory.max", "memory.current", ("active_file", "inactive_file")),
    (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)


def free_bytes() -> int:
    """Bytes that are free for this process: the least of what the system and all limits leave."""
    available: int = psutil.virtual_memory().available
    return max(0, min([available, *_left_by_groups(), *_left_by_limit()]))


def bytes_in_words(count: float) -> str:
    """A number of bytes in GB, in MB or kB where it is small."""
    if count >= 1e8:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e3:.0f} kB"


def _left_by_limit() -> Iterator[int]:
    """What a limit of the address space leaves, ``ulimit -v``; Windows knows none."""
    if sys.platform == "win32":
        yield from ()
    else:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            yield limit - psutil.Process().memory_info().vms


def _left_by_groups() -> Iterator[int]:
    """What the limits of control groups leave, a container's say; none but on Linux."""
    for folder in _folders():
        for limit_file, used_file, cached in _FILES:
            try:
                limit = int((folder / limit_file).read_text())
                used = int((folder / used_file).read_text())
                lines = (folder / "memory.stat").read_text().splitlines()
            except (OSError, ValueError):
                continue
            files = sum(int(line.split()[1]) for line in lines if line.split()[0] in cached)
            yield limit - used + files


def _folders() -> Iterator[Path]:
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            root = _GROUPS / "memory" if controllers else _GROUPS
            yield from {root, root / path.lstrip("/")}
