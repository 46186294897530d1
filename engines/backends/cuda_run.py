"""One network on one CUDA stream, with pinned memory at both ends."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.nvidia import call
from engines.onnx_file import INPUT, OUTPUT

FALL_BACK = "Use another backend: --backend auto"
BUILD_AGAIN = "Build the plan again on this computer: pssr-live engines build"


class CudaRun:
    """One stream: the window to the GPU, the network, the restored frame back.

    Parameters
    ----------
    cuda : module
        The CUDA runtime.
    context : IExecutionContext
    window, restored : tuple of int
        Shapes of what goes in and comes out.
    capture : bool
        Whether to record it all as a CUDA graph, which launches in one call.
    """

    def __init__(
        self,
        cuda: Any,
        context: Any,
        *,
        window: tuple[int, int, int, int],
        restored: tuple[int, int, int, int],
        capture: bool,
    ) -> None:
        self._cuda = cuda
        self._context = context
        self._graph: Any = None
        self._stream: Any = None
        self._buffers: list[Buffer] = []
        try:
            self._stream = call(cuda.cudaStreamCreateWithFlags, cuda.cudaStreamNonBlocking)
            self.window = self._buffer(window)
            self.restored = self._buffer(restored)
            self._address(window, restored)
            self()
            if capture:
                self._capture()
        except BaseException:
            self.close()
            raise

    def __call__(self) -> None:
        """Run once, from `window.host` to `restored.host`."""
        if self._graph is None:
            self._enqueue()
        else:
            call(self._cuda.cudaGraphLaunch, self._graph, self._stream)
        call(self._cuda.cudaStreamSynchronize, self._stream)

    def close(self) -> None:
        """Free the graph, the buffers and the stream.

        What CUDA answers is not looked at: it reports faults of earlier calls once more.
        """
        if self._graph is not None:
            self._cuda.cudaGraphExecDestroy(self._graph)
        for buffer in self._buffers:
            buffer.close()
        if self._stream is not None:
            self._cuda.cudaStreamDestroy(self._stream)
        self._graph = self._stream = None
        self._buffers = []

    def _buffer(self, shape: tuple[int, ...]) -> Buffer:
        buffer = Buffer(self._cuda, shape)
        self._buffers.append(buffer)
        return buffer

    def _address(self, window: tuple[int, ...], restored: tuple[int, ...]) -> None:
        context = self._context
        if not context.set_input_shape(INPUT, window):
            raise EngineError(f"The plan does not take windows of {window}.", BUILD_AGAIN)
        if tuple(context.get_tensor_shape(OUTPUT)) != restored:
            raise EngineError(f"The plan does not restore to {restored}.", BUILD_AGAIN)
        context.set_tensor_address(INPUT, self.window.device)
        context.set_tensor_address(OUTPUT, self.restored.device)

    def _enqueue(self) -> None:
        copy, kinds = self._cuda.cudaMemcpyAsync, self._cuda.cudaMemcpyKind
        to, back, stream = self.window, self.restored, self._stream
        size = to.host.nbytes
        call(copy, to.device, to.address, size, kinds.cudaMemcpyHostToDevice, stream)
        if not self._context.execute_async_v3(int(stream)):
            raise EngineError("TensorRT did not run the plan.", FALL_BACK)
        size = back.host.nbytes
        call(copy, back.address, back.device, size, kinds.cudaMemcpyDeviceToHost, stream)

    def _capture(self) -> None:
        cuda = self._cuda
        mode = cuda.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        call(cuda.cudaStreamBeginCapture, self._stream, mode)
        try:
            self._enqueue()
        finally:
            graph = call(cuda.cudaStreamEndCapture, self._stream)
        self._graph = call(cuda.cudaGraphInstantiate, graph, 0)
        call(cuda.cudaGraphDestroy, graph)
        self()


class Buffer:
    """Float32 numbers in pinned memory, and room for as many on the GPU.

    Attributes
    ----------
    host : ndarray of float32
    address, device : int
        Where they lie in the computer's memory, and on the GPU.
    """

    def __init__(self, cuda: Any, shape: tuple[int, ...]) -> None:
        self._cuda = cuda
        count = int(np.prod(shape))
        self.address = int(call(cuda.cudaHostAlloc, 4 * count, cuda.cudaHostAllocDefault))
        try:
            self.device = int(call(cuda.cudaMalloc, 4 * count))
        except EngineError:
            cuda.cudaFreeHost(self.address)
            raise
        pinned = (ctypes.c_float * count).from_address(self.address)
        self.host: NDArray[np.float32] = np.ctypeslib.as_array(pinned).reshape(shape)
        self.host.fill(0)

    def close(self) -> None:
        """Free both."""
        self.host = np.zeros(0, dtype=np.float32)
        self._cuda.cudaFree(self.device)
        self._cuda.cudaFreeHost(self.address)
