"""What a benchmark ran on: processor and what it can do, threads, memory, versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from engines import describe_openvino, onnx_runtime_threads
from pssr_live._version import __version__

# Under the names that py-cpuinfo gives them on one system or another.
_FEATURES = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "VNNI": ("avx512_vnni", "avx512vnni", "avx_vnni"),
    "bf16": ("avx512_bf16",),
    "AMX": ("amx_tile",),
    "NEON": ("neon", "asimd"),
}
_LIBRARIES = ("numpy", "openvino", "onnxruntime")


def describe_computer() -> dict[str, str]:
    """Say what this computer is, in words for a table."""
    import cpuinfo

    found = cpuinfo.get_cpu_info()
    flags = set(found.get("flags", ()))
    able = [name for name, flag_names in _FEATURES.items() if flags.intersection(flag_names)]
    return {
        "processor": str(found.get("brand_raw", platform.processor() or platform.machine())),
        "can compute with": ", ".join(able) or "nothing looked for was found",
        "cores": f"{_usable_cores()} of {os.cpu_count()}",
        "OpenVINO": describe_openvino(),
        "ONNX Runtime": f"{onnx_runtime_threads() or 'a thread for each physical core'}",
        "system": platform.platform(),
        "versions": ", ".join(
            [
                f"pssr-live {__version__}",
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in _LIBRARIES),
            ]
        ),
    }


def _usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
