"""What the stand-in for Micro-Manager lets a client call: Java signatures."""

from __future__ import annotations

from tests.acquisition.micromanager.microscope import CORE_METHODS, OTHER_METHODS

TEXT = "java.lang.String"
ANY = "java.lang.Object"
METADATA = "mmcorej.Metadata"
TAGGED = "mmcorej.TaggedImage"
CORE = "mmcorej.CMMCore"
STUDIO = "org.micromanager.Studio"
LIVE = "org.micromanager.internal.SnapLiveManager"
ACQUISITIONS = "org.micromanager.acquisition.AcquisitionManager"
DISPLAYS = "org.micromanager.display.internal.DefaultDisplayManager"
DATA = "org.micromanager.data.internal.DefaultDataManager"

_CORE = {
    "clearCircularBuffer": [((), "void")],
    "getAPIVersionInfo": [((), TEXT)],
    "getBufferTotalCapacity": [((), "int")],
    "getBytesPerPixel": [((), "long")],
    "getCameraChannelName": [(("long",), TEXT)],
    "getCameraDevice": [((), TEXT)],
    "getCurrentPixelSizeConfig": [((), TEXT)],
    "getDeviceLibrary": [((TEXT,), TEXT)],
    "getExposure": [((), "double")],
    "getImageBitDepth": [((), "long")],
    "getImageHeight": [((), "long")],
    "getImageWidth": [((), "long")],
    "getLastTaggedImage": [((), TAGGED)],
    "getMagnificationFactor": [((), "double")],
    "getNBeforeLastImageMD": [(("long", METADATA), ANY)],
    "getNumberOfCameraChannels": [((), "long")],
    "getNumberOfComponents": [((), "long")],
    "getPixelSizeAffineAsString": [((), TEXT)],
    "getPixelSizeUm": [((), "double"), (("boolean",), "double")],
    "getProperty": [((TEXT, TEXT), TEXT)],
    "getRemainingImageCount": [((), "int")],
    "getVersionInfo": [((), TEXT)],
    "hasProperty": [((TEXT, TEXT), "boolean")],
    "isBufferOverflowed": [((), "boolean")],
    "isSequenceRunning": [((), "boolean"), ((TEXT,), "boolean")],
    "popNextImageMD": [(("long", "long", METADATA), ANY), ((METADATA,), ANY)],
    "popNextTaggedImage": [((), TAGGED)],
    "setCameraDevice": [((TEXT,), "void")],
    "setCircularBufferMemoryFootprint": [(("long",), "void")],
    "setExposure": [(("double",), "void"), ((TEXT, "double"), "void")],
    # A JVM may list the float overload first: a client that passes a number then gets it.
    "setProperty": [
        ((TEXT, TEXT, kind), "void") for kind in ("float", "int", "double", "boolean", TEXT)
    ],
    "sleep": [(("double",), "void")],
    "startContinuousSequenceAcquisition": [(("double",), "void")],
    "stopSequenceAcquisition": [((), "void"), ((TEXT,), "void")],
}
_STUDIO = {
    "acquisitions": [((), ACQUISITIONS)],
    "data": [((), DATA)],
    "displays": [((), DISPLAYS)],
    "live": [((), LIVE)],
}
_LIVE = {"isLiveModeOn": [((), "boolean")]}
_ACQUISITIONS = {
    "haltAcquisition": [((), "void")],
    "isAcquisitionRunning": [((), "boolean")],
    "isPaused": [((), "boolean")],
}
_METADATA = {
    "Dump": [((), TEXT)],
    "HasTag": [((TEXT,), "boolean")],
    "Serialize": [((), TEXT)],
}


def listed(methods: dict[str, list[tuple[tuple[str, ...], str]]]) -> list[dict[str, object]]:
    return [
        {"name": name, "arguments": list(arguments), "return-type": returned}
        for name, overloads in methods.items()
        for arguments, returned in overloads
    ]


APIS: dict[str, list[dict[str, object]]] = {
    CORE: listed(_CORE | CORE_METHODS),
    STUDIO: listed(_STUDIO),
    ACQUISITIONS: listed(_ACQUISITIONS),
    LIVE: listed(_LIVE),
    METADATA: listed(_METADATA),
    TAGGED: [],
    **{name: listed(methods) for name, methods in OTHER_METHODS.items()},
}
FIELDS: dict[str, list[str]] = {
    TAGGED: ["pix", "tags"],
}
