"""A compiled model through the functions of runtime.h, with NumPy and nothing of quantc.

So that what one machine compiled can be run on another that has only the library and the
weights. Not the Python module of users: that is `quantc.load`.
"""

import ctypes
import json
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_uint8, c_uint16, c_uint64, c_void_p

import numpy as np

CPU, CUDA = 1, 2
KINDS = {"b": 6, "f": 2, "i": 0, "u": 1}
TYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "i1": "bool"}


class Tensor(ctypes.Structure):
    """DLTensor of an array, which must outlive it."""

    _fields_ = [
        ("data", c_void_p), ("device", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
        ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]  # fmt: skip

    @staticmethod
    def of(array, address=None, device=CPU, number=0):
        """`address`: where another device has what is shaped like the array."""
        at = array.ctypes.data if address is None else address
        tensor = Tensor(at, device, number, array.ndim, KINDS[array.dtype.kind], 8 * array.itemsize, 1)
        tensor.shape = (c_int64 * array.ndim)(*array.shape)
        return tensor


def pointers(tensors):
    return (POINTER(Tensor) * len(tensors))(*[ctypes.pointer(tensor) for tensor in tensors])


def numpy_type(name):
    return np.dtype(TYPES.get(name) or name.replace("i", "int"))


class Model:
    """One entry of a library. Raises RuntimeError with the runtime's text."""

    def __init__(self, path, capacity=0):
        """`capacity`: positions of the state of an entry that has one."""
        self.library, self.handle, self.state = ctypes.CDLL(str(path)), c_void_p(), c_void_p()
        for name in ("qc_last_error", "qc_create_error", "qc_signature_json"):
            getattr(self.library, name).restype = c_char_p
        if self.library.qc_model_create(None, None, byref(self.handle)):
            raise RuntimeError(self.library.qc_create_error().decode())
        self.signature = json.loads(self.library.qc_signature_json())
        self.entry = next(e for e in self.signature["entries"] if e["stateful"] == bool(capacity))
        self.name = self.entry["name"].encode()
        if capacity:
            self.check(self.library.qc_state_create(self.handle, self.name, c_int64(capacity), byref(self.state)))

    def check(self, status):
        if status:
            raise RuntimeError(self.library.qc_last_error(self.handle).decode())

    def use_graphs(self, on):
        self.check(self.library.qc_use_graphs(self.handle, on))

    def set_precision(self, bits):
        self.check(self.library.qc_set_precision(self.handle, bits))

    def call(self, function, inputs, *rest):
        name = "qc_run" if function == "run" else "qc_output_dims"
        if self.state:
            name = "qc_run_state" if function == "run" else "qc_state_output_dims"
        target = (self.handle, self.state if self.state else self.name)
        self.check(getattr(self.library, name)(*target, pointers(inputs), len(inputs), *rest))

    def run(self, given):
        """Arrays by name, of arrays by name."""
        arrays = [np.ascontiguousarray(given[i["name"]]) for i in self.entry["inputs"] if i["name"] in given]
        inputs = [Tensor.of(array) for array in arrays]
        dims, count = (c_int64 * 1024)(), c_int32()
        self.call("dims", inputs, dims, 1024, byref(count))
        found, at = {}, 0
        for output in self.entry["outputs"]:
            rank = len(output["dims"])
            found[output["name"]] = np.empty(dims[at : at + rank], numpy_type(output["type"]))
            at += rank
        assert at == count.value, f"sizes of {count.value} dimensions, expected {at}"
        wanted = [Tensor.of(array) for array in found.values()]
        self.call("run", inputs, pointers(wanted), len(wanted))
        return found

    def close(self):
        if self.state:
            self.library.qc_state_destroy(self.state)
        self.library.qc_model_destroy(self.handle)
