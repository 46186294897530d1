"""A client that only says what its standard input is, until its parent hangs up."""

from __future__ import annotations

import os

from acquisition.micromanager import ParentLink, wire


def main() -> None:
    link = ParentLink()
    # The null device is at its end at once; a pipe whose other end is open waits.
    nothing = os.read(0, 1) == b""
    link.send(wire.STATUS, words="the null device" if nothing else "something else")
    link.stopping.wait()
    link.close()
    os._exit(0)


if __name__ == "__main__":
    main()
