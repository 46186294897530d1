"""TensorRT plans built from the window: whether one can be, the build, its process."""
