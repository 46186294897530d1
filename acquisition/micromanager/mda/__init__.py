"""Experiments that we run: a microscope set, snapped and put back by a plan."""
