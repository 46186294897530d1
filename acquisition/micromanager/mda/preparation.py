"""A plan held against the microscope at hand, before anything moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager.mda.lists import texts
from acquisition.plans import ExperimentPlan, Exposure

_LISTED = 12


def fit_plan(plan: ExperimentPlan, core: Any) -> ExperimentPlan:
    """Write into a plan what it leaves to the microscope, and refuse what that can't do.

    Returns
    -------
    ExperimentPlan
        In which every preset has its group, and every exposure its time if any has one.

    Raises
    ------
    SourceError
        With the presets, or the interval, that there may be.
    """
    exposure_ms = float(core.get_exposure())
    plan.check_times(exposure_ms)
    _check_stages(plan, core)
    groups = {group: texts(core.get_available_configs(group)) for group in _groups(core)}
    unnamed = {one.preset for one in plan.exposures if one.preset and not one.group}
    group_of_channels = _group_of_channels(unnamed, groups, core) if unnamed else ""
    timed = any(one.exposure_ms is not None for one in plan.exposures)
    fitted = []
    for one in plan.exposures:
        changed = replace(one, group=one.group or group_of_channels) if one.preset else one
        if timed and changed.exposure_ms is None:
            changed = replace(changed, exposure_ms=exposure_ms)
        _check_preset(changed, groups)
        fitted.append(changed)
    return replace(plan, exposures=tuple(fitted))


def _groups(core: Any) -> list[str]:
    return texts(core.get_available_config_groups())


def _group_of_channels(presets: set[str], groups: dict[str, list[str]], core: Any) -> str:
    """Find the group that channels without one are meant of."""
    used = str(core.get_channel_group())
    if used:
        return used
    having = [group for group, there in groups.items() if presets <= set(there)]
    if len(having) == 1:
        return having[0]
    raise SourceError(
        "Micro-Manager has no channel group, so it is not clear to which group the presets "
        f"{', '.join(sorted(presets))} belong.",
        "Choose the channel group in Micro-Manager's Multi-D Acquisition window, or name it in a "
        "plan, as in channels: [{group: Channel, config: GFP}].",
    )


def _check_preset(one: Exposure, groups: dict[str, list[str]]) -> None:
    if not one.preset:
        return
    if one.group not in groups:
        raise SourceError(
            f"Micro-Manager has no configuration group {one.group!r}, which the plan uses.",
            f"Name one of its groups: {_list(sorted(groups))}.",
        )
    there = groups[one.group]
    if one.preset not in there:
        raise SourceError(
            f"The configuration group {one.group} has no preset {one.preset!r}.",
            f"Name one of its presets: {_list(there)}.",
        )


def _check_stages(plan: ExperimentPlan, core: Any) -> None:
    needed = {
        "focus drive": (
            any(one.z_um is not None for one in plan.exposures),
            core.get_focus_device,
            "slices",
        ),
        "xy stage": (
            any(one.x_um is not None for one in plan.exposures),
            core.get_xy_stage_device,
            "positions",
        ),
    }
    for name, (is_needed, find, what) in needed.items():
        if is_needed and not find():
            raise SourceError(
                f"The plan has {what}, and Micro-Manager has no {name}.",
                f"Choose one in Micro-Manager (Devices > Hardware Configuration), or take the "
                f"{what} out of the plan.",
            )


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return f"{shown}, and {len(names) - _LISTED} more" if len(names) > _LISTED else shown or "none"
