"""Several processes that train one network together, as torchrun starts them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed import PrefixStore, Store, rendezvous  # type: ignore[attr-defined]
from torch.nn.parallel import DistributedDataParallel

from pssr_live.errors import UserError

# Others wait while the first process measures: longer than that takes on a slow computer.
PATIENCE = timedelta(hours=6)
_FAILED = "pssr-live/failed"
# What torch says when the other end of a connection is gone.
_LOST_PEER = re.compile(r"gloo|nccl|connection (closed|reset|refused)", re.IGNORECASE)


class ProcessGroup:
    """One process, or one of several that share every batch.

    The first process is the main one: it alone reads and writes the run's folder, measures and
    talks. What the others need of it they get through `from_main`. All must call the methods here
    in the same order.

    Attributes
    ----------
    rank, size : int
        Which process this is, from 0, and how many there are.
    neighbours : int
        How many of them run on this computer, this one included.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size
        self.neighbours = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if size > 1 else 1

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes, measures and talks."""
        return self.rank == 0

    def share(self, batch: int) -> range:
        """Which pairs of a joint batch are this process's.

        Raises
        ------
        UserError
            If the batch is too small for every process to have one.
        """
        if batch < self.size:
            raise UserError(
                f"{self.size} processes can't share a batch of {batch}.",
                "Start fewer, or make the recipe's batch larger.",
            )
        return range(batch * self.rank // self.size, batch * (self.rank + 1) // self.size)

    def weight(self, batch: int) -> float:
        """What to multiply this share's mean loss by.

        The average over the processes is then the joint batch's mean, though shares differ by one
        pair where the batch does not divide.
        """
        return len(self.share(batch)) * self.size / batch

    def place(self, device: torch.device) -> torch.device:
        """Find the GPU that is this process's own, where GPUs are what is trained on.

        Raises
        ------
        UserError
            If there are more processes on this computer than GPUs.
        """
        if self.size == 1 or device.type != "cuda":
            return device
        number, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if number >= there:
            raise UserError(
                f"There is no GPU for process {number + 1} on this computer, which has {there}.",
                f"Start one for each GPU: torchrun --nproc-per-node {there}",
            )
        torch.cuda.set_device(number)
        return torch.device("cuda", number)

    def joined(self, network: nn.Module) -> nn.Module:
        """Wrap a network so that its gradients are averaged over the processes.

        On GPUs batch norms are taken over the joint batch too; on CPUs, for which torch has none
        such, each process normalises its own share.
        """
        if self.size == 1:
            return network
        if next(network.parameters()).device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(network)

    def mean(self, *values: float) -> list[float]:
        """Average each number over the processes."""
        return [value / self.size for value in self._reduce(values, dist.ReduceOp.SUM)]

    def ends(self, values: Sequence[float]) -> list[float]:
        """Find the lowest and the highest over all processes; nothing if none has any."""
        own = (-min(values), max(values)) if values else (-math.inf, -math.inf)
        low, high = self._reduce(own, dist.ReduceOp.MAX)
        return [-low, high] if math.isfinite(high) else []

    def from_main(self, data: bytes) -> bytes:
        """Hand the main process's bytes to every process; what the others pass is not looked at."""
        if self.size == 1:
            return data
        length = torch.tensor([len(data)])
        dist.broadcast(length, 0)
        content = np.empty(int(length), np.uint8)
        if self.is_main:
            content[:] = np.frombuffer(data, np.uint8)
        dist.broadcast(torch.from_numpy(content), 0)
        return content.tobytes()

    def _reduce(self, values: Sequence[float], operation: dist.ReduceOp.RedOpType) -> list[float]:
        if self.size == 1:
            return list(values)
        joint = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(joint, operation)
        return [float(value) for value in joint]


def one_of_several() -> bool:
    """Whether torchrun started this process beside others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


@contextmanager
def meet() -> Iterator[ProcessGroup]:
    """Meet the other processes, where torchrun started several; else be a group of one.

    An error in one process ends them all: the first that fails raises its error, the others leave
    without a word.

    Yields
    ------
    ProcessGroup

    Raises
    ------
    UserError
        If one of the others was killed.
    """
    if not one_of_several():
        yield ProcessGroup()
        return
    store, rank, size = next(rendezvous("env://"))
    dist.init_process_group(
        _backend(),
        store=PrefixStore("pssr-live", store),
        rank=rank,
        world_size=size,
        timeout=PATIENCE,
    )
    try:
        yield ProcessGroup(rank, size)
        # Who leaves while others still talk to it ends in gloo's threads, not in Python.
        dist.barrier()
    except Exception as error:
        if not _is_first(store):
            raise SystemExit(1) from error
        raise _in_words(error, rank, size) from error
    finally:
        dist.destroy_process_group()


def _backend() -> str:
    """Numbers are told by gloo; gradients on GPUs go by NCCL where it exists, which is on Linux."""
    nccl = torch.cuda.is_available() and dist.is_nccl_available()
    return "cpu:gloo,cuda:nccl" if nccl else "gloo"


def _is_first(store: Store) -> bool:
    try:
        failures: int = store.add(_FAILED, 1)
    except (RuntimeError, OSError):
        # It ended with the process that kept it.
        return True
    return failures == 1


def _in_words(error: Exception, rank: int, size: int) -> Exception:
    if isinstance(error, UserError) and rank > 0:
        return UserError(f"Process {rank + 1} of {size}: {error.problem}", error.fix)
    if isinstance(error, RuntimeError) and _LOST_PEER.search(str(error)):
        return UserError(
            "Another process of this training ended: killed, or out of memory.",
            "Run the same command again; it goes on where the run was last saved.",
        )
    return error
