"""What a client may ask of an experiment's data: Java classes, signatures, interfaces."""

from __future__ import annotations

from typing import NamedTuple

from tests.acquisition.micromanager import datastore
from tests.acquisition.micromanager.core_api import ANY, APIS, DATA, DISPLAYS, TEXT, listed

Signatures = dict[str, list[tuple[tuple[str, ...], str]]]

_DATA = "org.micromanager.data"
_DISPLAY = "org.micromanager.display"
COORDS, IMAGE = f"{_DATA}.Coords", f"{_DATA}.Image"
LIST, NUMBER = "java.util.List", "java.lang.Double"


class JavaClass(NamedTuple):
    """How a class shows itself to a client."""

    name: str
    methods: Signatures
    interface: str


def _getters(**returned: str) -> Signatures:
    return {name: [((), kind)] for name, kind in returned.items()}


_STORE: Signatures = _getters(
    isFrozen="boolean", getNumImages="int", getUnorderedImageCoords="java.lang.Iterable",
    getSummaryMetadata=f"{_DATA}.SummaryMetadata",
) | {"getImage": [((COORDS,), IMAGE)], "hasImage": [((COORDS,), "boolean")]}  # fmt: skip

CLASSES: dict[type, JavaClass] = {
    datastore.JavaList: JavaClass(
        "java.util.ArrayList",
        _getters(size="int", toString=TEXT) | {"get": [(("int",), ANY)]},
        LIST,
    ),
    datastore.Coords: JavaClass(
        f"{_DATA}.internal.DefaultCoords",
        _getters(toString=TEXT) | {"getIndex": [((TEXT,), "int")]},
        COORDS,
    ),
    datastore.Metadata: JavaClass(
        f"{_DATA}.internal.DefaultMetadata",
        _getters(
            getElapsedTimeMs=NUMBER, getReceivedTime=TEXT, getZPositionUm=NUMBER,
            getPixelSizeUm=NUMBER, getPositionName=TEXT, getCamera=TEXT, getExposureMs=NUMBER,
            getBitDepth="java.lang.Integer", getImageNumber="java.lang.Long",
        ),
        f"{_DATA}.Metadata",
    ),
    datastore.Image: JavaClass(
        f"{_DATA}.internal.DefaultImage",
        _getters(
            getRawPixels=ANY, getWidth="int", getHeight="int", getBytesPerPixel="int",
            getNumComponents="int", getMetadata=f"{_DATA}.Metadata",
        ),
        IMAGE,
    ),
    datastore.Position: JavaClass(
        "org.micromanager.MultiStagePosition", _getters(getLabel=TEXT), ANY
    ),
    datastore.SummaryMetadata: JavaClass(
        f"{_DATA}.internal.DefaultSummaryMetadata",
        _getters(
            getChannelNameList=LIST, getWaitInterval=NUMBER, getIntendedDimensions=COORDS,
            getZStepUm=NUMBER, getStartDate=TEXT, getPrefix=TEXT, getDirectory=TEXT,
            getOrderedAxes=LIST, getStagePositionList=LIST,
        ),
        f"{_DATA}.SummaryMetadata",
    ),
    datastore.Datastore: JavaClass(
        f"{_DATA}.internal.DefaultDatastore", _STORE, f"{_DATA}.DataProvider"
    ),
    datastore.Preview: JavaClass(
        f"{_DATA}.internal.DefaultRewritableDatastore", _STORE, f"{_DATA}.DataProvider"
    ),
    datastore.Colour: JavaClass(
        "java.awt.Color", _getters(getRed="int", getGreen="int", getBlue="int"), ANY
    ),
    datastore.DisplaySettings: JavaClass(
        f"{_DISPLAY}.internal.DefaultDisplaySettings",
        {"getChannelColor": [(("int",), "java.awt.Color")]},
        f"{_DISPLAY}.DisplaySettings",
    ),
    datastore.Viewer: JavaClass(
        f"{_DISPLAY}.internal.displaywindow.DisplayController",
        _getters(
            getDataProvider=f"{_DATA}.DataProvider",
            getDisplaySettings=f"{_DISPLAY}.DisplaySettings",
        ),
        f"{_DISPLAY}.DataViewer",
    ),
    datastore.Displays: JavaClass(
        DISPLAYS, _getters(getAllDataViewers=LIST), f"{_DISPLAY}.DisplayManager"
    ),
    datastore.DataManager: JavaClass(
        DATA, {"createCoords": [((TEXT,), COORDS)]}, f"{_DATA}.DataManager"
    ),
}  # fmt: skip

APIS.update({java.name: listed(java.methods) for java in CLASSES.values()})
