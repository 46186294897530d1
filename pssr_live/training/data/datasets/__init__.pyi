from .pairs import dataset_sources as dataset_sources
from .pairs import dataset_validation_sets as dataset_validation_sets
from .pairs import open_dataset as open_dataset

__all__ = ["dataset_sources", "dataset_validation_sets", "open_dataset"]
