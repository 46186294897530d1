"""The plugin of pssr-live for napari; napari.yaml says what it offers. Needs napari."""
