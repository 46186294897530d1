from .bundling import bundle_run as bundle_run

__all__ = ["bundle_run"]
