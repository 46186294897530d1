"""Figures of images, as pure functions: fidelity, resolution, noise, coverage."""
