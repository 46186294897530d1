"""Restoring many files on Dask: on several processes here, or on a lab's cluster."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from rich.console import Console

from engines import PRECISE
from pssr_live._version import __version__
from pssr_live.errors import UserError, describe
from pssr_live.offline.jobs import RestoreJob
from pssr_live.offline.report import RestoreReport, reported
from pssr_live.offline.time_lapse import Outcome, printer
from pssr_live.restoring import EnginePool, with_whole_paths

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

LOCAL = "local"
_TOPIC = "pssr-live restore"
_PROGRESS_INTERVAL = 0.5
_CORES_OF_A_WORKER = 4


class _Result(NamedTuple):
    """What a worker says of a job; errors as words, for they may not survive the journey."""

    outcome: Outcome | None
    words: str


class _How(TypedDict):
    """What `RestoreJob.do` is told of all jobs."""

    engine: tuple[str, ...]
    backend: str
    force: bool


class _WorkerEngines:
    """The one engine of a worker process, which restores one file at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engines = EnginePool(most=1, on_opened=logging.getLogger(__name__).info, auto=PRECISE)


_worker_engines = _WorkerEngines()


def restore_on_dask(
    jobs: Sequence[RestoreJob],
    address: str,
    console: Console,
    *,
    engine: tuple[str, ...],
    backend: str,
    force: bool,
) -> None:
    """Restore many files on the workers of a Dask cluster; a bad one does not stop the rest.

    Each worker has an engine of its own. Files are read and written by the workers, so that their
    paths must mean the same there as here.

    Parameters
    ----------
    jobs : sequence of RestoreJob
        See `pssr_live.offline.jobs.find_jobs`.
    address : str
        Of a scheduler, such as ``tcp://scheduler:8786``, or ``local`` for processes here.
    console : Console
        For progress and report.
    engine, backend, force
        See `RestoreJob.do`.

    Raises
    ------
    UserError
        If there is no such cluster, or, at the end, if something could not be restored.
    """
    with _connected(address, console) as client, reported(jobs, console) as report:
        _check_versions(client)
        how = _How(engine=with_whole_paths(engine), backend=backend, force=force)
        _run(client, [_absolute(job) for job in jobs], how, report=report)


def _run(
    client: Client,
    jobs: Sequence[RestoreJob],
    how: _How,
    *,
    report: RestoreReport,
) -> None:
    from distributed import as_completed

    by_source = {str(job.source): job for job in jobs}

    def show(event: tuple[float, dict[str, Any]]) -> None:
        _, said = event
        report.frames(by_source[said["source"]], said["done"], said["total"])

    client.subscribe_topic(_TOPIC, show)
    futures = {client.submit(_restore_on_worker, job, how, pure=False): job for job in jobs}
    try:
        for future in as_completed(futures):
            job, error = futures[future], future.exception()
            result = future.result() if error is None else _Result(None, describe(error))
            if result.outcome is not None:
                report.done(job, result.outcome)
            else:
                report.failed(job, result.words)
    finally:
        client.unsubscribe_topic(_TOPIC)
        client.cancel(list(futures))


def _restore_on_worker(job: RestoreJob, how: _How) -> _Result:
    from distributed import get_worker

    worker = get_worker()
    told = 0.0

    def watch(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > _PROGRESS_INTERVAL:
            told = now
            said = {"source": str(job.source), "done": done, "total": total}
            worker.log_event(_TOPIC, said)

    with _worker_engines.lock:
        try:
            engines = _worker_engines.engines
            return _Result(job.do(engines, watch, **how), "")
        except Exception as error:
            return _Result(None, describe(error))


@contextmanager
def _connected(address: str, console: Console) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UserError(
            "Dask is not installed.", 'Install it: python -m pip install "pssr-live[cluster]"'
        ) from error
    if address == LOCAL:
        cluster = LocalCluster(
            n_workers=max(2, (os.cpu_count() or 1) // _CORES_OF_A_WORKER),
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            # An engine's memory does not grow; killing a worker half way would only cost time.
            memory_limit=0,
            silence_logs=logging.ERROR,
        )
        try:
            with Client(cluster) as client:
                yield client
        finally:
            close_cluster(cluster)
        return
    say = printer(console)
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address}.", "Start one on that computer: dask scheduler"
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            say(f"Waiting for a worker. Start one: dask worker {address} --nthreads 1")
            client.wait_for_workers(1)
        yield client


def close_cluster(cluster: LocalCluster) -> None:
    """End a cluster's processes; those that take their time are killed, which is no error."""
    with suppress(TimeoutError):
        cluster.close()


def _check_versions(client: Client) -> None:
    try:
        versions = client.run(_version)
    except Exception as error:
        raise UserError(
            f"A worker can't run pssr-live ({error}).",
            "Install it where the workers run: python -m pip install pssr-live",
        ) from error
    others = {worker: version for worker, version in versions.items() if version != __version__}
    if others:
        worker, version = next(iter(others.items()))
        raise UserError(
            f"The worker {worker} has pssr-live {version}, and here is {__version__}.",
            f"Install the same there: python -m pip install pssr-live=={__version__}",
        )


def _version() -> str:
    return __version__


def _absolute(job: RestoreJob) -> RestoreJob:
    output = job.output.absolute() if job.output is not None else None
    return replace(job, source=job.source.absolute(), output=output)
