"""What a training leaves on disk, and what it is resumed from."""
