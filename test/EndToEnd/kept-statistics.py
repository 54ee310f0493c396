# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc %shared/models/stories260K.onnx

"""What samples said is kept in a folder: a compilation that is killed goes on from there
with the same bits, and records of anything else are not used."""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Every kind of statistics in one compilation.
ALL = """
weights: {bits: 8, symmetric: false, group_size: 32, scale: f16}
activations: {matmul: static}
method: gptq
low_rank: {rank: 4}
transforms: {scale_inputs: awq}
budget: {bits_per_weight: 8.5, candidates: [4, 8]}
rules: [{last: true, skip: true}]
"""
KINDS = ("scales", "sensitivity", "ranges", "codes")
ARTIFACT = ("so", "weights", "h", "json", "sensitivity.json")


def start(model, recipe, samples, out, folder=None, *options):
    out.parent.mkdir(exist_ok=True)
    command = [sys.argv[1], "compile", str(model), "-r", str(recipe), "--calibrate", str(samples)]
    command += ["-o", str(out), *options]
    command += ["--statistics", str(folder)] if folder else []
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def compile_model(*arguments, code=0):
    """What the compiler says; the exit code must be `code`."""
    process = start(*arguments)
    _, text = process.communicate()
    assert process.returncode == code, text
    return text


def records(folder):
    """Identity of each record: a file that is written again is another file."""
    found = folder.glob("*/*.safetensors")
    return {str(path.relative_to(folder)): path.stat().st_ino for path in found}


def kill_at(count, folder, *arguments):
    """Kills a compilation as soon as there are that many records."""
    process = start(*arguments, folder)
    while len(records(folder)) < count:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def same_artifacts(left, right):
    for suffix in ARTIFACT:
        a, b = (Path(f"{prefix}.{suffix}").read_bytes() for prefix in (left, right))
        assert a == b, f"{left}.{suffix} differs"


def check_kill(model, scratch):
    """Killed at three seeded moments; nothing that was finished is made again."""
    rng = np.random.default_rng(11)
    samples, recipe = scratch / "ids.npz", scratch / "all.yaml"
    np.savez(samples, input_ids=rng.integers(3, 512, (16, 40)))
    recipe.write_text(ALL, encoding="ascii")
    compile_model(model, recipe, samples, scratch / "whole" / "out", scratch / "whole-statistics")
    whole = records(scratch / "whole-statistics")
    for kind in KINDS:
        assert any(name.startswith(kind) for name in whole), (kind, whole)

    folder, out = scratch / "statistics", scratch / "killed" / "out"
    moments = sorted(rng.choice(np.arange(1, len(whole)), 3, replace=False).tolist())
    print(f"killed at {moments} of {len(whole)} records")
    known = {}
    for moment in moments:
        kill_at(moment, folder, model, recipe, samples, out)
        assert not out.with_suffix(".so").exists()
        now = records(folder)
        assert known.items() <= now.items(), "a record was made again"
        known = now
    text = compile_model(model, recipe, samples, out, folder)
    # The ranges are one record, which samples add to.
    final = records(folder)
    assert {k: v for k, v in known.items() if "ranges" not in k}.items() <= final.items()
    assert final.keys() == whole.keys()
    assert "are taken from" in text, text
    assert not list(folder.glob("*/*.tmp"))
    same_artifacts(scratch / "whole" / "out", out)

    # Nothing is left to run: the model is not even compiled for it.
    text = compile_model(model, recipe, samples, out, folder)
    assert records(folder) == final and text.count("code for level") == 2, text  # begins, ends
    same_artifacts(scratch / "whole" / "out", out)


def make_model(path, factor=1.0):
    """Two products."""
    rng = np.random.default_rng(5)
    weights = {"a": rng.standard_normal((32, 48)), "b": rng.standard_normal((48, 16))}
    weights["b"][0, 0] *= factor
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"], "first"),
        helper.make_node("Relu", ["h"], ["r"], "relu"),
        helper.make_node("MatMul", ["r", "b"], ["y"], "second"),
    ]
    graph = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 16])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


GPTQ = "weights: {bits: %d, symmetric: false, group_size: 16}\nmethod: gptq\ncalibration: {layer_by_layer: %s}\n"
STATIC = "weights: {bits: 8}\nactivations: {matmul: static}\ncalibration: {observer: %s, percentile: 90}\n"


class Case:
    """A folder of statistics, and what compilations with it must say and give."""

    def __init__(self, scratch, recipe):
        self.scratch, self.folder = scratch, scratch / "kept"
        self.model, self.samples = scratch / "model.onnx", scratch / "samples.npz"
        self.recipe = scratch / "recipe.yaml"
        self.recipe.write_text(recipe, encoding="ascii")
        shutil.rmtree(self.folder, ignore_errors=True)
        make_model(self.model)
        self.x = np.random.default_rng(6).standard_normal((200, 32)).astype(np.float32)
        np.savez(self.samples, x=self.x)
        self.compile()

    def compile(self, *wanted):
        """Compiles with the folder; the compiler must say what is wanted, and else
        neither that records are of something else nor that one is damaged."""
        out = self.scratch / "with" / "out"
        text = compile_model(self.model, self.recipe, self.samples, out, self.folder)
        assert all(words in text for words in wanted), (wanted, text)
        assert wanted or not any(words in text for words in ("anew", "made again")), text
        return text

    def check_bits(self):
        """Without the folder the result is the same."""
        compile_model(self.model, self.recipe, self.samples, self.scratch / "without" / "out")
        for suffix in ("so", "weights"):
            a, b = (self.scratch / name / f"out.{suffix}" for name in ("with", "without"))
            assert a.read_bytes() == b.read_bytes(), suffix


def check_differences(scratch):
    """Only what gives other statistics makes them anew."""
    case = Case(scratch, GPTQ % (4, "true"))
    before = records(case.folder)
    moved = scratch / "moved.onnx"
    shutil.move(case.model, moved)
    case.model = moved
    assert "2 of 2 places are taken from" in case.compile()
    assert records(case.folder) == before
    make_model(case.model, 1.5)
    case.compile(f"the codes in '{case.folder}' differ in weights: they are gathered anew")
    np.savez(case.samples, x=case.x[:150])
    case.compile("differ in samples: they are")
    case.check_bits()
    case.recipe.write_text(GPTQ % (8, "true"), encoding="ascii")
    case.compile("differ in recipe: they are")
    case.check_bits()
    case.recipe.write_text(GPTQ % (8, "true") + "low_rank: {rank: 3}\n", encoding="ascii")
    case.compile("differ in recipe: they are")
    assert len(records(case.folder)) == 4
    assert "2 of 2 places are taken from" in case.compile()
    case.check_bits()
    rotated = GPTQ % (8, "true") + "transforms: {rotate_inputs: true}\n"
    case.recipe.write_text(rotated, encoding="ascii")
    case.compile("differ in model")
    assert json.loads((case.folder / "codes" / "fingerprint.json").read_text()).keys() == {
        "compiler",
        "model",
        "recipe",
        "samples",
        "weights",
    }
    # Hessians of the float model serve any number of bits.
    case = Case(scratch, GPTQ % (4, "false"))
    before = records(case.folder)
    case.recipe.write_text(GPTQ % (8, "false"), encoding="ascii")
    assert "2 of 2 places are taken from" in case.compile()
    assert records(case.folder) == before and len(before) == 2
    case.check_bits()


def check_ranges(scratch):
    """One histogram gives all observers their ranges."""
    case = Case(scratch, STATIC % "minmax")
    before = (scratch / "with" / "out.weights").read_bytes()
    libraries = {(scratch / "with" / "out.so").read_bytes()}
    for observer in ("percentile", "mse"):
        case.recipe.write_text(STATIC % observer, encoding="ascii")
        assert "200 of 200 samples are taken from" in case.compile()
        libraries.add((scratch / "with" / "out.so").read_bytes())
    case.check_bits()
    assert len(libraries) == 3 or (scratch / "with" / "out.weights").read_bytes() != before


def check_damage(scratch):
    """A record that is damaged is made again."""
    case = Case(scratch, GPTQ % (4, "true"))
    record = case.folder / "codes" / "layer-0000.safetensors"
    good = record.read_bytes()
    codes = bytearray(good)
    codes[8 + int.from_bytes(good[:8], "little") + 5] ^= 1  # behind the header
    for damaged in (bytes(codes), good[:100], b""):
        record.write_bytes(damaged)
        case.compile("layer-0000.safetensors'", "it is made again")
        assert record.read_bytes() == good
    # A sound record of something else, under this name.
    shutil.copy(case.folder / "codes" / "layer-0001.safetensors", record)
    case.compile()
    assert record.read_bytes() == good
    case.check_bits()
    (case.folder / "codes" / "fingerprint.json").write_text("{", encoding="ascii")
    case.compile("differ in compiler, weights, model, samples, recipe: they are gathered anew")


def check_errors(scratch):
    case = Case(scratch, GPTQ % (4, "true"))
    given = (case.model, case.recipe, case.samples, scratch / "error" / "out")
    text = compile_model(*given, case.model, code=4)
    assert f"cannot keep statistics in '{case.model}'" in text, text
    with (case.folder / "lock").open("r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        text = compile_model(*given, case.folder, code=4)
        assert f"cannot keep statistics in '{case.folder}': another process does so" in text, text
    case.compile()
    # Errors of a layer leave the records of those before it.
    bad = case.x.copy()
    bad[:, 0] = np.nan
    np.savez(case.samples, x=bad)
    text = compile_model(*given, case.folder, code=3)
    assert "node 'first': its inputs are not finite in the calibration data" in text, text
    assert not records(case.folder)
    assert not list((scratch / "error").iterdir())


def check_kept(scratch):
    """The IR of --keep goes on from the codes and branches that lie beside it."""
    case = Case(scratch, GPTQ % (4, "true") + "low_rank: {rank: 2}\n")
    out, ir = scratch / "ir-out" / "out", scratch / "ir"
    compile_model(case.model, case.recipe, case.samples, out, None, "--keep", str(ir))
    given = (case.recipe, case.samples, out, None, "--from", "quantize")
    weights = out.with_suffix(".weights").read_bytes()
    compile_model(ir / "4-assign.mlir", *given)
    assert out.with_suffix(".weights").read_bytes() == weights
    text = (ir / "4-assign.mlir").read_text()
    other = scratch / "other.mlir"
    other.write_text(text.replace("bits = 4", "bits = 8"), encoding="ascii")
    said = compile_model(other, *given, code=2)
    assert "does not hold the codes of a weight of 48 x 32 with the scheme" in said, said
    other.write_text(text.replace("qnt.rank = 2", "qnt.rank = 3"), encoding="ascii")
    said = compile_model(other, *given, code=2)
    assert "does not hold a branch of rank 3 of a weight of 48 x 32" in said, said


def main():
    model = Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        check_kill(model, scratch)
        check_differences(scratch)
        check_ranges(scratch)
        check_damage(scratch)
        check_errors(scratch)
        check_kept(scratch)


main()
