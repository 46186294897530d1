"""What live and offline restoring share: open engines, windows restored and judged."""
