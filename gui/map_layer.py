"""The map over the restored image, with what its colours mean."""

from __future__ import annotations

from gui.image_panel import ImagePanel
from gui.preview import Preview
from gui.trust_legend import TrustLegend
from gui.trust_maps import SCALES, TrustMap
from gui.trust_overlay import TrustOverlay


class MapLayer:
    """Lays one of the maps, or none, over the image of a panel.

    Parameters
    ----------
    panel : ImagePanel
        Where it lies.
    """

    def __init__(self, panel: ImagePanel) -> None:
        self._map: TrustMap | None = None
        self._overlay = TrustOverlay()
        panel.view.addItem(self._overlay, ignoreBounds=True)
        self.legend = TrustLegend(panel.graphics)
        self._overlay.set_strength(self.legend.strength)
        panel.view.sigResized.connect(self.legend.place)
        self.legend.strength_chosen.connect(self._overlay.set_strength)

    def choose(self, chosen: TrustMap | None, preview: Preview | None) -> None:
        """Lay another map over the image, of the frame that is shown; None for no map."""
        self._map = chosen
        self._overlay.setVisible(chosen is not None)
        self.legend.hide()
        self.draw(preview)

    def draw(self, preview: Preview | None) -> None:
        """Draw the map of a frame that is shown now; None for no frame."""
        scale = SCALES[self._map or TrustMap.RESIDUAL]
        if preview is None:
            self._overlay.set_map(None, scale)
            self.legend.hide()
        elif self._map is not None:
            self._overlay.set_map(scale.values(preview), scale)
            self.legend.explain(scale, preview)
            self.legend.show()
