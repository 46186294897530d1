"""What runs an engine: one module a backend, and the baselines, which need none."""
