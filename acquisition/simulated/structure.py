"""What can be looked at in a cell: points of light that move, at any depth of focus."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.cell import Cell
from acquisition.simulated.motion import Floats
from acquisition.simulated.splat import splat

CYTOPLASM = 0.45
"""Light of the cytoplasm per µm², where a tubule gives 1 per µm of length."""
WIDER_PER_UM = 0.16
"""Standard deviation that a point gains for each µm that it is out of focus."""


def dimmed(depth_um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the light, 0 to 1, that is left of points so many µm out of focus; any shape."""
    left: NDArray[np.float64] = np.exp(-(depth_um**2))
    return left


def widened_um(depth_um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation in µm that points gain, so many µm out of focus; any shape."""
    return WIDER_PER_UM * depth_um


class Structure(ABC):
    """One kind of structure in all cells of a field of view, in continuous time.

    Parameters
    ----------
    cells : sequence of Cell
        That it is in.
    background : float
        Factor on the light of the cytoplasm.
    """

    def __init__(self, cells: Sequence[Cell], background: float) -> None:
        self.cells = cells
        self._cytoplasm = CYTOPLASM * background
        self._cytoplasm_seen: tuple[tuple[float, int, int], Floats] | None = None

    @property
    @abstractmethod
    def sigma_um(self) -> Floats:
        """Thickness (standard deviation, µm) of the structure at each point, in focus at 0."""

    @property
    @abstractmethod
    def depth_um(self) -> Floats:
        """How far above the middle of the section each point is."""

    @abstractmethod
    def points(self, time: float | NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
        """Where the structure is.

        Parameters
        ----------
        time : float or ndarray, shape (n,)
            Seconds; one for all, or one for each point.

        Returns
        -------
        x_um, y_um : ndarray of float32, shape (n,)
            Places, from the field's top left corner.
        light : ndarray of float32, shape (n,)
            Brightness of each point.
        """

    def cytoplasm(self, pixel_um: float, height: int, width: int) -> Floats:
        """Diffuse light of the cells, per µm²; it does not move.

        Parameters
        ----------
        pixel_um : float
            Side of a pixel.
        height, width : int
            Size of the picture.

        Returns
        -------
        ndarray of float32, shape (height, width)
        """
        grid = (pixel_um, height, width)
        if self._cytoplasm_seen is None or self._cytoplasm_seen[0] != grid:
            y, x = np.mgrid[:height, :width].astype(np.float32) * np.float32(pixel_um)
            light = np.zeros((height, width), np.float32)
            for cell in self.cells:
                np.maximum(light, cell.cytoplasm(x, y), out=light)
            light *= np.float32(self._cytoplasm)
            light.flags.writeable = False
            self._cytoplasm_seen = grid, light
        return self._cytoplasm_seen[1]

    def image(
        self, time: float, pixel_um: float, sigma_um: float, height: int, width: int
    ) -> Floats:
        """Take a picture of one moment, without noise.

        Parameters
        ----------
        time : float
            Seconds.
        pixel_um : float
            Side of a pixel.
        sigma_um : float
            Standard deviation of the microscope's blur.
        height, width : int
            Size of the picture.

        Returns
        -------
        ndarray of float32, shape (height, width)
            Light per µm².
        """
        x, y, light = self.points(time)
        blur = np.hypot(self.sigma_um, np.float32(sigma_um))
        picture = splat(x, y, light, blur, pixel_um, height, width)
        return picture + self.cytoplasm(pixel_um, height, width)


class Section(Structure):
    """A structure, with the focus elsewhere.

    Parameters
    ----------
    structure : Structure
    z_um : float
        How far above the middle of the section the focus is.
    """

    def __init__(self, structure: Structure, z_um: float) -> None:
        super().__init__(structure.cells, 1.0)
        self._structure = structure
        depth = structure.depth_um.astype(np.float64)
        self._depth_um = (depth - z_um).astype(np.float32)
        self._light = (dimmed(depth - z_um) / dimmed(depth)).astype(np.float32)
        in_focus = structure.sigma_um.astype(np.float64) ** 2 - widened_um(depth) ** 2
        wider = np.maximum(in_focus, 0) + widened_um(depth - z_um) ** 2
        self._sigma_um = np.sqrt(wider).astype(np.float32)

    @property
    def sigma_um(self) -> Floats:
        """See `Structure`."""
        return self._sigma_um

    @property
    def depth_um(self) -> Floats:
        """See `Structure`."""
        return self._depth_um

    def points(self, time: float | NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
        """See `Structure`."""
        x, y, light = self._structure.points(time)
        return x, y, light * self._light

    def cytoplasm(self, pixel_um: float, height: int, width: int) -> Floats:
        """See `Structure`: it is the same at all depths."""
        return self._structure.cytoplasm(pixel_um, height, width)
