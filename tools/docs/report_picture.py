"""A picture of a report, as a browser shows it: the one in docs/evaluate.md.

Run: python tools/docs/report_picture.py evaluation/report.html docs/images/report.png --length 3200

Needs Qt's browser: python -m pip install PySide6-Addons
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Chromium's sandbox can't be had by root, nor in most containers; the page is our own.
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

import numpy as np
from PIL import Image
from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

WIDTH = 1280
# Time to lay out a page of this size before it is drawn.
SETTLE_MS = 10_000
COLOURS, GREYS = 112, 40
# What differs by less between its colours is a grey.
LARGEST_TINT = 12
DARK = "(prefers-color-scheme: dark)"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--dark", action="store_true", help="as on a dark desktop")
    parser.add_argument(
        "--length", type=int, default=12_000, help="draw no more than so many pixels"
    )
    arguments = parser.parse_args()
    picture = arguments.picture
    text = arguments.page.read_text(encoding="utf-8")
    if arguments.dark:
        text = text.replace(DARK, "all")
    text = text.replace("</style>", "::-webkit-scrollbar { display: none; }</style>")
    copy = picture.with_suffix(".html")
    copy.write_text(text, encoding="utf-8")
    application = QApplication([])
    view = QWebEngineView()
    view.resize(WIDTH, 900)
    view.show()

    def grown(height: float) -> None:
        view.resize(WIDTH, min(int(height), arguments.length))
        QTimer.singleShot(SETTLE_MS, drawn)

    def drawn() -> None:
        view.grab().save(str(picture))
        in_few_colours(Image.open(picture).convert("RGB")).save(picture, optimize=True)
        copy.unlink()
        application.quit()

    script = "document.documentElement.scrollHeight"
    view.loadFinished.connect(lambda _: view.page().runJavaScript(script, grown))
    view.load(QUrl.fromLocalFile(str(copy.resolve())))
    application.exec()


def in_few_colours(picture: Image.Image) -> Image.Image:
    """Reduce to a palette, four times smaller: greys for the images, the rest for the plots."""
    pixels = np.asarray(picture).reshape(-1, 3)
    coloured = pixels[np.ptp(pixels, axis=1) > LARGEST_TINT]
    rest = Image.fromarray(coloured[None]).quantize(COLOURS - GREYS, Image.Quantize.MAXCOVERAGE)
    palette = Image.new("P", (1, 1))
    greys = np.linspace(0, 255, GREYS).astype(int).repeat(3).tolist()
    palette.putpalette(greys + (rest.getpalette() or [])[: 3 * (COLOURS - GREYS)])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
