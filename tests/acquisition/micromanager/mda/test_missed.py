"""What an experiment has missed behind its last frames, stream by stream."""

from __future__ import annotations

from acquisition import Missing, StreamKey
from acquisition.micromanager.mda.missed import Missed
from acquisition.plans import ExperimentPlan, Exposure, Phase

GFP, RED = StreamKey(channel=0), StreamKey(channel=1)
PLAN = ExperimentPlan(
    exposures=(Exposure(stream=GFP), Exposure(stream=RED, every=3)),
    phases=(Phase(interval_s=1.0, time_points=12),),
)


def test_missed_time_points_count_in_each_stream_at_those_that_it_is_taken_at() -> None:
    missed = Missed(PLAN)
    missed.note_taken(GFP, 0)
    missed.note_taken(RED, 0)
    missed.note_missed(1, 2)
    assert missed.after == {GFP: Missing(1, 2, "missed")}
    missed.note_missed(3, 7)
    assert missed.after == {GFP: Missing(1, 7, "missed"), RED: Missing(1, 2, "missed")}
    assert (missed.time_points, missed.next_time_point) == (7, 8)
    # What is missing before a frame stands beside that.
    missed.note_taken(GFP, 8)
    assert missed.after == {RED: Missing(1, 2, "missed")}


def test_a_single_frame_that_is_missed_is_one_of_its_stream() -> None:
    missed = Missed(PLAN)
    missed.note_taken(GFP, 3)
    missed.note_missed(3, 3, RED)
    assert missed.after == {RED: Missing(1, 1, "missed")}
    assert missed.words == "Frames missed: 1."


def test_what_fell_due_after_micro_manager_had_gone_is_missed_too() -> None:
    missed = Missed(PLAN)
    missed.note_taken(GFP, 8)
    # Time point 9 can't begin any more, 10 still can.
    missed.note_overdue(10.4)
    assert missed.after == {GFP: Missing(9, 9, "missed"), RED: Missing(3, 3, "missed")}
    missed.note_overdue(1000.0)
    assert missed.after[GFP] == Missing(9, 11, "missed")
    assert missed.next_time_point == 12
