"""Experiments that are planned: when which stream is imaged, and with which settings."""

from acquisition.plans.durations import parse_duration
from acquisition.plans.plan import LATE_S, ExperimentPlan, Exposure, Phase
from acquisition.plans.simple import simple_plan

__all__ = ["LATE_S", "ExperimentPlan", "Exposure", "Phase", "parse_duration", "simple_plan"]
