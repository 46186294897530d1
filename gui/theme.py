"""Dark, calm and large enough to read from a metre."""

from __future__ import annotations

from gui.qt import QtGui, QtWidgets

BACKGROUND = "#101214"
SURFACE = "#1a1d21"
LINE = "#343a41"
TEXT = "#d6d9dc"
FAINT = "#98a0a8"
LIVE = "#2f9e5b"
BUSY = "#2f7fb8"
WARNING = "#e5a53a"
ALARM = "#d2413c"
GOOD = "#3fb573"
RAW = "#aab2ba"
RESTORED = "#4fb3d9"

STYLE = f"""
QWidget {{ background: {BACKGROUND}; color: {TEXT}; font-size: 12pt; }}
QLabel {{ background: transparent; }}
QToolTip {{ background: {SURFACE}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QPushButton, QComboBox, QLineEdit {{
    background: {SURFACE}; border: 1px solid {LINE}; border-radius: 4px;
    padding: 5px 10px; min-height: 20px;
}}
QPushButton:hover, QComboBox:hover, QLineEdit:focus {{ border-color: {FAINT}; }}
QLineEdit {{ padding: 6px 8px; selection-background-color: {LINE}; }}
QLineEdit:disabled {{ color: #5a6168; }}
QPushButton:pressed {{ background: {LINE}; }}
QPushButton[role="choice"] {{ font-size: 14pt; padding: 12px 24px; min-width: 170px; }}
QPushButton[role="run"] {{ font-weight: bold; min-width: 70px; }}
QPushButton[role="record"] {{ color: #f07d78; min-width: 124px; }}
QPushButton:disabled, QPushButton[role="record"]:disabled {{ color: #5a6168; }}
QPushButton[recording="armed"] {{ border-color: {ALARM}; }}
QPushButton[recording="on"] {{ background: {ALARM}; border-color: {ALARM}; color: white; }}
QComboBox QAbstractItemView {{ background: {SURFACE}; selection-background-color: {LINE}; }}
QMenu {{ background: {SURFACE}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ background: transparent; padding: 6px 24px; }}
QMenu::item:selected {{ background: {LINE}; }}
QMenu::separator {{ background: {LINE}; height: 1px; margin: 4px; }}
QProgressBar {{
    background: {SURFACE}; border: 1px solid {LINE}; border-radius: 4px; text-align: center;
    min-height: 10px; max-height: 10px;
}}
QProgressBar::chunk {{ background: {BUSY}; border-radius: 3px; }}
QLabel[role="heading"] {{ font-size: 18pt; }}
QLabel[role="key"] {{ background: {SURFACE}; border: 1px solid {LINE}; padding: 2px 8px; }}
QLabel[role="title"] {{ font-weight: bold; }}
QLabel[role="caption"] {{ color: {FAINT}; font-size: 11pt; }}
QLabel[role="figure"] {{ font-size: 16pt; }}
QLabel[role="state"] {{
    font-size: 18pt; font-weight: bold;
    border-radius: 4px; padding: 6px 12px;
}}
QLabel[role="problem"] {{ font-weight: bold; }}
QLabel[role="alarm"] {{
    background: {ALARM}; color: white; font-weight: bold; padding: 6px 10px;
}}
QFrame#error {{ background: #33191a; border-left: 5px solid {ALARM}; }}
QFrame#error QLabel {{ background: transparent; }}
QLabel#notice {{
    background: {WARNING}; color: black; font-size: 15pt; font-weight: bold;
    border-radius: 4px; padding: 4px 10px;
}}
QLabel#time-stamp {{
    background: rgba(0, 0, 0, 150); color: white; border-radius: 5px; padding: 3px 7px;
}}
QLabel#mark {{
    background: rgba(0, 0, 0, 170); color: {WARNING}; border: 1px solid {WARNING};
    border-radius: 4px; padding: 2px 8px; font-weight: bold;
}}
QFrame#legend {{ background: rgba(0, 0, 0, 190); border: 1px solid {LINE}; border-radius: 5px; }}
QFrame#legend QSlider {{ background: transparent; }}
QPushButton[live="back"] {{
    background: {WARNING}; border-color: {WARNING}; color: black; font-weight: bold;
}}
QPushButton[role="live"], QPushButton[role="small"] {{ padding: 1px 12px; }}
QPushButton:checked {{ border-color: {RESTORED}; }}
QPushButton::menu-indicator {{ width: 0; }}
QMenu {{ background: {SURFACE}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 6px 26px; }}
QMenu::item:selected {{ background: {LINE}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 8px; }}
QSlider {{ min-height: 20px; }}
QSlider::groove:horizontal {{ height: 4px; background: {LINE}; border-radius: 2px; }}
QSlider::handle:horizontal {{
    background: {FAINT}; width: 14px; margin: -6px 0; border-radius: 7px;
}}
QSlider::handle:horizontal:hover {{ background: {TEXT}; }}
QScrollBar {{ background: {BACKGROUND}; border: none; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {LINE}; border-radius: 5px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {FAINT}; }}
QScrollBar::handle:vertical {{ min-height: 30px; }}
QScrollBar::handle:horizontal {{ min-width: 30px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QFrame#contrast, QFrame#status {{ border-top: 1px solid {LINE}; }}
"""

# Added in a narrow window.
COMPACT = """
QPushButton { padding: 5px 6px; }
QPushButton[role="run"] { min-width: 50px; }
QPushButton[role="record"] { min-width: 120px; }
QFrame#status QLabel[role="figure"] { font-size: 13pt; }
QFrame#status QLabel[role="caption"] { font-size: 9pt; }
QFrame#status QLabel[role="state"] { font-size: 14pt; padding: 4px 8px; }
"""


# Added where not even that leaves room for all buttons.
TIGHT = """
QPushButton { padding: 5px 4px; }
"""
NARROW_PX, NARROWEST_PX = 1280, 1050

# Added to the first page where it is low.
LOW_PAGE = """
QPushButton[role="choice"] { font-size: 12pt; padding: 6px 20px; }
"""


def style_for(width: int) -> str:
    """Choose the style of a window by its width in pixels."""
    narrow, narrowest = width < NARROW_PX, width < NARROWEST_PX
    return STYLE + (COMPACT if narrow else "") + (TIGHT if narrowest else "")


def number_font() -> QtGui.QFont:
    """Take the system's fixed-width font, so that changing digits don't move their neighbours.

    Its size is the style sheet's business.
    """
    return QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)


def pen(colour: str, width: float) -> QtGui.QPen:
    """Make a pen for lines in a plot or an image, as thick at any zoom.

    Parameters
    ----------
    colour : str
    width : float
        Of the line, as a screen without scaling shows it; where it shows twice as many pixels, such
        pens have to be told so.
    """
    screen = QtGui.QGuiApplication.primaryScreen()
    made = QtGui.QPen(QtGui.QColor(colour), width * screen.devicePixelRatio())
    made.setCosmetic(True)
    return made


def restyle(widget: QtWidgets.QWidget, style: str) -> None:
    """Give a widget a style of its own; the same again costs nothing, which Qt does not promise."""
    if widget.styleSheet() != style:
        widget.setStyleSheet(style)
