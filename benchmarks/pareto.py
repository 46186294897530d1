"""What a network's width, depth and form are worth: quality against time.

    python -m benchmarks.pareto --data DATA --output pareto ["plain 32x8" ...]

Trains networks briefly, side by side on the recordings of the recipe `mito-lite`, measures them on
those that training never saw, and times them at 512 x 512 in OpenVINO. What is in the output folder
already is not trained again; the tables are made of all that is there.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from openvino import Core
from torch import nn

from benchmarks.pareto_networks import FRAMES, NETWORKS, Plain
from pssr_live.training import (
    Batches,
    Loss,
    PairMaker,
    Pool,
    Recipe,
    build_pool,
    compose,
    load_series,
    one_cycle,
    restorer,
    validation_sets,
)

STEPS, BATCH, RATE, FILMS = 1000, 16, 2e-3, 4000
CRAPPIFIERS = {"salt-pepper+additive-gaussian": 0.4, "detector": 0.6}
SIDE = 512
TIMED_RUNS = 9
PRECISIONS = ("bf16", "f32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("networks", nargs="*", help=", ".join(NETWORKS))
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    schedule = {"tiles": FILMS}
    recipe = compose([], "mito-lite")
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update=schedule)})
    new = [name for name in given.networks if not (given.output / f"{name}.json").is_file()]
    for name, network in train(new, recipe, given.data, given.output).items():
        figures = measure(network, recipe, given.data)
        (given.output / f"{name}.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print_table(given.output)


def films(recipe: Recipe, data: Path, output: Path) -> Pool:
    path = output / "films.npy"
    if not path.is_file():
        pool = build_pool(
            recipe, load_series(recipe, "training", data), recipe.seed, report=lambda *_: None
        )
        np.save(path, pool.films)
    return Pool(np.load(path, mmap_mode="r"), ())


def train(names: list[str], recipe: Recipe, data: Path, output: Path) -> dict[str, nn.Module]:
    """Train networks side by side like `pssr-live train` does: all see the same batches."""
    students = {}
    for name in names:
        torch.manual_seed(recipe.seed)
        students[name] = Student(NETWORKS[name]())
    pool = films(recipe, data, output) if names else Pool(np.empty(0), ())
    batches = Batches(PairMaker(pool=pool, crappifiers=CRAPPIFIERS, seed=recipe.seed + 1))
    for step in range(STEPS if names else 0):
        windows, truths, _ = batches.next(BATCH, recipe.schedule.hr_tile)
        windows = windows.contiguous(memory_format=torch.channels_last)
        for student in students.values():
            student.learn(step, windows, truths)
        if step % 100 == 99:
            losses = {
                name: round(float(np.mean(s.losses[-100:])), 4) for name, s in students.items()
            }
            print(f"step {step + 1}: {losses}", flush=True)
    return {name: folded(student.average) for name, student in students.items()}


class Student:
    """One of several networks in training, with the running average of its weights."""

    def __init__(self, network: nn.Module) -> None:
        self.average = copy.deepcopy(network).eval()
        self.network = network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=RATE, betas=(0.95, 0.99))
        self.losses: list[float] = []

    def learn(self, step: int, windows: torch.Tensor, truths: torch.Tensor) -> None:
        """Take one step, and a little of it into the average."""
        rate, momentum = one_cycle(step / STEPS)
        for group in self.optimiser.param_groups:
            group["lr"], group["betas"] = rate * RATE, (momentum, 0.99)
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            restored = self.network(windows)
        loss = Loss("relative")(restored.float(), truths, windows)
        loss.backward()
        self.optimiser.step()
        self.losses.append(float(loss.detach()))
        keep = min(0.999, step / (step + 10))
        with torch.no_grad():
            weights = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for slow, fast in weights:
                slow.lerp_(fast, 1 - keep)


def measure(network: nn.Module, recipe: Recipe, data: Path) -> list[list[object]]:
    """Series, crappifier, PSNR of bilinear, rolling mean and network."""
    series = [one for _, one in load_series(recipe, "validation", data)]
    restore = restorer(network.eval(), FRAMES)
    figures = [
        one.figure(restore) for one in validation_sets(series, CRAPPIFIERS, 8, seed=recipe.seed)
    ]
    return [[f.series, f.crappifier, f.bilinear, f.rolling_mean, f.engine] for f in figures]


def folded(network: nn.Module) -> nn.Module:
    return network.folded() if isinstance(network, Plain) else network


def print_table(output: Path) -> None:
    names = [name for name in NETWORKS if (output / f"{name}.json").is_file()]
    times = milliseconds(names)
    print("| network | weights | " + " | ".join(f"ms, {p}" for p in PRECISIONS), end=" | ")
    print("paper | 4 photons | 12 photons | 80 photons |\n|---" + "|---" * 7 + "|")
    for name in names:
        rows = json.loads((output / f"{name}.json").read_text(encoding="utf-8"))
        gains = []
        for setting in dict.fromkeys(row[1] for row in rows):
            gain = np.mean(
                [row[4] - np.array(row[2:4]) for row in rows if row[1] == setting], axis=0
            )
            gains.append(f"{gain[0]:.2f} / {gain[1]:.2f}")
        weights = sum(weight.numel() for weight in folded(NETWORKS[name]()).parameters())
        cells = [f"{weights:,}", *(f"{ms:.0f}" for ms in times[name]), *gains]
        print(f"| {name} | " + " | ".join(cells) + " |")


def milliseconds(names: list[str]) -> dict[str, list[float]]:
    """Median time for one window, all networks in turn; of reused features, what a frame needs."""
    runs = {}
    for name in names:
        network = NETWORKS[name]().eval()
        window = torch.zeros(1, FRAMES, SIDE, SIDE)
        for precision in PRECISIONS:
            if isinstance(network, Plain) and network.shared:
                features = torch.zeros(1, network.chain[0].in_channels, SIDE, SIDE)
                parts = [
                    _compiled(Part(network.encode), (window[:, :1],), precision),
                    _compiled(Part(network.fuse), (window, features), precision),
                ]
            else:
                parts = [_compiled(folded(network), (window,), precision)]
            runs[name, precision] = parts
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    for _ in range(TIMED_RUNS):
        for key, parts in runs.items():
            begun = time.perf_counter()
            for part in parts:
                part.infer()
            seconds[key].append(time.perf_counter() - begun)
    return {
        name: [1000 * float(np.median(seconds[name, precision])) for precision in PRECISIONS]
        for name in names
    }


class Part(nn.Module):
    """One method of a network as a network."""

    def __init__(self, method) -> None:
        super().__init__()
        self.network = method.__self__
        self.method = method

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Call the method."""
        return self.method(*inputs)


def _compiled(network: nn.Module, example: tuple[torch.Tensor, ...], precision: str):
    import openvino

    model = openvino.convert_model(network, example_input=example)
    for port, tensor in zip(model.inputs, example, strict=True):
        port.get_node().set_partial_shape(openvino.PartialShape(list(tensor.shape)))
    model.validate_nodes_and_infer_types()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    request = Core().compile_model(model, "CPU", settings).create_infer_request()
    rng = np.random.default_rng(0)
    for number, tensor in enumerate(example):
        request.set_input_tensor(
            number, openvino.Tensor(rng.random(tensor.shape, dtype=np.float32))
        )
    return request


if __name__ == "__main__":
    main()
