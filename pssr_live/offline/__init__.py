"""Restoring what is on disk already: time-lapses, and recordings that were not completed."""

from pssr_live.offline.complete import finish_recording
from pssr_live.offline.dask_cluster import restore_on_dask
from pssr_live.offline.jobs import RestoreJob, find_jobs
from pssr_live.offline.report import restore_one_by_one
from pssr_live.offline.stack import restore
from pssr_live.offline.tiff_export import export_recording, export_recordings
from pssr_live.offline.time_lapse import FileOptions, Outcome, restore_time_lapse

__all__ = [
    "FileOptions",
    "Outcome",
    "RestoreJob",
    "export_recording",
    "export_recordings",
    "find_jobs",
    "finish_recording",
    "restore",
    "restore_on_dask",
    "restore_one_by_one",
    "restore_time_lapse",
]
