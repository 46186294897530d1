"""A simulated laser-scanning confocal looking at live mitochondria, with the truth at hand."""

from acquisition.simulated.movies import hr_movie
from acquisition.simulated.scanner import HR_PIXEL_UM, LR_PIXEL_UM, Scanner, ScanSettings
from acquisition.simulated.source import SimulatedSource
from acquisition.simulated.specimen import Specimen

__all__ = [
    "HR_PIXEL_UM",
    "LR_PIXEL_UM",
    "ScanSettings",
    "Scanner",
    "SimulatedSource",
    "Specimen",
    "hr_movie",
]
