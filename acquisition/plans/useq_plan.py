"""Plans in the field's own format: a useq MDASequence, from a YAML or JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.names import readable
from acquisition.plans.mda_streams import MdaStreams, z_step_um
from acquisition.plans.plan import ExperimentPlan, Exposure, Phase
from acquisition.plans.useq_names import refuse_what_useq_passes_over

if TYPE_CHECKING:
    import useq

_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_BYTES = 10 * 2**20
# Of a time point.
_MOST_FRAMES = 20_000
_EXAMPLE = "https://pymmcore-plus.github.io/useq-schema"
# In which an MDASequence may say what we have no way to run.
_TIME = "t"


def read_plan(path: Path) -> ExperimentPlan:
    """Read the plan of an experiment.

    Parameters
    ----------
    path : Path
        An MDASequence as YAML or JSON; read as data, so that nothing in it is run.

    Raises
    ------
    SourceError
        If it is none, or has something that can't be run.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise SourceError(
            f"{readable(path)} is not a plan of an experiment.",
            "Give an MDASequence as a .yaml or .json file: --experiment plan.yaml",
        )
    try:
        size = path.stat().st_size
        content = path.read_bytes()[:_MOST_BYTES]
    except OSError as error:
        raise SourceError(
            f"{readable(path)} can't be read: {error.strerror}.",
            "Give the path of a plan: --experiment plan.yaml",
        ) from error
    if size > _MOST_BYTES:
        raise SourceError(
            f"{readable(path)} has {size >> 20} MB, too much for a plan.",
            "Give an MDASequence, not an image: --experiment plan.yaml",
        )
    try:
        import useq
        import yaml
    except ImportError as error:
        raise SourceError(
            "Plans are read by useq-schema, which is not installed.",
            'Install it: pip install "pssr-live[mda]"',
        ) from error
    try:
        # JSON is read as the YAML that it is.
        said = yaml.safe_load(content)
        if not isinstance(said, dict) or not set(said) & set(useq.MDASequence.model_fields):
            raise ValueError("it has neither channels nor a time plan")
        sequence = useq.MDASequence.model_validate(said)
        refuse_what_useq_passes_over(said, sequence)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise SourceError(
            f"{readable(path)} is not an MDASequence: {_first_words(error)}.",
            f"Write it as {_EXAMPLE} shows, or make it with useq-schema itself.",
        ) from error
    return plan_of(sequence)


def plan_of(sequence: useq.MDASequence) -> ExperimentPlan:
    """Make the plan that a sequence says.

    Parameters
    ----------
    sequence : useq.MDASequence

    Raises
    ------
    SourceError
        If it has something that can't be run.
    """
    _refuse_what_is_not_run(sequence)
    phases = _phases(sequence.time_plan)
    streams = MdaStreams(sequence)
    every = [channel.acquire_every for channel in sequence.channels]
    from_start = _z_is_from_start(sequence)
    exposures = []
    for event in _one_time_point(sequence):
        stream, _, _ = streams.find(event)
        position = sequence.stage_positions[event.index["p"]] if "p" in event.index else None
        has_no_z = position is None or position.z is None
        channel = event.channel
        exposures.append(
            Exposure(
                stream=stream,
                group=channel.group if channel is not None else "",
                preset=channel.config if channel is not None else "",
                exposure_ms=event.exposure,
                x_um=event.x_pos,
                y_um=event.y_pos,
                z_um=event.z_pos,
                z_from_start=from_start and has_no_z,
                every=every[event.index["c"]] if "c" in event.index else 1,
                keep_shutter_open=event.keep_shutter_open,
            )
        )
    places = streams.places
    return ExperimentPlan(
        exposures=tuple(exposures),
        phases=phases,
        channels=places.channels or (Channel(),),
        slices=places.slices,
        z_step_um=z_step_um(sequence),
        positions=places.positions,
    )


def _refuse_what_is_not_run(sequence: useq.MDASequence) -> None:
    _refuse_too_many(sequence)
    planned = {
        _TIME: ("time points", sequence.time_plan is not None),
        "p": ("positions", bool(sequence.stage_positions)),
        "c": ("channels", bool(sequence.channels)),
        "z": ("slices", sequence.z_plan is not None),
    }
    order = "".join(map(str, sequence.axis_order))
    for axis, (what, there) in planned.items():
        if there and axis not in order:
            raise SourceError(
                f"The plan has {what}, which its axis order {order} leaves out.",
                f"Add them, as in axis_order: {_TIME}{order.replace(_TIME, '')}"
                f"{'' if axis == _TIME else axis}",
            )
    used = "".join(axis for axis in order if planned.get(axis, ("", False))[1])
    if _TIME in used and used[0] != _TIME:
        raise SourceError(
            f"The plan's axis order {used} does not begin with time.",
            f"Put the time first, as in axis_order: {_TIME}{used.replace(_TIME, '')}",
        )
    if getattr(sequence.z_plan, "step", 1) <= 0:
        raise SourceError(
            "The step of the z plan is not more than 0.", "Give it in µm, as in step: 0.5"
        )
    if sequence.z_plan is None and any(channel.z_offset for channel in sequence.channels):
        raise SourceError(
            "A channel of the plan has a z_offset, which applies only in a z plan.",
            "Add one, of a single slice if need be: z_plan: {relative: [0]}",
        )
    for place in sequence.stage_positions:
        if (place.x is None) != (place.y is None):
            raise SourceError(
                "A position of the plan has only one of x and y.",
                "Give both, as in stage_positions: [{x: 10, y: 20}]",
            )
    with_own = [place for place in sequence.stage_positions if place.sequence is not None]
    with_properties = [place for place in sequence.stage_positions if place.properties]
    not_run = {
        "an autofocus plan": sequence.autofocus_plan is not None,
        "a grid plan": sequence.grid_plan is not None,
        "positions with a plan of their own": bool(with_own),
        "positions that set properties": bool(with_properties),
        "channels with a camera of their own": any(
            getattr(channel, "camera", None) for channel in sequence.channels
        ),
        "a setup of its own": getattr(sequence, "setup", None) is not None,
    }
    for what, there in not_run.items():
        if there:
            raise SourceError(
                f"The plan has {what}, which pssr-live does not run.",
                "Leave it out, or run the plan in your own program and let pssr-live restore it: "
                "see pssr_live.pymmcore.connect.",
            )


def _refuse_too_many(sequence: useq.MDASequence) -> None:
    """Refuse more frames a time point than any microscope takes, before they are counted up."""
    slices = 1 if sequence.z_plan is None else max(1, sequence.z_plan.num_positions())
    frames = slices * max(1, len(sequence.channels)) * max(1, len(sequence.stage_positions))
    if frames > _MOST_FRAMES:
        raise SourceError(
            f"The plan has {frames:,} frames a time point, more than {_MOST_FRAMES:,}.",
            "Plan fewer slices, channels or positions.",
        )


def _one_time_point(sequence: useq.MDASequence) -> list[useq.MDAEvent]:
    """Return the events of a time point at which every channel is taken.

    Two are planned, so that a shutter that stays open from one to the next is known for it.
    """
    channels = [
        channel.model_copy(update={"acquire_every": 1, "do_stack": channel.do_stack})
        for channel in sequence.channels
    ]
    changes: dict[str, Any] = {"channels": channels}
    if sequence.time_plan is not None:
        changes["time_plan"] = {"interval": 0, "loops": 2}
    both = sequence.replace(**changes)
    events = [event for event in both if event.index.get(_TIME, 0) == 0]
    if not events:
        raise SourceError(
            "The plan says nothing that could be imaged.",
            "Give it a time plan, such as time_plan: {interval: 2, loops: 100}",
        )
    return events


def _z_is_from_start(sequence: useq.MDASequence) -> bool:
    return sequence.z_plan is not None and bool(sequence.z_plan.is_relative)


def _phases(time_plan: Any) -> tuple[Phase, ...]:
    """Read the time plan; each phase after the first begins an interval after the one before."""
    if time_plan is None:
        return (Phase(time_points=1),)
    phases: list[Phase] = []
    end_s = 0.0
    for single in getattr(time_plan, "phases", (time_plan,)):
        count = int(single.loops)
        interval_s = single.interval.total_seconds() if count > 1 or phases else 0.0
        if interval_s < 0:
            raise SourceError(
                f"The plan has an interval of {interval_s:g} s.", "Give one of 0 or more."
            )
        if phases:
            count, first_s = count - 1, end_s + interval_s
        else:
            first_s = 0.0
        if count:
            phases.append(Phase(first_s=first_s, interval_s=interval_s, time_points=count))
            end_s = first_s + (count - 1) * interval_s
    if len(phases) > 1 and not all(phase.interval_s for phase in phases):
        if phases[0].time_points == 1:
            phases[0] = Phase(interval_s=phases[1].interval_s, time_points=1)
        else:
            raise SourceError(
                "The plan has a phase without an interval beside others, so it is not clear "
                "when those are due.",
                "Give every phase an interval.",
            )
    return tuple(phases)


def _first_words(error: Exception) -> str:
    """Say in a line what is wrong: pydantic says it in many."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][:3])
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    return " ".join(str(error).split())[:200].rstrip(".")
