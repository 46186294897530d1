"""From HR time-lapses to LR frames: crappifiers by name, detectors measured, HR series."""
