# How a file under test/ becomes a test: every .mlir, .onnxtxt and .test file, and
# under EndToEnd also every .py file, is run by its RUN lines.
#
#   %quantc %quant-opt %quant-translate   the built tools (the plain names work too)
#   %python     the interpreter that runs lit, with the Python module on its path
#   %shared     folder with small models and data; feature `shared` where present
#   %models     folder with the built language models; feature `models-built`
#   %source     root of the source tree
#
# Feature `chromium`: a browser for pages; `ptxas`: NVIDIA's assembler; `cuda-device`: an
# NVIDIA GPU. Without them their tests are unsupported.
#
# Environment: QUANTC_SHARED (default ../shared beside the repository),
# QUANTC_MODELS (default models-built in the repository).

import ctypes
import os
import shutil
import sys
from pathlib import Path

import lit.formats

source, build = Path(config.quantc_source), Path(config.quantc_build)
shared = Path(os.environ.get("QUANTC_SHARED") or source.parent / "shared").resolve()
models = Path(os.environ.get("QUANTC_MODELS") or source / "models-built").resolve()

config.name = "quantc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".onnxtxt", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = str(source / "test")
config.test_exec_root = str(build / "test")

path = [str(build / "bin"), config.llvm_tools_dir, os.environ.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(path)
config.environment["PYTHONPATH"] = str(build / "python")
for name in ("HOME", "TMPDIR", "OMP_NUM_THREADS", "QUANTC_LEVEL", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

for tool in ("quantc", "quant-opt", "quant-translate", "quant-lsp-server", "quant-reduce"):
    config.substitutions.append((f"%{tool}\\b", str(build / "bin" / tool)))
config.substitutions += [
    ("%python\\b", sys.executable),
    ("%shared\\b", str(shared)),
    ("%models\\b", str(models)),
    ("%source\\b", str(source)),
]


def cpu_flags():
    """Instruction-set flags of the first processor, as Linux names them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return set()
    return next((set(line.split()[2:]) for line in lines if line.startswith("flags")), set())


def has_gpu():
    """Whether the CUDA driver finds a GPU."""
    try:
        driver, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int32()
    except OSError:
        return False
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


flags = cpu_flags()
present = {
    "shared": (shared / "models").is_dir(),
    "models-built": all(
        (models / name).is_file() for name in ("smollm2/decoder-opset21.onnx", "minilm/model.onnx")
    ),
    "avx2": {"avx2", "fma"} <= flags,
    "avx512vnni": {"avx512f", "avx512bw", "avx512vl", "avx512_vnni"} <= flags,
    "sanitizer": config.quantc_sanitize,
    "cuda-device": has_gpu(),
    "ptxas": shutil.which("ptxas", path=config.environment["PATH"]) is not None,
    "chromium": shutil.which("chromium", path=config.environment["PATH"]) is not None,
    "python-module": any((build / "python").glob("quantc*")),
}
config.available_features.update(name for name, found in present.items() if found)
for name, folder in (("shared", shared), ("models-built", models)):
    if not present[name]:
        lit_config.note(f"tests that need `{name}` are not run: nothing found in {folder}")
