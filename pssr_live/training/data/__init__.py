"""What a training learns from: films, pairs, datasets, and the series set aside to judge by."""
