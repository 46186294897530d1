"""How good a restored image is: figures and baselines."""
