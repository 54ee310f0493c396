"""Models and recipes whose GPU kernels are compared with the CPU's, and inputs for them."""

import sys
from pathlib import Path

import numpy as np

BINARY_A8 = "weights: {format: binary, symmetric: false, scale: f16}\nactivations: {matmul: dynamic}\n"
CODEBOOK = "weights: {format: codebook, codebook_dim: 10, codebook_size: 128, symmetric: false, scale: f16}\n"
MXFP4_A8 = "preset: mxfp4\nactivations: {matmul: dynamic}\n"
# Rotations that run with the model, and low-rank branches.
ROTATED = "preset: w4a8\ntransforms: {rotate_keys: true, rotate_inputs: true}\n"
BRANCH = "weights: {bits: 3, symmetric: false, group_size: 32}\nlow_rank: {rank: 7, method: lorc}\n"
ROTATED_A16 = "weights: {bits: 4, symmetric: false, group_size: 32}\ntransforms: {rotate_inputs: true}\n"
# Channels in two halves: read twice from the weights in front, and when the model runs.
SPLIT = "weights: {bits: 3, symmetric: false, group_size: 32}\nactivations: {matmul: dynamic}\ntransforms: {split_channels: true}\n"
SPLIT_A16 = "weights: {bits: 2, symmetric: false, group_size: 32}\ntransforms: {split_channels: {ratio: 0.3}, rotate_inputs: true}\n"
REAL_ZEROS = "weights: {bits: 4, group_size: 32, scale: f16, zero_point: f16}\nmethod: hqq\n"
REAL_ZEROS_A8 = f"{REAL_ZEROS}activations: {{matmul: dynamic}}\n"
PLANES = "weights: {format: planes, bits: 8, group_size: 32, scale: f16}\n"
PLANES_A8 = "weights: {format: planes, bits: 8, widths: [8, 2]}\nactivations: {matmul: dynamic}\n"

# A branch in the place of inputs that a token leaves out.
REMAINDER = "weights: {bits: 4, group_size: 32}\nsparsity: {target: 0.4}\nlow_rank: {rank: 5, method: r_sparse}\n"

RECIPES = {
    "mnist.onnx": ["float", "w4a16"],
    "resnet20_cifar10.onnx": ["w8a8"],
    "mlperf_kws_dscnn.onnx": ["w8a8"],
    "stories260K.onnx": ["float", "w8a8", "w8a16", "w4a8", "w4a16", "nvfp4", "w2-e4m3", MXFP4_A8, "w2a8", ROTATED, ROTATED_A16, BRANCH]
    + [SPLIT, SPLIT_A16, "binary", BINARY_A8, CODEBOOK, REAL_ZEROS, REAL_ZEROS_A8, PLANES, PLANES_A8, REMAINDER],
    "TFC_1W1A.onnx": ["float"],
}


def needs_samples(recipe):
    return recipe == "w8a8" or "sparsity" in recipe


def write_signs(path):
    """Products of signs with signs, and rows of them: few, and as many as tensor cores count for."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks/cuda"))
    import chains

    chains.write(chains.CHAINS["w1a1"], size=320, layers=3, path=path)
    rng = np.random.default_rng(1)
    return [{"x0": rng.standard_normal((rows, 320), dtype=np.float32)} for rows in (5, 43)]


def at_all_precisions(model, signature, calls):
    """What the model gives for each of the calls, with weights of planes once for each of
    their widths."""
    results = []
    for bits in signature.get("precisions", [None]):
        if bits:
            model.set_precision(bits)
        results += [model.run(given) for given in calls]
    return results


def random_inputs(signature, rng):
    """Arrays for the first entry; sizes that are free are 5."""
    inputs = {}
    for tensor in signature["entries"][0]["inputs"]:
        shape = [size if isinstance(size, int) else 5 for size in tensor["dims"]]
        if tensor["type"].startswith("i"):
            inputs[tensor["name"]] = rng.integers(0, 300, shape)
        else:
            inputs[tensor["name"]] = rng.standard_normal(shape).astype(np.float32)
    return inputs


def calls(inputs, rng):
    """Inputs of all runs: of a language model a short text, one token, and a text of as many
    tokens as kernels for many rows take."""
    if "input_ids" not in inputs:
        return [inputs]
    ids = inputs["input_ids"]
    return [inputs, {"input_ids": ids[:, :1]}, {"input_ids": rng.integers(0, 300, (1, 131))}]
