"""What a user may write behind ``micromanager:`` and ``micromanager+local:``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from acquisition.errors import SourceError
from acquisition.plans.durations import parse_duration

DEFAULT_PORT = 4827
MODES = ("auto", "acquire", "follow")
REMOTE, LOCAL = "micromanager", "micromanager+local"
_OF_EXPERIMENTS = ("experiment", "interval", "channels", "duration")
_KNOWN = ("mode", "camera", "channel", "pixel_size_um", "record", "wait", *_OF_EXPERIMENTS)
_KNOWN_LOCAL = (*_KNOWN, "adapters")
_LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroManagerOptions:
    """How to reach Micro-Manager and what to take from it.

    Attributes
    ----------
    port : int
        Of the pycro-manager server on this machine.
    config : str
        Configuration file of a core in our own process; empty for a running Micro-Manager.
    adapters : str
        Folder of the device adapters for `config`; empty to look for them.
    mode : str
        ``acquire``: we run the camera. ``follow``: somebody else does, and keeps every frame.
        ``auto``: follow a camera that runs already, acquire otherwise.
    camera : str
        The camera's label; empty for the one that Micro-Manager uses.
    channel : int
        Which of a camera's channels, counted from 0.
    pixel_size_um : float or None
        Side of an LR pixel, for a Micro-Manager that is not calibrated.
    record : sequence of str
        Properties to write into a recording, each as ``Device/Property``.
    wait : float
        Seconds to wait for a Micro-Manager that is not there.
    experiment : str
        File with the plan of an experiment that is to be run; empty for none.
    interval_s : float or None
        From time point to time point of an experiment that is to be run; None for none.
    channels : sequence of str
        Presets of Micro-Manager's channel group, for such an experiment.
    duration_s : float or None
        Of such an experiment; None for no end.
    """

    port: int = DEFAULT_PORT
    config: str = ""
    adapters: str = ""
    mode: str = "auto"
    camera: str = ""
    channel: int = 0
    pixel_size_um: float | None = None
    record: Sequence[str] = ()
    wait: float = 0.0
    experiment: str = ""
    interval_s: float | None = None
    channels: Sequence[str] = ()
    duration_s: float | None = None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read text such as ``micromanager:4827,mode=follow,channel=1``.

        Parameters
        ----------
        url : str
            ``micromanager:[PORT]`` or ``micromanager+local:CONFIG.cfg``, then options.

        Raises
        ------
        SourceError
            On an option that is not known or can't be.
        """
        kind, _, rest = url.partition(":")
        local = kind == LOCAL
        known = _KNOWN_LOCAL if local else _KNOWN
        place, named = _split(rest, known)
        unknown = [name for name in named if name not in known]
        if unknown:
            raise SourceError(
                f"Micro-Manager has no option {unknown[0]!r} here.",
                f"Known options: {', '.join(known)}; for example {_example(kind)}.",
            )
        _check_experiment(named)
        mode = named.get("mode", "acquire" if local else "auto")
        if mode not in MODES or (local and mode == "follow"):
            allowed = "acquire" if local else ", ".join(MODES)
            raise SourceError(
                f"The mode {mode!r} can't be used here.",
                f"Give {allowed}; for example {_example(kind)}.",
            )
        return cls(
            port=DEFAULT_PORT if local else _port(place, kind),
            config=_config(place) if local else "",
            adapters=named.get("adapters", ""),
            mode=mode,
            camera=named.get("camera", ""),
            channel=int(_number(named, "channel", "0", low=0, high=99, kind=kind)),
            pixel_size_um=_number(named, "pixel_size_um", "nan", low=1e-4, high=1000, kind=kind)
            or None,
            record=_properties(named.get("record", ""), kind),
            wait=_number(named, "wait", "0", low=0, high=86400, kind=kind),
            experiment=named.get("experiment", ""),
            interval_s=_time(named, "interval"),
            channels=tuple(named["channels"].split("\n")) if named.get("channels") else (),
            duration_s=_time(named, "duration"),
        )

    @property
    def runs_experiment(self) -> bool:
        """Whether an experiment is to be run."""
        return bool(self.experiment) or self.interval_s is not None


def without_experiment(url: str) -> str:
    """Leave out of a URL what is of an experiment."""
    kind, _, rest = url.partition(":")
    local = kind == LOCAL
    place, named = _split(rest, _KNOWN_LOCAL if local else _KNOWN)
    kept = [
        f"{name}={value}"
        for name, values in named.items()
        if name not in _OF_EXPERIMENTS
        for value in values.split("\n")
    ]
    return f"{kind}:{','.join([*filter(None, [place]), *kept])}"


def with_plan(url: str, plan: str) -> str:
    """Write the plan of an experiment behind a URL, in place of another.

    Raises
    ------
    SourceError
        If the file's name contains a comma, which parts the options.
    """
    if "," in plan:
        raise SourceError(
            f"{plan} contains a comma, which separates the options of Micro-Manager.",
            "Rename the file, or its folder.",
        )
    before = without_experiment(url)
    return f"{before}{'' if before.endswith(':') else ','}experiment={plan}"


def with_times(url: str, *, interval: str, channels: str = "", duration: str = "") -> str:
    """Write an experiment behind a URL by what was typed, in place of another.

    Parameters
    ----------
    url : str
    interval : str
    channels : str
        Names of presets, with commas between them; empty for none.
    duration : str
        Empty for no end.

    Raises
    ------
    SourceError
        If one is not a duration.
    """
    parse_duration(interval, "every")
    written = [f"interval={interval}"]
    written += [f"channels={name}" for name in map(str.strip, channels.split(",")) if name]
    if duration:
        parse_duration(duration, "for")
        written.append(f"duration={duration}")
    before = without_experiment(url)
    return f"{before}{'' if before.endswith(':') else ','}{','.join(written)}"


def _split(rest: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Part the place (a port, or a path that may hold commas) from the options behind it."""
    parts = rest.split(",")
    named: dict[str, str] = {}
    while len(parts) > 1 and ("=" in parts[-1] or not parts[-1].strip()):
        name, _, value = (part.strip() for part in parts.pop().partition("="))
        if name:
            named[name] = f"{value}\n{named[name]}" if name in named else value
    first = parts[0].partition("=")
    if len(parts) == 1 and first[0].strip() in known and first[1]:
        named[first[0].strip()] = first[2].strip()
        parts = [""]
    return ",".join(parts).strip(), named


def _example(kind: str) -> str:
    return f"{kind}:{'MMConfig.cfg' if kind == LOCAL else DEFAULT_PORT},camera=Camera"


def _port(text: str, kind: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LARGEST_PORT):
        raise SourceError(
            f"{text!r} is not a port number of Micro-Manager's server.",
            f"Give the number shown in Micro-Manager's options, such as {_example(kind)}.",
        )
    return int(text)


def _config(text: str) -> str:
    path = Path(text).expanduser()
    if not text or not path.is_file():
        raise SourceError(
            f"There is no Micro-Manager configuration {text!r}.",
            "Give the path of the .cfg file that Micro-Manager starts with, such as "
            "micromanager+local:MMConfig_demo.cfg.",
        )
    return str(path.resolve())


def _check_experiment(named: dict[str, str]) -> None:
    """Refuse what says half of an experiment, or says it twice."""
    said = [name for name in _OF_EXPERIMENTS if name in named]
    if "experiment" in said and len(said) > 1:
        raise SourceError(
            f"The plan of the experiment has its own {said[1]}.",
            f"Leave out --{said[1]}, or --experiment.",
        )
    if said and not {"experiment", "interval"} & set(said):
        raise SourceError(
            f"--{said[0]} is for an experiment, and that needs an interval.",
            "Give the time from one time point to the next: --interval 2s",
        )
    if said and named.get("mode") == "follow":
        raise SourceError(
            "With mode=follow pssr-live only watches: it can't run an experiment.",
            "Leave out mode=follow, or the experiment.",
        )


def _time(named: dict[str, str], name: str) -> float | None:
    return parse_duration(named[name], f"--{name}") if name in named else None


def _properties(text: str, kind: str) -> tuple[str, ...]:
    """Read what was written behind each ``record=``."""
    properties = tuple(text.split("\n")) if text else ()
    for written in properties:
        device, _, name = written.partition("/")
        if not device or not name:
            raise SourceError(
                f"{written!r} does not name a property of a device.",
                f"Give the device and the property as Micro-Manager shows them: "
                f"{_example(kind)},record=Objective/Label.",
            )
    return properties


def _number(
    named: dict[str, str], name: str, default: str, *, low: float, high: float, kind: str
) -> float:
    """Read a number; nan, which only an absent one is, becomes 0."""
    text = named.get(name, default)
    try:
        number = float(text)
    except ValueError:
        number = math.inf
    if name not in named and math.isnan(number):
        return 0.0
    if not low <= number <= high or (name == "channel" and number != int(number)):
        kind_of_number = "a whole number" if name == "channel" else "a number"
        raise SourceError(
            f"Micro-Manager can't be read with {name}={text}.",
            f"Give {kind_of_number} from {low:g} to {high:g}; for example {_example(kind)}.",
        )
    return number
