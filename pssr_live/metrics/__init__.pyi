from .fourier import tapered as tapered
from .frc import AGAINST_TRUTH as AGAINST_TRUTH
from .frc import NYQUIST as NYQUIST
from .frc import TWO_SCANS as TWO_SCANS
from .frc import RingCorrelation as RingCorrelation
from .frc import fourier_ring_correlation as fourier_ring_correlation
from .gaussian import Floats as Floats
from .gaussian import GaussianBlur as GaussianBlur
from .interval_coverage import brightest as brightest
from .interval_coverage import coverage as coverage
from .interval_coverage import enlarged as enlarged
from .psnr_ssim import TRUTH_PERCENTILES as TRUTH_PERCENTILES
from .psnr_ssim import fit_to_truth as fit_to_truth
from .psnr_ssim import nrmse as nrmse
from .psnr_ssim import psnr_fit as psnr_fit
from .psnr_ssim import psnr_raw as psnr_raw
from .psnr_ssim import ssim_fit as ssim_fit
from .psnr_ssim import ssim_raw as ssim_raw
from .psnr_ssim import ssim_v1 as ssim_v1
from .snr import BACKGROUND_PERCENTILE as BACKGROUND_PERCENTILE
from .snr import ROUNDING_NOISE as ROUNDING_NOISE
from .snr import SIGNAL_PERCENTILE as SIGNAL_PERCENTILE
from .snr import image_snr as image_snr
from .squirrel import Squirrel as Squirrel
from .squirrel import average_cells as average_cells
from .squirrel import fit_sigma as fit_sigma

__all__ = [
    "AGAINST_TRUTH",
    "BACKGROUND_PERCENTILE",
    "NYQUIST",
    "ROUNDING_NOISE",
    "SIGNAL_PERCENTILE",
    "TRUTH_PERCENTILES",
    "TWO_SCANS",
    "Floats",
    "GaussianBlur",
    "RingCorrelation",
    "Squirrel",
    "average_cells",
    "brightest",
    "coverage",
    "enlarged",
    "fit_sigma",
    "fit_to_truth",
    "fourier_ring_correlation",
    "image_snr",
    "nrmse",
    "psnr_fit",
    "psnr_raw",
    "ssim_fit",
    "ssim_raw",
    "ssim_v1",
    "tapered",
]
