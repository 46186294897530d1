"""Runs a command where every packet for another computer is swallowed, and writes each down.

`python swallowing_network.py PACKETS COMMAND...` in network and mount namespaces of its own, which
`unshare --net --mount` makes for root. PACKETS becomes a file with a line for each packet.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_SET_INTERFACE = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)  # noqa: S607


def main() -> int:
    packets, command = Path(sys.argv[1]), sys.argv[2:]
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, _SET_INTERFACE, struct.pack("16sH", b"outside", _TUN_WITHOUT_HEADER))
    _ip("link", "set", "lo", "up")
    _ip("link", "set", "outside", "addrgenmode", "none")
    _ip("address", "add", "192.0.2.2/24", "dev", "outside")
    _ip("link", "set", "outside", "up")
    _ip("route", "add", "default", "dev", "outside")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as names, packets.open("w") as seen:
        names.write("nameserver 192.0.2.53\n")
        names.flush()
        subprocess.run(["mount", "--bind", names.name, "/etc/resolv.conf"], check=True)  # noqa: S607

        running, ended = os.pipe()

        def note() -> None:
            """Write down what comes, up to the last packet that the command has sent."""
            while ready := select.select([tunnel, running], [], [])[0]:
                if tunnel not in ready:
                    return
                print(os.read(tunnel, 65536).hex(), file=seen, flush=True)

        noting = threading.Thread(target=note)
        noting.start()
        try:
            return subprocess.run(command, check=False).returncode
        finally:
            os.close(ended)
            noting.join()


if __name__ == "__main__":
    code = main()
    sys.exit(code if code >= 0 else 128 - code)
