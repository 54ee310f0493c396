# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models %S

"""The host side of a model for a GPU, with a driver that has none: it runs the kernels'
own code on the CPU. Results have the bits of the CPU's kernels; images, memory, faults,
graphs, tensors that are on the GPU already, and errors are as they should be."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import quantc
from fake_cuda import build_driver

RUN = """
import sys, numpy as np, quantc
model = quantc.load(sys.argv[1])
assert model.level == "cuda", model.level
inputs = dict(np.load(sys.argv[2]))
for n in (1, 2):
    outputs = model.run(inputs)
np.savez(sys.argv[3], **outputs)
bad = {name: np.full_like(array, 9999) for name, array in inputs.items()}
try:
    model.run(bad)
except quantc.Error as error:
    print("refused:", error)
again = model.run(inputs)
assert all(again[name].tobytes() == array.tobytes() for name, array in outputs.items())
"""


FAKE_ASSEMBLER = """#!/bin/sh
if [ "$1" = -arch=sm_70 ]; then echo "sm_70 is too old"; exit 1; fi
printf '\\177ELF' > "$4" && cat "$2" >> "$4" && printf '\\0' >> "$4"
"""


def compile_for(gpu, model, folder, assembler=FAKE_ASSEMBLER, **environment):
    """The exit status of a compilation into `folder`/gpu, and what it prints."""
    program = folder / "bin/ptxas"
    program.parent.mkdir(exist_ok=True)
    program.write_text(assembler, encoding="ascii")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", **environment}
    command = ["quantc", "compile", model, "-o", folder / "gpu", "-r", "w4a8"]
    command += ["--target", f"cuda:{gpu}", "--keep", folder / "ir"]
    result = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def check_assembler(model, folder):
    """What an assembler may do to a compilation, on a small model."""
    refusal = "ptxas makes no machine code for sm_70, the library holds PTX only: sm_70 is too old"
    expect(compile_for("sm_70", model, folder), 0, refusal)
    expect(compile_for("sm_80", model, folder, '#!/bin/sh\nrm "$4"\n'), 4, "cannot read what ptxas wrote: ")
    expect(compile_for("sm_80", model, folder, TMPDIR=str(folder / "none")), 4, "cannot write the kernels for ptxas: ")


def run(folder, **environment):
    """Runs the model in a process of its own: its exit status, and what it prints."""
    command = [sys.executable, "-c", RUN, folder / "gpu", folder / "in.npz", folder / "out.npz"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), **environment}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def expect(result, status, *texts):
    found, output = result
    missing = [text for text in texts if text not in output]
    if found != status or missing:
        sys.exit(f"exit status {found}, expected {status}; not found: {missing}; printed:\n{output}")


def main():
    model = Path(sys.argv[1]) / "stories260K.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        inputs = {"input_ids": np.array([[1, 403, 407, 261]])}
        quantc.compile(str(model), str(folder / "cpu"), recipe="w4a8", quiet=True)
        wanted = quantc.load(folder / "cpu").run(inputs)
        check_assembler(model.with_name("mnist.onnx"), folder)
        expect(compile_for("sm_80", model, folder), 0, "code for level cuda")
        assert (folder / "ir/sm_80.cubin").read_bytes().startswith(b"\x7fELF")
        np.savez(folder / "in.npz", **inputs)
        (folder / "libcuda.so.1").write_text("")
        expect(run(folder), 1, "the model was compiled for an NVIDIA GPU, but this machine has no driver for one: ")
        command = ["quantc", "run", folder / "gpu", "--inputs", folder / "in.npz", "--outputs", folder / "out.npz"]
        environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 4
        build_driver(Path(sys.argv[2]), folder / "ir/9-lower-cuda-device.mlir", folder)
        expect(
            run(folder), 0, "fake driver: loads machine code of sm_80", "index 9999 lies outside its table", " launches, 0 allocations left"
        )
        found = np.load(folder / "out.npz")
        assert sorted(found) == sorted(wanted)
        for name, array in wanted.items():
            assert array.tobytes() == found[name].tobytes(), f"'{name}' differs"
        expect(run(folder, FAKE_CUDA_IS_OLD="1"), 0, "fake driver: loads sm_80")
        expect(run(folder, FAKE_CUDA_CAPABILITY="90"), 0, "fake driver: loads sm_80")
        expect(run(folder, FAKE_CUDA_CAPABILITY="75"), 0, "fake driver: loads sm_70")
        expect(
            run(folder, FAKE_CUDA_CAPABILITY="61"), 1, "the GPU has compute capability 6.1, the model needs 7.0 or more"
        )
        for function, text in {
            "cuInit": "be opened", "cuStreamCreate": "be used", "cuModuleLoadData": "load the kernels",
            "cuMemAlloc_v2": "give memory", "cuMemcpyHtoDAsync_v2": "take the weights",
            "cuModuleGetFunction": "find a kernel", "cuLaunchKernel": "launch a kernel",
            "cuMemcpyDtoHAsync_v2": "give the outputs",
        }.items():  # fmt: skip
            expect(
                run(folder, FAKE_CUDA_FAILS=function), 1, f"the GPU cannot {text}: the fake failed (error 999 of the driver)"
            )
        expect(run(folder, FAKE_CUDA_BYTES="1000"), 1, "the GPU cannot give memory: out of memory")
    print("stories260K w4a8: the host of a GPU gives the bits of the CPU")


main()
