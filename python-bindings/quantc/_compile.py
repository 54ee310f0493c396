"""Runs the driver `quantc` as a process, so that a compilation cannot harm Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from quantc._quantc import Error


class CompileError(Error):
    """A compilation failed. `exit_code` is the driver's: 1 wrong options or recipe,
    2 model not supported, 3 damaged file, 4 file that cannot be read or written,
    5 a fault of quantc."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def find_driver() -> str:
    """The driver: $QUANTC_DRIVER, the one installed or built with this package, or
    the first on PATH."""
    if chosen := os.environ.get("QUANTC_DRIVER"):
        return chosen
    package = Path(__file__).resolve().parent
    for folder in (package / "bin", package.parent.parent / "bin"):
        if (driver := folder / "quantc").is_file():
            return str(driver)
    if found := shutil.which("quantc"):
        return found
    raise CompileError("no program `quantc` found; name it in QUANTC_DRIVER", 4)


def to_argument(name: str, value: object) -> list[str]:
    """An option of the driver: True is a flag, False and None are left out."""
    option = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    return [option] if value is True else [option, str(value)]


def error_message(lines: list[str], exit_code: int) -> str:
    """What the driver said: from its error on, without the program's name."""
    prefix = "quantc: error: "
    start = next((i for i, line in enumerate(lines) if line.startswith(prefix)), None)
    text = "".join(lines[-20:] if start is None else lines[start:]).removeprefix(prefix).strip()
    return text or f"quantc ended with code {exit_code}"


def compile(
    model: str | os.PathLike[str],
    out: str | os.PathLike[str],
    recipe: str | os.PathLike[str] = "float",
    target: str = "native",
    calibrate: str | os.PathLike[str] | None = None,
    **options: object,
) -> str:
    """Compile `model` to `out`.so with its side files; returns the library's path.

    `out` is a prefix; a final ".so" is dropped. `recipe` is a preset's name or a YAML
    file, `calibrate` a .npz file of samples. `options` are further options of
    `quantc compile`: keep="ir" is --keep ir, embed_weights=True is --embed-weights.
    Progress goes to standard error while the compilation runs.

    Raises CompileError with the driver's message.
    """
    prefix = os.fspath(out).removesuffix(".so")
    command = [find_driver(), "compile", os.fspath(model), "--output", prefix]
    settings = {"recipe": recipe, "target": target, "calibrate": calibrate, **options}
    for name, value in settings.items():
        command += to_argument(name, value)
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
    except OSError as error:
        raise CompileError(f"cannot run {command[0]}: {error.strerror}", 4) from error
    lines = []
    with process:
        for line in process.stderr or ():
            lines.append(line)
            sys.stderr.write(line)
    if process.returncode:
        raise CompileError(error_message(lines, process.returncode), process.returncode)
    return prefix + ".so"
