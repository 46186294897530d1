"""How the microscope was set before an experiment, and putting it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Self

from acquisition.micromanager.core import first_line
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.mda.hardware import Hardware
from acquisition.micromanager.mda.lists import settings
from acquisition.plans import ExperimentPlan

# A stage is where it was sent, if it says so to within this.
_ARRIVED_UM = 0.5
_SAME_EXPOSURE = 0.01

Step = tuple[str, Callable[[], object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareState:
    """What a plan changes, as it was before; what it leaves alone is not in it.

    Attributes
    ----------
    presets : mapping of str to str
        By configuration group; empty where the devices stand as in no preset.
    properties : tuple of (str, str, str)
        Device, property and value of the groups without a preset.
    exposure_ms : float or None
    x_um, y_um, z_um : float or None
    auto_shutter, shutter_open : bool
    """

    presets: Mapping[str, str] = field(default_factory=dict)
    properties: tuple[tuple[str, str, str], ...] = ()
    exposure_ms: float | None = None
    x_um: float | None = None
    y_um: float | None = None
    z_um: float | None = None
    auto_shutter: bool = True
    shutter_open: bool = False

    @classmethod
    def of(cls, core: Any, plan: ExperimentPlan) -> Self:
        """Read it."""
        groups = sorted({one.group for one in plan.exposures if one.preset})
        presets = {group: str(core.get_current_config(group)) for group in groups}
        properties = [
            setting
            for group, preset in presets.items()
            if not preset
            for setting in settings(core.get_config_group_state(group))
        ]
        moves_xy = any(one.x_um is not None for one in plan.exposures)
        moves_z = any(one.z_um is not None for one in plan.exposures)
        sets_exposure = any(one.exposure_ms is not None for one in plan.exposures)
        return cls(
            presets=presets,
            properties=tuple(properties),
            exposure_ms=float(core.get_exposure()) if sets_exposure else None,
            x_um=float(core.get_x_position()) if moves_xy else None,
            y_um=float(core.get_y_position()) if moves_xy else None,
            z_um=float(core.get_position()) if moves_z else None,
            auto_shutter=bool(core.get_auto_shutter()),
            shutter_open=_shutter_is_open(core),
        )

    def put_back(self, core: Any, hardware: Hardware) -> list[str]:
        """Set the microscope as it was; what fails does not keep the rest from it.

        Returns
        -------
        list of str
            What could not be put back, in words.
        """
        shutter: Step = "the shutter", partial(self._put_shutter_back, core, hardware)
        return _carry_out([shutter, *self._steps(hardware)])

    def put_back_what_is_ours(
        self, core: Any, hardware: Hardware, plan: ExperimentPlan, *, z_start_um: float
    ) -> list[str]:
        """Set back what still stands as an experiment that was cut off has left it.

        Since then anybody may have moved a stage, or taken another objective: what is as neither
        the plan nor the time before it has left it stays as it is.

        Parameters
        ----------
        core : Any
        hardware : Hardware
        plan : ExperimentPlan
            Of that experiment.
        z_start_um : float
            Where the focus stood at its start.

        Returns
        -------
        list of str
            What was put back, in words.
        """
        state = HardwareState.of(core, plan)
        steps = dict(self._steps(hardware))
        left = {}
        presets = {(one.group, one.preset) for one in plan.exposures}
        for group, preset in self.presets.items():
            if (group, state.presets[group]) in presets and state.presets[group] != preset:
                left[_group(group)] = True
        left["the exposure"] = any(
            one.exposure_ms and _near(state.exposure_ms, one.exposure_ms, one.exposure_ms * 0.01)
            for one in plan.exposures
        ) and not _near(state.exposure_ms, self.exposure_ms, _SAME_EXPOSURE)
        left["the stage"] = any(
            _near(state.x_um, one.x_um) and _near(state.y_um, one.y_um) for one in plan.exposures
        ) and not (_near(state.x_um, self.x_um) and _near(state.y_um, self.y_um))
        left["the focus"] = any(
            one.z_um is not None
            and _near(state.z_um, one.z_um + (z_start_um if one.z_from_start else 0.0))
            for one in plan.exposures
        ) and not _near(state.z_um, self.z_um)
        wanted = [(what, steps[what]) for what, is_left in left.items() if is_left]
        if self.auto_shutter and not state.auto_shutter:
            wanted.insert(0, ("the shutter", partial(self._put_shutter_back, core, hardware)))
        failed = _carry_out(wanted)
        return [what for what, _ in wanted if not any(what in words for words in failed)]

    def as_json(self) -> dict[str, Any]:
        """Write it down."""
        return asdict(self)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """Read what `as_json` has written."""
        properties = tuple((str(d), str(p), str(v)) for d, p, v in content["properties"])
        return cls(**{**content, "properties": properties})

    def _steps(self, hardware: Hardware) -> list[Step]:
        steps: list[Step] = [
            (_group(group), partial(hardware.use_preset, group, preset))
            for group, preset in self.presets.items()
            if preset
        ]
        steps += [
            (f"{device}'s {name}", partial(hardware.set_property, device, name, value))
            for device, name, value in self.properties
        ]
        if self.exposure_ms is not None:
            steps.append(("the exposure", partial(hardware.set_exposure, self.exposure_ms)))
        if self.x_um is not None and self.y_um is not None:
            steps.append(("the stage", partial(hardware.move_xy, self.x_um, self.y_um)))
        if self.z_um is not None:
            steps.append(("the focus", partial(hardware.move_z, self.z_um)))
        return steps

    def _put_shutter_back(self, core: Any, hardware: Hardware) -> None:
        hardware.close_shutter()
        if self.auto_shutter and not core.get_auto_shutter():
            hardware.set_shutter_open(False)
        if bool(core.get_auto_shutter()) != self.auto_shutter:
            hardware.set_auto_shutter(self.auto_shutter)
        if _shutter_is_open(core) != self.shutter_open:
            hardware.set_shutter_open(self.shutter_open)


def _carry_out(steps: Iterable[Step]) -> list[str]:
    failed = []
    for what, step in steps:
        try:
            step()
        except ExperimentRunning:
            failed.append(f"{what} (an experiment has begun in Micro-Manager)")
        except Exception as error:
            failed.append(f"{what} ({first_line(error).rstrip('.')})")
    return failed


def _shutter_is_open(core: Any) -> bool:
    return bool(core.get_shutter_device()) and bool(core.get_shutter_open())


def _group(name: str) -> str:
    return f"the preset of {name}"


def _near(a: float | None, b: float | None, within: float = _ARRIVED_UM) -> bool:
    return a is not None and b is not None and abs(a - b) <= within
