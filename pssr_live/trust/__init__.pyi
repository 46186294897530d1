from .columns import FIGURES as FIGURES
from .columns import UNCERTAINTY as UNCERTAINTY
from .columns import VERDICT as VERDICT
from .columns import figures_of as figures_of
from .columns import uncertainty_of as uncertainty_of
from .judge import Judge as Judge
from .judge import Trust as Trust
from .light import Light as Light
from .light import SteadyLight as SteadyLight
from .reprojection import BLOCK as BLOCK
from .reprojection import Reprojector as Reprojector
from .reprojection import fit_forward_model as fit_forward_model
from .reprojection import peak_of_noise as peak_of_noise
from .scanner_faults import scanner_findings as scanner_findings
from .window_figures import SMALLEST_SIDE as SMALLEST_SIDE
from .window_figures import WindowMeter as WindowMeter

__all__ = [
    "BLOCK",
    "FIGURES",
    "SMALLEST_SIDE",
    "UNCERTAINTY",
    "VERDICT",
    "Judge",
    "Light",
    "Reprojector",
    "SteadyLight",
    "Trust",
    "WindowMeter",
    "figures_of",
    "fit_forward_model",
    "peak_of_noise",
    "scanner_findings",
    "uncertainty_of",
]
