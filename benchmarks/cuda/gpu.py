"""The CUDA driver, cuBLAS and compiled models through ctypes, without any package of NVIDIA."""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_float, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint64, c_void_p
from pathlib import Path

R_32F, R_16F = 0, 2  # cudaDataType
COMPUTE_32F = 68  # cublasComputeType_t
CUBLAS = ("libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so")


class NoGPU(Exception):
    """There is no GPU to measure, and why."""


def load(*names: str) -> ctypes.CDLL | None:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


class GPU:
    """The first GPU: memory, and times by events on the default stream."""

    def __init__(self) -> None:
        self.driver = load("libcuda.so.1")
        if not self.driver:
            raise NoGPU("the driver libcuda.so.1 is not installed")
        try:
            self.call("cuInit", 0)
            self.device, self.context = c_int32(), c_void_p()
            self.call("cuDeviceGet", byref(self.device), 0)
            self.call("cuDevicePrimaryCtxRetain", byref(self.context), self.device)
            self.call("cuCtxPushCurrent_v2", self.context)
        except RuntimeError as error:
            raise NoGPU(str(error)) from error
        name = ctypes.create_string_buffer(100)
        self.call("cuDeviceGetName", name, 100, self.device)
        version = c_int32()
        self.call("cuDriverGetVersion", byref(version))
        self.name = name.value.decode()
        self.version = f"{version.value // 1000}.{version.value % 1000 // 10}"
        self.events = [c_void_p(), c_void_p()]
        for event in self.events:
            self.call("cuEventCreate", byref(event), 0)

    def call(self, name: str, *arguments: object) -> None:
        result = getattr(self.driver, name)(*arguments)
        if result:
            text = c_char_p()
            self.driver.cuGetErrorString(result, byref(text))
            raise RuntimeError(f"{name}: {text.value.decode() if text.value else 'unknown'} (error {result})")

    def capability(self) -> int:
        """Compute capability times ten."""
        values = [c_int32(), c_int32()]
        for value, attribute in zip(values, (75, 76)):
            self.call("cuDeviceGetAttribute", byref(value), attribute, self.device)
        return 10 * values[0].value + values[1].value

    def allocate(self, size: int, array=None) -> int:
        """An address of `size` bytes: those of a NumPy array, or zeros."""
        address = c_uint64()
        self.call("cuMemAlloc_v2", byref(address), c_size_t(size))
        if array is None:
            self.call("cuMemsetD8_v2", address, c_uint8(0), c_size_t(size))
        else:
            self.call("cuMemcpyHtoD_v2", address, c_void_p(array.ctypes.data), c_size_t(size))
        return address.value

    def free(self, address: int) -> None:
        self.call("cuMemFree_v2", c_uint64(address))

    def milliseconds(self, work) -> float:
        """Time of what `work` launches on the default stream."""
        start, end = self.events
        self.call("cuEventRecord", start, None)
        work()
        self.call("cuEventRecord", end, None)
        self.call("cuEventSynchronize", end)
        elapsed = c_float()
        self.call("cuEventElapsedTime", byref(elapsed), start, end)
        return elapsed.value

    def copy(self, to: int, source: int, size: int) -> None:
        self.call("cuMemcpyDtoDAsync_v2", c_uint64(to), c_uint64(source), c_size_t(size), None)


class Blas:
    """Products of f16 matrices with fp32 sums."""

    def __init__(self) -> None:
        self.library = load(*CUBLAS)
        self.handle = c_void_p()
        if self.library and self.library.cublasCreate_v2(byref(self.handle)):
            self.library = None

    def product(self, x: int, weight: int, out: int, m: int, size: int) -> None:
        """out [m, size] = x [m, size] * weight [size, size]."""
        one, zero = c_float(1), c_float(0)
        status = self.library.cublasGemmEx(
            self.handle, 0, 0, size, m, size, byref(one), c_void_p(weight), R_16F, size, c_void_p(x), R_16F, size,
            byref(zero), c_void_p(out), R_16F, size, COMPUTE_32F, -1,
        )  # fmt: skip
        if status:
            raise RuntimeError(f"cublasGemmEx: status {status}")


class Tensor(ctypes.Structure):
    """DLTensor."""

    _fields_ = [
        ("data", c_void_p), ("device", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
        ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]  # fmt: skip

    @staticmethod
    def matrix(address: int, rows: int, columns: int) -> "Tensor":
        tensor = Tensor(address, 2, 0, 2, 2, 32, 1)
        tensor.shape = (c_int64 * 2)(rows, columns)
        return tensor


class Model:
    """A compiled model with one input and one output, both on the GPU, run as a graph."""

    def __init__(self, path: Path) -> None:
        self.library, self.handle = ctypes.CDLL(str(path)), c_void_p()
        self.library.qc_last_error.restype = c_char_p
        self.library.qc_create_error.restype = c_char_p
        if self.library.qc_model_create(None, None, byref(self.handle)):
            raise RuntimeError(self.library.qc_create_error().decode())
        self.check(self.library.qc_use_graphs(self.handle, 1))

    def check(self, status: int) -> None:
        if status:
            raise RuntimeError(self.library.qc_last_error(self.handle).decode())

    def run(self, given: Tensor, wanted: Tensor) -> None:
        inputs = (POINTER(Tensor) * 1)(ctypes.pointer(given))
        outputs = (POINTER(Tensor) * 1)(ctypes.pointer(wanted))
        self.check(self.library.qc_run(self.handle, b"main", inputs, 1, outputs, 1))

    def close(self) -> None:
        self.library.qc_model_destroy(self.handle)
