"""A stand-in for Micro-Manager: a real core with a demo camera behind the real wire protocol.

Run as a process of its own, so that it can die. It binds a free port of the loopback interface,
prints the number, and then takes commands, one JSON object a line, from its standard input:

======================  ===========================================================================
``core``                call a method of the core, as a user of Micro-Manager's own window would
``live``                press Live: stop what runs, set properties, and start anew
``restart``             stop what runs and start anew, as a script of somebody else does
``restart_seen``        the same, and clients have seen the camera stand still in between
``clear_late``          clear the buffer just after an image has come
``slow_start``          the camera takes so many seconds to start
``take``                pop so many images, as another program does
``core_times``          the camera tells no times, so that the core's own are noted
``fail_in``             raise an exception in the next call of a method, with escapes in its text
``odd``, ``odd_tags``   answer methods so; put such tags on images
``die_in``              end the process inside the next call of a method
``stall``, ``resume``   stop and go on answering
``stall_in``            stop answering inside the next call of a method
``held``                whether it has stopped answering
``late``                say of images that are looked at that they came so many seconds later
``version``             report this version to clients that connect
``experiment``          begin a Multi-D Acquisition, see `tests.acquisition.micromanager.experiment`
``mda``                 the same of several channels, slices and positions, whose window is shown,
                        see `tests.acquisition.micromanager.multi_d_acquisition`
``go``, ``pause``       let an experiment that was held begin; pause it, or let it go on
``stop_mda``            end an experiment before its time
``close_data``          close the data window of the newest experiment, and save nothing
``close_display``       close its window alone: its images are kept
``untick``, ``tick``    switch the server off while Micro-Manager goes on, and on again
``account``             of the experiment: whether it runs, its images, its error, clients' calls
``studio``              whether there is Micro-Manager's window, or the core alone
``interleave``          so many channels under one camera label, one after another
``exposure``            tell this exposure, as of a camera that waits for a trigger
``properties``          more properties of the camera, as a scanner has them
``microscope``          add focus, stage, shutters and channels to the camera
``shutters``            when which shutter was opened and closed, and pictures were taken
``objects``, ``calls``  how many Java objects clients hold; how often each method was called
======================  ===========================================================================
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pymmcore
import zmq

from tests.acquisition.micromanager.core_api import CORE, STUDIO
from tests.acquisition.micromanager.demo_core import demo_core, new_metadata
from tests.acquisition.micromanager.experiment import Experiment
from tests.acquisition.micromanager.java import Java, Reply, TaggedImage, as_json
from tests.acquisition.micromanager.microscope import Shutters, add_microscope
from tests.acquisition.micromanager.multi_d_acquisition import MultiDAcquisition
from tests.acquisition.micromanager.studio import Live, Studio

CASTS: dict[str, Callable[[Any], Any]] = {
    "boolean": bool, "double": float, "float": float, "int": int, "long": int,
    "java.lang.String": str,
}  # fmt: skip


# After these the core counts images, and time where a camera has none of its own, from 0.
COUNT_ANEW = (
    "clearCircularBuffer", "setCircularBufferMemoryFootprint", "startSequenceAcquisition",
    "startContinuousSequenceAcquisition",
)  # fmt: skip

_LOOK_AT_THE_TICK_MS = 50


class MicroManager:
    """The core, the objects that clients hold, and the faults it has been told to show."""

    def __init__(self) -> None:
        self.core = demo_core()
        self.live = Live(self.core)
        self.window = Studio(self.live)
        self.studio = True
        self.version = "5.1.0"
        self.channels = 1
        self.properties: dict[str, str] = {}
        self.exposure: float | None = None
        self.die_in = ""
        self.stall_in = ""
        self.fail_in = ""
        self.odd: dict[str, Any] = {}
        self.shutters: Shutters | None = None
        self.odd_tags: dict[str, str] = {}
        self.core_times = False
        self.slow_start = self.late = 0.0
        self._counted_anew = [datetime.now()]
        self.calls: Counter[str] = Counter()
        self._java = Java(self.core)
        self.objects = self._java.objects
        self.answering = threading.Event()
        self.answering.set()
        self.ticked = threading.Event()
        self.ticked.set()
        self.served = threading.Event()
        self.pressing_live = threading.Lock()

    def answer(self, request: dict[str, Any]) -> Reply:
        """Answer one request; an error becomes an exception in the reply, as Java's server does."""
        command = request["command"]
        try:
            if command == "connect":
                return [as_json({"type": "none", "version": self.version})]
            if command == "get-constructors":
                name = request["classpath"]
                if name == STUDIO and not self.studio:
                    raise ValueError("Class not found on any classloaders")
                return [as_json({"type": "none", "api": [{"name": name, "arguments": []}]})]
            if command == "constructor":
                singletons = {CORE: self.core, STUDIO: self.window}
                return self._java.reply_of(singletons.get(request["classpath"]) or new_metadata())
            if command == "run-method":
                return self._java.reply_of(self._run(request))
            if command == "get-field":
                return self._java.reply_of(
                    getattr(self.objects[request["hash-code"]], request["name"])
                )
            if command == "destructor":
                del self.objects[request["hash-code"]]
                return [as_json({"type": "none"})]
            raise ValueError(f"Unknown Command {command}")
        except Exception as error:
            text = f"java.lang.Exception: {error}\n\tat mmcorej.MMCoreJJNI.{command}(Native Method)"
            return [as_json({"type": "exception", "value": text})]

    def _run(self, request: dict[str, Any]) -> Any:
        name, target = request["name"], self.objects[request["hash-code"]]
        self.calls[name] += 1
        if name == self.die_in:
            os._exit(9)
        if name == self.stall_in:
            self.stall_in = ""
            self.answering.clear()
            self.answering.wait()
        arguments = [
            self.objects[value["hash-code"]] if isinstance(value, dict) else CASTS[kind](value)
            for kind, value in zip(request["argument-types"], request["arguments"], strict=True)
        ]
        if name == self.fail_in:
            self.fail_in = ""
            raise RuntimeError("\x1b[31mThe camera\x07 has failed\x1b[0m")
        if name in self.odd:
            return self.odd[name]
        if name == "haltAcquisition":
            # A dialog opens, and no client is answered until somebody has clicked.
            self.answering.clear()
            self.answering.wait()
        if name == "getPixelSizeAffineAsString":
            return ";".join(f"{value:f}" for value in target.getPixelSizeAffine())
        if name.endswith("TaggedImage"):
            metadata = new_metadata()
            get = {"popNextTaggedImage": target.popNextImageMD}.get(name, target.getLastImageMD)
            pixels = get(metadata)
            keys = metadata.GetKeys()
            return TaggedImage(pixels, {k: metadata.GetSingleTag(k).GetValue() for k in keys})
        if name == "getExposure" and self.exposure is not None:
            return self.exposure
        if name == "getNumberOfCameraChannels" and self.channels > 1:
            return self.channels
        if name == "getCameraChannelName" and self.channels > 1:
            return f"Detector-{arguments[0]}"
        if name in ("hasProperty", "getProperty") and arguments[1] in self.properties:
            return name == "hasProperty" or self.properties[arguments[1]]
        with self.pressing_live:
            result = (
                self._call(name, *arguments)
                if target is self.core
                else (getattr(target, name)(*arguments))
            )
        if name.endswith("ImageMD"):
            self._change_tags(arguments[-1], self.late if name.startswith("getNBefore") else 0.0)
        return result

    def _call(self, name: str, *arguments: Any) -> Any:
        starts = name in COUNT_ANEW and name.startswith("start")
        if starts:
            # The core clears its buffer, and then starts the camera.
            self._counted_anew.append(datetime.now())
            time.sleep(self.slow_start)
        result = getattr(self.core, name)(*arguments)
        if name in COUNT_ANEW and not starts:
            self._counted_anew.append(datetime.now())
        return result

    def _change_tags(self, metadata: pymmcore.Metadata, late: float) -> None:
        tags = dict(self.odd_tags)
        if late:
            came = datetime.fromisoformat(metadata.GetSingleTag("TimeReceivedByCore").GetValue())
            tags["TimeReceivedByCore"] = str(came + timedelta(seconds=late))
        if self.channels > 1:
            number = int(metadata.GetSingleTag("ImageNumber").GetValue())
            tags["CameraChannelIndex"] = str(number % self.channels)
        if self.core_times:
            came = datetime.fromisoformat(metadata.GetSingleTag("TimeReceivedByCore").GetValue())
            elapsed = came - max(since for since in self._counted_anew if since <= came)
            tags["ElapsedTime-ms"] = f"{1000 * elapsed.total_seconds():.2f}"
        for name, value in tags.items():
            tag = pymmcore.MetadataSingleTag(name, "_", True)
            tag.SetValue(value)
            metadata.SetTag(tag)

    def obey(self, command: dict[str, Any]) -> Any:
        """Carry out a command of the test."""
        ((name, value),) = command.items()
        if name == "core":
            if value[0] not in COUNT_ANEW:
                return self._call(*value)
            # Nobody sees numbers that begin anew with the old times.
            with self.pressing_live:
                return self._call(*value)
        experiment = self.window.acquisitions().current
        if name in ("live", "restart"):
            self.live.pressed = name == "live"
            # Nobody sees it stand still between the two.
            with self.pressing_live:
                if self.core.isSequenceRunning():
                    self.core.stopSequenceAcquisition()
                for kind, setting in (value or {}).items():
                    self.core.setProperty("Camera", kind, setting)
                self._call("startContinuousSequenceAcquisition", 0)
        elif name == "restart_seen":
            self.live.pressed = False
            self.core.stopSequenceAcquisition()
            asked = self.calls["isSequenceRunning"]
            # The first of them may have been answered before.
            while self.calls["isSequenceRunning"] < asked + 2:
                time.sleep(0.001)
            self._call("startContinuousSequenceAcquisition", 0)
        elif name == "clear_late":
            with self.pressing_live:
                count = self.core.getRemainingImageCount()
                while self.core.getRemainingImageCount() <= count:
                    pass
                self._call("clearCircularBuffer")
        elif name == "take":
            for _ in range(value):
                self._take_one()
        elif name == "experiment":
            self._switch_live_off()
            self.window.acquisitions().begin(Experiment(self.core, self.calls, **value))
        elif name == "mda":
            self._switch_live_off()
            self.window.begin(MultiDAcquisition(self.core, self.calls, **value))
        elif name == "stop_mda" and experiment:
            experiment.stop()
        elif name == "close_data":
            self.window.close_data_window()
        elif name == "close_display":
            self.window.close_display()
        elif name in ("untick", "tick"):
            self.served.clear()
            (self.ticked.set if name == "tick" else self.ticked.clear)()
            self.served.wait()
        elif name == "go" and experiment:
            experiment.go()
        elif name == "pause" and experiment:
            experiment.pause(value)
        elif name == "account" and experiment:
            return {
                "running": experiment.running, "images": experiment.images,
                "error": experiment.error, "calls": experiment.calls, **experiment.account(),
            }  # fmt: skip
        elif name == "stall":
            self.answering.clear()
        elif name == "resume":
            self.answering.set()
        elif name == "held":
            return not self.answering.is_set()
        elif name == "microscope":
            self.shutters = add_microscope(self.core)
        elif name == "shutters" and self.shutters is not None:
            return self.shutters.events
        elif name == "objects":
            return dict(Counter(key.partition("-")[2] for key in list(self.objects)))
        elif name == "calls":
            return dict(self.calls)
        else:
            setattr(self, {"interleave": "channels"}.get(name, name), value)
        return None

    def _take_one(self) -> None:
        """Pop an image, before any client does."""
        while True:
            with self.pressing_live:
                if self.core.getRemainingImageCount():
                    self.core.popNextImage()
                    return

    def _switch_live_off(self) -> None:
        """As an experiment does with Micro-Manager's own Live; it stays off afterwards."""
        if self.live.isLiveModeOn():
            self.core.stopSequenceAcquisition()
        self.live.pressed = False


def take_commands(micro_manager: MicroManager) -> None:
    """Obey the test until it goes away, and then end with it."""
    for line in sys.stdin:
        try:
            answer = {"value": micro_manager.obey(json.loads(line))}
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    os._exit(0)


def bind(socket: zmq.Socket[bytes], port: int) -> int:
    """Bind a port, 0 for a free one; one that was just let go of may need a moment."""
    if not port:
        return socket.bind_to_random_port("tcp://127.0.0.1")
    while True:
        try:
            socket.bind(f"tcp://127.0.0.1:{port}")
        except zmq.ZMQError:
            time.sleep(0.01)
        else:
            return port


def serve(port: int, take_part: Callable[[MicroManager], None]) -> None:
    """Answer clients as long as the server is ticked, and again when it is.

    Parameters
    ----------
    port : int
        0 for a free one; it is printed.
    take_part : callable
        Called once somebody can connect.
    """
    micro_manager: MicroManager | None = None
    while True:
        socket = zmq.Context.instance().socket(zmq.REP)
        port = bind(socket, port)
        if micro_manager is None:
            micro_manager = MicroManager()
            print(json.dumps({"value": port}), flush=True)
            take_part(micro_manager)
        micro_manager.served.set()
        while micro_manager.ticked.is_set():
            if socket.poll(_LOOK_AT_THE_TICK_MS):
                request = json.loads(socket.recv_multipart()[0].decode("iso-8859-1"))
                micro_manager.answering.wait()
                socket.send_multipart(micro_manager.answer(request))
        socket.close(0)
        # A server that is switched on again knows nothing of its clients.
        micro_manager.objects.clear()
        micro_manager.served.set()
        micro_manager.ticked.wait()


def main() -> None:
    """Serve until the test goes away; on the port given, or on a free one."""

    def listen(micro_manager: MicroManager) -> None:
        threading.Thread(target=take_commands, args=(micro_manager,), daemon=True).start()

    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0, listen)


if __name__ == "__main__":
    main()
