"""A picture of a report, as a browser shows it: the one in docs/evaluate.md.

Run: python benchmarks/report_picture.py report.html report.png [--dark]

Needs Qt's browser: python -m pip install PySide6-Addons
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Chromium's sandbox can't be had by root, nor in most containers; the page is our own.
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

WIDTH, LONGEST = 1280, 12_000
# Time to lay out a page of this size before it is drawn.
SETTLE_MS = 10_000
DARK = "(prefers-color-scheme: dark)"


def main() -> None:
    page, picture = Path(sys.argv[1]), Path(sys.argv[2])
    text = page.read_text(encoding="utf-8")
    if "--dark" in sys.argv:
        text = text.replace(DARK, "all")
    copy = picture.with_suffix(".html")
    copy.write_text(text, encoding="utf-8")
    application = QApplication([])
    view = QWebEngineView()
    view.resize(WIDTH, 900)
    view.show()

    def grown(height: float) -> None:
        view.resize(WIDTH, min(int(height), LONGEST))
        QTimer.singleShot(SETTLE_MS, drawn)

    def drawn() -> None:
        view.grab().save(str(picture))
        copy.unlink()
        application.quit()

    script = "document.documentElement.scrollHeight"
    view.loadFinished.connect(lambda _: view.page().runJavaScript(script, grown))
    view.load(QUrl.fromLocalFile(str(copy.resolve())))
    application.exec()


if __name__ == "__main__":
    main()
