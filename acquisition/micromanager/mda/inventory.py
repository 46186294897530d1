"""What Micro-Manager has for experiments: looked at in a process of its own, and touched nowhere.

As a client it is run by ``python -m acquisition.micromanager.mda.inventory``.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from acquisition.micromanager import wire
from acquisition.micromanager.core import OpenCore, open_core
from acquisition.micromanager.experiment import ExperimentState
from acquisition.micromanager.handles import held, release
from acquisition.micromanager.mda.lists import texts
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.parent_link import ParentLink
from acquisition.micromanager.process import ClientProcess

_LONGEST = 20.0
_TIME_TO_LET_GO = 5.0
_SLICE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What can be run and followed.

    Attributes
    ----------
    channel_group : str
        Whose presets are channels; may be empty.
    groups : mapping of str to list of str
        All configuration groups and their presets.
    focus, xy_stage, shutter : str
        Labels; empty where there is none.
    auto_shutter : bool
    experiment : str
        ``none``, ``running`` or ``paused``.
    window : bool
        Whether there is Micro-Manager's window, whose experiments can be followed.
    """

    channel_group: str
    groups: Mapping[str, list[str]]
    focus: str
    xy_stage: str
    shutter: str
    auto_shutter: bool
    experiment: str
    window: bool

    @classmethod
    def of(cls, opened: OpenCore) -> Self:
        """Ask Micro-Manager; no answer of it moves anything."""
        core = opened.core
        groups = texts(core.get_available_config_groups())
        return cls(
            channel_group=core.get_channel_group(),
            groups={group: texts(core.get_available_configs(group)) for group in groups},
            focus=core.get_focus_device(),
            xy_stage=core.get_xy_stage_device(),
            shutter=core.get_shutter_device(),
            auto_shutter=core.get_auto_shutter(),
            experiment=opened.experiments.state().value,
            window=opened.experiments.has_windows,
        )

    @property
    def experiment_runs(self) -> bool:
        """Whether somebody's experiment has the camera, paused or not."""
        return self.experiment != ExperimentState.NONE.value


def take_inventory(options: MicroManagerOptions) -> Inventory | None:
    """Look at a running Micro-Manager; None where it does not say.

    Parameters
    ----------
    options : MicroManagerOptions
        Where it is.
    """
    client = ClientProcess(options, None, module=__name__)
    give_up = time.monotonic() + _LONGEST
    try:
        while time.monotonic() < give_up:
            message = client.poll(_SLICE)
            if message is None:
                if client.last_words() is not None or client.out_of_patience:
                    return None
            elif message.kind == wire.SETTINGS:
                return Inventory(**message.content)
            elif message.kind == wire.LOST:
                return None
        return None
    finally:
        client.stop()


def main() -> None:
    """Answer the parent, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = lambda _: None
    link = ParentLink()
    port = link.options.port
    try:
        link.send(wire.SETTINGS, **_answer(link.options))
    except Exception as error:
        link.send(wire.LOST, words=str(error))
    link.close()
    release(port, held(port), _TIME_TO_LET_GO)
    os._exit(0)


def _answer(options: MicroManagerOptions) -> dict[str, Any]:
    return asdict(Inventory.of(open_core(options)))


if __name__ == "__main__":
    main()
