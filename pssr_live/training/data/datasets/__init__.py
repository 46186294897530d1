"""Datasets: folders of LR and HR tiles that `pssr-live crappify` makes and `train` takes."""
