# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models %S

"""Tensors that are on the GPU already, and runs as CUDA graphs, through the C interface of a
model and a driver without a GPU: the bits of the CPU's kernels, no copy that is not needed,
and the errors of tensors that the model cannot take."""

import ctypes
import os
import subprocess
import sys
import tempfile
from ctypes import byref, c_char_p, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path

import numpy as np
from plain_runtime import CUDA, Tensor, pointers


class Driver:
    """The GPU as another library of the process uses it."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")
        self.context, self.stream = c_void_p(), c_void_p()
        self.call("cuDevicePrimaryCtxRetain", byref(self.context), 7)
        with self:
            self.call("cuStreamCreate", byref(self.stream), 0)

    def __enter__(self):
        self.call("cuCtxPushCurrent_v2", self.context)

    def __exit__(self, *reason):
        self.call("cuCtxPopCurrent_v2", byref(c_void_p()))

    def call(self, name, *arguments):
        if status := getattr(self.library, name)(*arguments):
            sys.exit(f"{name}: {status}")

    def allocate(self, size):
        address = c_uint64()
        with self:
            self.call("cuMemAlloc_v2", byref(address), c_size_t(size))
        return address.value

    def put(self, address, array):
        with self:
            self.call("cuMemcpyHtoDAsync_v2", c_uint64(address), c_void_p(array.ctypes.data), c_size_t(array.nbytes), self.stream)

    def get(self, address, array):
        with self:
            self.call("cuMemcpyDtoHAsync_v2", c_void_p(array.ctypes.data), c_uint64(address), c_size_t(array.nbytes), self.stream)
        return array


class Model:
    """A compiled model through the functions of runtime.h."""

    def __init__(self, path):
        self.library, self.handle = ctypes.CDLL(str(path)), c_void_p()
        self.library.qc_last_error.restype = c_char_p
        self.library.qc_create_error.restype = c_char_p
        if self.library.qc_model_create(None, None, byref(self.handle)):
            sys.exit(self.library.qc_create_error().decode())

    def run(self, given, wanted):
        """Empty, or why the run failed."""
        failed = self.library.qc_run(self.handle, b"main", pointers([given]), 1, pointers([wanted]), 1)
        return self.library.qc_last_error(self.handle).decode() if failed else ""

    def use_graphs(self, on):
        failed = self.library.qc_use_graphs(self.handle, on)
        return self.library.qc_last_error(self.handle).decode() if failed else ""

    def close(self):
        self.library.qc_model_destroy(self.handle)


def check(condition, text):
    if not condition:
        sys.exit(text)


def on_device(folder):
    """Runs in a process of its own that finds the fake driver."""
    model, driver = Model(folder / "gpu.so"), Driver()
    given = {int(n): dict(np.load(folder / f"{n}.npz")) for n in (4, 5)}
    place = {"ids": driver.allocate(64), "out": driver.allocate(given[5]["logits"].nbytes)}

    def run(count, offset=0):
        ids, logits = given[count]["ids"], given[count]["logits"]
        driver.put(place["ids"] + offset, ids)
        error = model.run(Tensor.of(ids, place["ids"] + offset, CUDA), Tensor.of(logits, place["out"], CUDA))
        check(not error, error)
        found = driver.get(place["out"], np.empty_like(logits))
        check(found.tobytes() == logits.tobytes(), f"{count} tokens, {offset} bytes on: other bits")

    run(4)
    run(4, offset=8)
    ids, logits = given[4]["ids"], given[4]["logits"]
    there, out = Tensor.of(ids, place["ids"], CUDA), Tensor.of(logits, place["out"], CUDA)
    apart = Tensor.of(ids, place["ids"], CUDA)
    apart.strides = (c_int64 * 2)(8, 2)
    error = model.run(apart, out)
    check("is on the GPU and has strides, expected it compact" in error, error)
    error = model.run(Tensor.of(ids, place["ids"], CUDA, number=1), out)
    check("is on device 2, expected the CPU or the first GPU" in error, error)
    error = model.use_graphs(1)
    check(not error, error)
    for count in (4, 4, 5, 5, 4):
        run(count)
    bad = ids.copy()
    bad[0, 0] = 9999
    driver.put(place["ids"], bad)
    error = model.run(there, out)
    check("index 9999 lies outside its table" in error, error)
    model.use_graphs(0)
    run(5)
    model.close()


def failing(folder):
    model = Model(folder / "gpu.so")
    data = dict(np.load(folder / "4.npz"))
    out = np.empty_like(data["logits"])
    print(model.use_graphs(1))
    print(model.run(Tensor.of(data["ids"]), Tensor.of(out)))


def child(mode, folder, **environment):
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), **environment}
    command = [sys.executable, __file__, mode, str(folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)
    return result.stdout + result.stderr


def main():
    import quantc
    from fake_cuda import build_driver

    model, sources = Path(sys.argv[1]) / "stories260K.onnx", Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        quantc.compile(str(model), str(folder / "cpu"), recipe="w4a8", quiet=True)
        quantc.compile(str(model), str(folder / "gpu"), recipe="w4a8", quiet=True, target="cuda:sm_80", keep=str(folder / "ir"))
        reference = quantc.load(folder / "cpu")
        for count in (4, 5):
            ids = np.array([[1, 403, 407, 261, 378][:count]])
            np.savez(folder / f"{count}.npz", ids=ids, logits=reference.run({"input_ids": ids})["logits"])
        error = Model(folder / "cpu.so").use_graphs(1)
        check("the model runs on the CPU, which has no graphs" in error, error)
        build_driver(sources, folder / "ir/9-lower-cuda-device-mma.mlir", folder)
        text = child("on-device", folder)
        # The weights; in 8 runs tokens, logits, the fault; tokens and fault of the bad run.
        for wanted in (f"{1 + 8 * 3 + 2} copies from and to the host", "3 captures, 1 graphs made, 6 launched, 0 left"):
            check(wanted in text, f"not found: {wanted}\n{text}")
        for function, wanted in {"cuStreamBeginCapture_v2": "run a graph", "cuGraphLaunch": "run a graph"}.items():
            text = child("failing", folder, FAKE_CUDA_FAILS=function)
            check(f"the GPU cannot {wanted}: the fake failed (error 999 of the driver)" in text, text)
    print("tensors of the GPU and graphs give the bits of the CPU")


if __name__ == "__main__":
    {"on-device": on_device, "failing": failing}[sys.argv[1]](Path(sys.argv[2])) if sys.argv[1] in ("on-device", "failing") else main()
