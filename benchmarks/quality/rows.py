"""The rows of the quality table: what is compiled, and what it should reach.

A recipe is the YAML that a user would write. `most` and `least` are limits of the
row's main figure; a row without one is reported as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

SORTED = "transforms: {permute_inputs: true}\n"
SPLIT = "transforms: {split_channels: true}\n"
STREAM_AND_HEADS = "transforms: {rotate_stream: true, rotate_heads: true}\n"
HEAD = "rules: [{last: true, skip: true}]\n"


# What budgets choose from: a few layers get bits for which others have wider groups.
NEAR_3 = "3, 4, {bits: 3, group_size: 128}"
NEAR_4 = "3, 4, 8, {bits: 4, group_size: 128}"
FORMATS = "2, 3, 4, 8, {bits: 3, group_size: 32}, {bits: 2, group_size: 32}, nvfp4, w2-e4m3"


def weights(bits: int, extra: str = "", head: str = HEAD) -> str:
    return f"weights: {{bits: {bits}, symmetric: false, group_size: 64, scale: f16}}\n{extra}{head}"


def real_zeros(bits: int, method: str) -> str:
    """Zero points that are numbers of 16 bits."""
    return f"weights: {{bits: {bits}, group_size: 64, scale: f16, zero_point: f16}}\nmethod: {method}\n{HEAD}"


def signs(what: str, method: str, zeros: bool = True) -> str:
    """Weights of signs: `what` is their format."""
    symmetric = "false" if zeros else "true"
    return f"weights: {{{what}, symmetric: {symmetric}, scale: f16}}\nmethod: {method}\n{HEAD}"


def patterns(dim: int, size: int) -> str:
    return f"format: codebook, codebook_dim: {dim}, codebook_size: {size}"


def four_bits(*transforms: str, extra: str = "") -> str:
    """4-bit weights and activations; names of transforms."""
    chosen = ", ".join(f"{name}: true" for name in transforms)
    lines = f"preset: w4a8\nactivations: {{matmul: dynamic, bits: 4}}\n{extra}"
    return lines + (f"transforms: {{{chosen}}}\n" if chosen else "")


def budget(bits_per_weight: float, candidates: str = "2, 3, 4, 8") -> str:
    """Numbers of bits in groups of 64, and other ways, chosen by errors of the layers' outputs."""
    chosen = f"budget: {{bits_per_weight: {bits_per_weight}, candidates: [{candidates}], measure: outputs}}\n"
    return weights(4, f"method: gptq\n{chosen}")


def sparse(share: float, branch: str) -> str:
    """Inputs that a token leaves out, and what stands for them."""
    return f"sparsity: {{target: {share}}}\ncalibration: {{samples: 4}}\n{branch}"


@dataclass(frozen=True)
class Row:
    title: str
    kind: str  # a module of this folder: language, sentences or images
    recipe: str
    calibrate: bool = False
    decode: bool = False  # the second half of a window token by token, where inputs are left out
    most: float | None = None
    least: float | None = None
    model: str = ""  # of images


LANGUAGE = [
    Row("float", "language", "preset: float\n"),
    Row("w4 g64, rounded", "language", weights(4)),
    Row("w4 g64, GPTQ", "language", weights(4, "method: gptq\n"), calibrate=True, most=24.6),
    Row("w3 g64, rounded", "language", weights(3)),
    Row("w3 g64, rounded, channels split", "language", weights(3, SPLIT), calibrate=True),
    Row("w3 g64, GPTQ", "language", weights(3, "method: gptq\n"), calibrate=True, most=35),
    Row("w3 g64, GPTQ, inputs sorted", "language", weights(3, f"method: gptq\n{SORTED}"), calibrate=True, most=35),
    Row("w2 g64, rounded", "language", weights(2)),
    *(
        Row(f"w{bits} g64, f16 zero points, {name}", "language", real_zeros(bits, method))
        for bits in (4, 3, 2)
        for name, method in (("rounded", "rtn"), ("HQQ", "hqq"))
    ),
    Row("w2 g64, GPTQ", "language", weights(2, "method: gptq\n"), calibrate=True, most=120),
    Row("w2 g64, GPTQ, channels split", "language", weights(2, f"method: gptq\n{SPLIT}"), calibrate=True),
    Row("w2 g64, GPTAQ", "language", weights(2, "method: gptaq\n"), calibrate=True, most=120),
    Row("w2 g64, R1 R2, GPTQ", "language", weights(2, f"method: gptq\n{STREAM_AND_HEADS}"), calibrate=True, most=120),
    Row("w2 g64, R1 R2, GPTAQ", "language", weights(2, f"method: gptaq\n{STREAM_AND_HEADS}"), calibrate=True, most=120),
    Row("4.0 bits a weight, GPTQ", "language", budget(4.0), calibrate=True),
    Row("3.0 bits a weight, GPTQ", "language", budget(3.0), calibrate=True),
    # The bytes of w4 g64 and of w3 g64.
    Row("4.3125 bits a weight, GPTQ", "language", budget(4.3125, NEAR_4), calibrate=True),
    Row("3.3125 bits a weight, GPTQ", "language", budget(3.3125, NEAR_3), calibrate=True),
    Row("4.3125 bits a weight of 2 to 8, GPTQ", "language", budget(4.3125), calibrate=True),
    Row("3.3125 bits a weight of 2 to 8, GPTQ", "language", budget(3.3125), calibrate=True),
    Row("3.3125 bits a weight, with formats, GPTQ", "language", budget(3.3125, FORMATS), calibrate=True),
    Row(
        "w4 g64, GPTQ, head of 8 bits shared with the embedding",
        "language",
        weights(
            4,
            "method: gptq\ntied_embeddings: true\n",
            "rules: [{last: true, weights: {bits: 8, scale: f16}, method: rtn}]\n",
        ),
        calibrate=True,
    ),
    Row("mxfp4, rounded", "language", "preset: mxfp4\n"),
    Row("mxfp4, mse", "language", "preset: mxfp4\nmethod: mse\n"),
    Row("mxfp4, GPTQ", "language", "preset: mxfp4\nmethod: gptq\n", calibrate=True),
    Row("nvfp4, rounded", "language", "preset: nvfp4\n"),
    Row("nvfp4, mse", "language", "preset: nvfp4\nmethod: mse\n"),
    Row("nvfp4, GPTQ", "language", "preset: nvfp4\nmethod: gptq\n", calibrate=True),
    Row("nvfp4, mse, a8", "language", "preset: nvfp4\nmethod: mse\nactivations: {matmul: dynamic}\n"),
    Row("w2 g32, odd, E4M3 scales, mse", "language", "preset: w2-e4m3\n"),
    Row("w2 g32, odd, E4M3 scales, GPTQ", "language", "preset: w2-e4m3\nmethod: gptq\n", calibrate=True),
    Row("ternary g64, E4M3 scales, TWN", "language", "preset: ternary\n"),
    Row("ternary g64, E4M3 scales, GPTQ", "language", "preset: ternary\nmethod: gptq\n", calibrate=True),
    *(
        Row(f"w4 g64, rounded, {title}", "language", weights(4, sparse(share, branch)), calibrate=True, decode=True)
        for title, share, branch in (
            ("TEAL 25 %", 0.25, ""),
            ("TEAL 40 %", 0.4, ""),
            ("TEAL 50 %", 0.5, ""),
            ("TEAL 50 % and R-Sparse rank 8", 0.5, "low_rank: {rank: 8, method: r_sparse}\n"),
        )
    ),
    Row("binary, ARB", "language", signs("format: binary", "arb")),
    Row("binary, ARB-RC", "language", "preset: binary\n"),
    Row("binary, ARB-X", "language", signs("format: binary", "arb_x"), calibrate=True),
    Row("binary g64, ARB-X", "language", signs("format: binary, group_size: 64", "arb_x"), calibrate=True),
    Row("512 patterns of 10 signs, BTC", "language", signs(patterns(10, 512), "btc")),
    Row("512 patterns of 10 signs, BTC with Hessian", "language", signs(patterns(10, 512), "btc_x"), calibrate=True),
    Row("4096 patterns of 16 signs, BTC", "language", signs(patterns(16, 4096), "btc")),
    Row("4096 patterns of 16 signs, BTC with Hessian", "language", signs(patterns(16, 4096), "btc_x"), calibrate=True),
    Row("w8a8 per token", "language", "preset: w8a8\n", most=22.6),
    Row("w4a4, rounded", "language", four_bits()),
    Row("w4a4, R1", "language", four_bits("rotate_stream")),
    Row("w4a4, R1 R2", "language", four_bits("rotate_stream", "rotate_heads")),
    Row("w4a4, R1 R2 R4", "language", four_bits("rotate_stream", "rotate_heads", "rotate_inputs")),
    Row(
        "w4a4, R1 R2 R4, GPTQ",
        "language",
        four_bits("rotate_stream", "rotate_heads", "rotate_inputs", extra="method: gptq\n"),
        calibrate=True,
        most=52,
    ),
]

# What a limit is for, by the kind of a row.
FIGURES = {"language": "perplexity, wiki", "sentences": "mean cosine", "images": "points lost"}

STATIC = "preset: w8a8\nactivations: {matmul: static}\n"
OTHERS = [
    Row("MiniLM, w8a8 dynamic", "sentences", "preset: w8a8\n", least=0.99),
    Row("MiniLM, w8a8 static", "sentences", STATIC, calibrate=True, least=0.99),
    Row("resnet20, w8a8", "images", "preset: w8a8\n", calibrate=True, most=0.5, model="resnet20_cifar10"),
    Row("resnet32, w8a8", "images", "preset: w8a8\n", calibrate=True, most=0.5, model="resnet32_cifar10"),
    Row("resnet8, w8a8", "images", "preset: w8a8\n", calibrate=True, most=0.5, model="mlperf_ic_resnet8"),
    Row("DS-CNN, w8a8", "images", "preset: w8a8\n", calibrate=True, most=0.5, model="mlperf_kws_dscnn"),
]

ROWS = LANGUAGE + OTHERS
