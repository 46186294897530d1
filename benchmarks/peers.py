"""Other ways to enlarge or restore, on the same cores and the same series, in one run.

Run: python -m benchmarks.peers HR.tif ... [--frame-size HxW] [--write]

Speed is measured on seeded frames, all methods in turn. PSNR is measured on the HR time-lapses
given, which the bundled engine should not have been trained on, and only of what is trained or
needs no training: the paper's network and PSSR2's are timed with weights as they are made, since
neither package brings trained ones. What is not installed is left out, with a word:

    python -m pip install bm3d                          (for non-commercial use only)
    python -m pip install --no-deps pssr pytorch-msssim scikit-image
"""

from __future__ import annotations

import argparse
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engines.architectures import ResUNet34
from pssr_live.bench import (
    SEED,
    Effort,
    FrameSize,
    describe_computer,
    make_frames,
    median,
    rates_in_turn,
)
from pssr_live.cli.options import sides
from pssr_live.errors import UserError
from pssr_live.evaluation import (
    BM3D,
    SIGMAS,
    EvaluationMovie,
    Method,
    find_methods,
    find_sources,
    load,
)
from pssr_live.metrics import psnr_fit
from tools.docs.page import IMAGES, PERFORMANCE, save_small, table, write_between

FRAMES = 5
CONDITIONS = ("salt-pepper+additive-gaussian", "detector")
PLAIN = ("mito-lite", "mito-lite-fast", "bilinear", "rolling-mean", "bm3d-before")
# Of each series, spread over it.
FRAMES_JUDGED = 4


@dataclass
class Peer:
    """One way, and what was found of it."""

    name: str
    about: str
    restore: Callable[[], object]
    rate: float = 0.0
    psnr: dict[str, float] | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truths", type=Path, nargs="+", help="HR time-lapses")
    parser.add_argument("--frame-size", default="128x128")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    given = parser.parse_args()
    size = FrameSize(*sides(given.frame_size))
    methods, missing = installed()
    peers = [method_peer(method, size) for method in methods]
    for network in networks(missing):
        peers += [network_peer(network, size, arithmetic) for arithmetic in (None, torch.bfloat16)]
    rates = rates_in_turn(
        {f"{peer.name} {peer.about}": peer.restore for peer in peers},
        Effort(given.rounds, given.seconds),
    )
    for peer, of in zip(peers, rates.values(), strict=True):
        peer.rate = median(of)
    for peer, method, psnr in zip(peers, methods, judge(methods, given.truths), strict=False):
        peer.psnr, peer.about = psnr, method.about
    text = as_table(peers, size) + "\n" + notes(missing)
    print(text)
    if given.write:
        draw(peers, size)
        picture = "\n![PSNR against frames per second](images/peers.png)\n"
        write_between(PERFORMANCE, "peers", text + picture)


def installed() -> tuple[list[Method], list[str]]:
    methods, missing = [], []
    for name in PLAIN:
        try:
            methods += find_methods([name])
        except UserError as error:
            missing.append(str(error))
    return methods, missing


def method_peer(method: Method, size: FrameSize) -> Peer:
    method.begin(make_frames(size))
    return Peer(method.name, method.about, lambda: method.restore(FRAMES))


def networks(missing: list[str]) -> list[nn.Module]:
    """The paper's network and PSSR2's, five frames in, with weights as they are made."""
    found = [ResUNet34(frames=FRAMES)]
    resunet = pssr2_resunet()
    if resunet is None:
        missing.append("PSSR2's ResUNet: the package pssr is not installed.")
    else:
        found.append(resunet(channels=[FRAMES, 1]))
    return found


def pssr2_resunet() -> Callable[..., nn.Module] | None:
    """PSSR2's ResUNet without the rest of its package, which needs NumPy 1 and much else."""
    package = find_spec("pssr")
    if package is None or package.origin is None:
        return None
    # The folder as a package without its __init__, which imports networks with more needs.
    models = types.ModuleType("pssr.models")
    models.__path__ = [str(Path(package.origin).parent / "models")]
    sys.modules["pssr.models"] = models
    from pssr.models.resunet import ResUNet

    return ResUNet


def network_peer(network: nn.Module, size: FrameSize, arithmetic: torch.dtype | None) -> Peer:
    network = network.eval().to(memory_format=torch.channels_last)
    units = torch.from_numpy(make_frames(size)[None, :FRAMES].astype(np.float32) / 300)
    units = units.contiguous(memory_format=torch.channels_last)

    def restore() -> None:
        with torch.inference_mode(), torch.autocast("cpu", arithmetic, arithmetic is not None):
            network(units)

    name = "PSSR2's ResUNet" if type(network).__name__ == "ResUNet" else "resunet34 (the paper's)"
    return Peer(name, f"torch {torch.__version__}, {'bf16' if arithmetic else 'f32'}", restore)


def judge(methods: list[Method], truths: list[Path]) -> list[dict[str, float]]:
    """PSNR after the affine fit, by condition, averaged over the time-lapses."""
    psnr: list[dict[str, float]] = [{} for _ in methods]
    for condition in CONDITIONS:
        recordings = [load(source, condition, SEED) for source in find_sources(truths, [], [])]
        for method, of in zip(methods, psnr, strict=True):
            if isinstance(method, BM3D):
                method.sigma = max(SIGMAS, key=lambda sigma: with_sigma(method, sigma, recordings))
            of[condition] = mean_psnr(method, recordings)
    return psnr


def with_sigma(method: BM3D, sigma: float, recordings: list[EvaluationMovie]) -> float:
    """How good a noise level is: the best is chosen knowing the truth, so BM3D at its best."""
    method.sigma = sigma
    return mean_psnr(method, recordings, 1)


def mean_psnr(
    method: Method, recordings: list[EvaluationMovie], frames: int = FRAMES_JUDGED
) -> float:
    of_series = []
    for recording in recordings:
        method.begin(recording.lr)
        places = np.linspace(0, len(recording.lr) - 1, frames + 2)[1:-1].astype(int)
        of_series.append(
            np.mean([psnr_fit(method.restore(place), recording.truth[place]) for place in places])
        )
    return float(np.mean(of_series))


def as_table(peers: list[Peer], size: FrameSize) -> str:
    rows = []
    for peer in peers:
        quality = [f"{peer.psnr[name]:.2f}" if peer.psnr else "untrained" for name in CONDITIONS]
        rate = f"{peer.rate:.1f}" if peer.rate >= 1 else f"{peer.rate:.2g}"
        rows.append([peer.name, peer.about, rate, *quality])
    titles = ["method", "run by", f"frames/s, {size}", *(f"PSNR dB, {name}" for name in CONDITIONS)]
    return table(titles, rows)


def notes(missing: list[str]) -> str:
    computer = describe_computer()
    words = [f"{computer['processor']}, {os.cpu_count()} cores, seed {SEED}."]
    return " ".join(words + [f"Not measured: {reason}" for reason in missing]) + "\n"


def draw(peers: list[Peer], size: FrameSize) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True)
    fastest: dict[str, Peer] = {}
    for peer in peers:
        if not peer.psnr and (peer.name not in fastest or peer.rate > fastest[peer.name].rate):
            fastest[peer.name] = peer
    for axis, condition in zip(axes, CONDITIONS, strict=True):
        judged = [peer for peer in peers if peer.psnr]
        for peer in judged:
            axis.scatter(peer.rate, peer.psnr[condition], color="tab:blue")
            # Fast ones stand at the right edge; below, so that none stands on another.
            slow = peer.rate < 10
            axis.annotate(
                peer.name,
                (peer.rate, peer.psnr[condition]),
                (4 if slow else -4, -12),
                ha="left" if slow else "right",
                fontsize=8,
                textcoords="offset points",
            )
        highest = max(peer.psnr[condition] for peer in judged)
        for peer in fastest.values():
            axis.axvline(peer.rate, color="0.6", linestyle=":")
            axis.annotate(
                f"{peer.name}, untrained: speed only",
                (peer.rate, highest),
                (-2, 0),
                rotation=90,
                ha="right",
                va="top",
                fontsize=8,
                textcoords="offset points",
            )
        axis.set_xscale("log")
        axis.set_title(condition, fontsize=9)
        axis.set_xlabel(f"frames/s, {size}")
        axis.margins(0.15)
    axes[0].set_ylabel("PSNR, dB")
    save_small(figure, IMAGES / "peers.png")


if __name__ == "__main__":
    main()
