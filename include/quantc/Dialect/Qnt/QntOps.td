//===- QntOps.td - operations of the qnt dialect -----------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations of the qnt dialect. The products at the end define what every
// low-bit kernel computes.

#ifndef QUANTC_DIALECT_QNT_QNTOPS_TD
#define QUANTC_DIALECT_QNT_QNTOPS_TD

include "quantc/Dialect/Qnt/QntDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Qnt_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qnt_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
}
defvar Reify = DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>;

def Qnt_F32Tensor : RankedTensorOf<[F32, F16, BF16]>;
def Qnt_CodeTensor : RankedTensorOf<[AnyInteger]>;
def Qnt_ChannelsTensor : 1DTensorOf<[I32]>;
def Qnt_ScaleTensor : RankedTensorOf<[F32, F16, BF16, F8E8M0FNU, F8E4M3FN]>;
def Qnt_Packed : AnyTypeOf<[Qnt_PackedType, Qnt_CodeTensor]>;

def Qnt_QuantizeOp : Qnt_Op<"quantize", [Reify]> {
  let summary = "numbers to codes, with given scales";
  let description = [{
    `code = clamp(rint(x * (1 / scale)) + zero_point, lowest, highest)`, ties to
    even, the reciprocal in fp32 (for the rounding question see
    `docs/rationale-qnt.md`). With `by_division` it is `rint(x / scale)`, one
    rounding before that to an integer: QuantizeLinear of ONNX. NaN becomes the
    lowest code. With `rounding` it is
    `round(clamp(x / scale + zero_point, lowest, highest))`, rounded that way:
    Quant of QONNX (Pappalardo et al., 2022, section III), whose `narrow` ranges
    have one code less, the lowest of signed and the highest of unsigned ones. A
    binary code is 1 where `x >= 0`, else 0; the scale does not matter to it. Scales and zero points have the granularity of the scheme: a
    scalar, one a channel, or `[..., groups, ...]` along `axis`.

    Example:

    ```mlir
    %q = qnt.quantize %x, %s zero_point %z <code = int, bits = 8, zero_point = true>
        : tensor<1x16x32x32xf32>, tensor<f32>, tensor<i8> -> tensor<1x16x32x32xi8>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, Qnt_F32Tensor:$scale,
                       Optional<Qnt_CodeTensor>:$zero_point, Qnt_SchemeAttr:$scheme,
                       UnitAttr:$by_division, OptionalAttr<Qnt_RoundingModeAttr>:$rounding,
                       UnitAttr:$narrow);
  let results = (outs Qnt_CodeTensor:$codes);
  let assemblyFormat = [{$input `,` $scale (`zero_point` $zero_point^)? $scheme attr-dict
      `:` type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($codes)}];
}

def Qnt_QuantizeDynamicOp : Qnt_Op<"quantize_dynamic", [Reify]> {
  let summary = "numbers to codes, with scales from the numbers themselves";
  let description = [{
    One scale for each row of the last dimension (a token), and one zero point
    when the scheme has them. Codes of 8 or 4 bits, in int8 bytes. In fp32, in
    this order, ties to even, with `most` = `2^(bits-1) - 1`:

    Symmetric, with `absmax` the largest magnitude of the row:
    `scale = absmax / most`, `inverse = most / absmax`,
    `code = clamp(rint(x * inverse), -most, most)`.

    With zero points, `lo` and `hi` the ends of the row's range, zero inside it,
    and `steps` = `2^bits - 1`:
    `scale = (hi - lo) / steps`, `inverse = steps / (hi - lo)`,
    `zero_point = -most - 1 - rint(lo * inverse)`,
    `code = min(rint(x * inverse) + zero_point, most)`.

    A row of zeros has scale 0, zero point 0 and codes 0. The exact definition
    is `quantc/Formats/ActivationQuantizer.h`.

    Example:

    ```mlir
    %q, %s, %z = qnt.quantize_dynamic %x
        <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true>
        : tensor<1x?x576xf32> -> tensor<1x?x576xi8>, tensor<1x?xf32>, tensor<1x?xi8>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, Qnt_SchemeAttr:$scheme);
  let results = (outs Qnt_CodeTensor:$codes, Qnt_F32Tensor:$scales,
                      Optional<Qnt_CodeTensor>:$zero_points);
  let assemblyFormat = [{$input $scheme attr-dict `:` type($input) `->` type($codes) `,` type($scales)
      (`,` type($zero_points)^)?}];
}

def Qnt_DequantizeOp : Qnt_Op<"dequantize", [Reify]> {
  let summary = "codes to numbers";
  let description = [{
    `x = (code - zero_point) * scale`, in fp32, one rounding. For a float code
    the decoded value takes the place of `code - zero_point`.

    Example:

    ```mlir
    %x = qnt.dequantize %q, %s <code = int, bits = 8>
        : tensor<10xi8>, tensor<f32> -> tensor<10xf32>
    ```
  }];
  let arguments = (ins Qnt_Packed:$codes, Qnt_F32Tensor:$scale,
                       Optional<AnyRankedTensor>:$zero_point, Qnt_SchemeAttr:$scheme);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$codes `,` $scale (`zero_point` $zero_point^)? $scheme attr-dict
      `:` type($codes) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)}];
}

def Qnt_AssignOp : Qnt_Op<"assign", [SameOperandsAndResultType, Reify]> {
  let summary = "the scheme that an operand will have";
  let description = [{
    The identity. Says how its operand is to be represented where the result is
    used; `method` names the quantizer of a weight. Assign places it, Quantize
    consumes it. The method `model` says that the operand, a `qnt.dequantize`,
    keeps the codes and scales that the model came with. `qnt.rank` gives a weight
    a low-rank branch of that many rows beside its codes, at most, fitted as
    `qnt.low_rank` says (`eora`, `lorc` or `r_sparse`, see `quantc/Methods/LowRank.h`).

    Example:

    ```mlir
    %0 = qnt.assign %w <code = uint, bits = 4, granularity = group, axis = 0, group_size = 64, zero_point = true>
        {method = "rtn"} : tensor<576x192xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, Qnt_SchemeAttr:$scheme, OptionalAttr<StrAttr>:$method);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = "$input $scheme attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    /// The method of codes that the model came with.
    static constexpr ::llvm::StringLiteral modelMethod = "model";
    /// Rank of the low-rank branch of a weight, at most, and how it is fitted.
    static constexpr ::llvm::StringLiteral rankAttr = "qnt.rank", lowRankAttr = "qnt.low_rank";
    /// Whether that branch is for inputs that are left out, a remainder; where none are, drop it.
    bool hasRemainder(); void dropRemainder();
    /// On the module: bytes that all branches may take; without it each has its rank.
    static constexpr ::llvm::StringLiteral lowRankBytesAttr = "qnt.low_rank_bytes";
    /// Numbers of the model that the operand stands for: channels that a transform
    /// repeats count once.
    int64_t countOfModel();
    /// True when the operand keeps the codes that the model came with.
    bool isFromModel() { return getMethod() == ::llvm::StringRef(modelMethod); }
  }];
  let hasFolder = 1; // the same twice
}

def Qnt_TransformOp : Qnt_Op<"transform"> {
  let summary = "a parameter in another basis";
  let description = [{
    What Transform decided for a parameter. The weights stay as they are until
    Quantize computes this, in fp64 and for one parameter at a time; a chain of
    transforms is rounded once, at its end. For each vector `x` along `axis`:

    | kind | result | with `inverse` |
    |---|---|---|
    | `hadamard` | `(x * d) H / sqrt(n)`, in blocks of `n = block` elements | `(x H^T / sqrt(n)) * d` |
    | `scale` | `x * by`, element by element | `x / by` |
    | `center` | `x - mean(x)` | - |
    | `take` | `x[by[j]]` for each `j` | - |
    | `split` | `x`, and behind it the second halves of the channels `by` | - |

    `H` is the Hadamard matrix of order `n` of `quantc/Methods/Hadamard.h`, and
    `d` a vector of signs: `d[i]` is -1 where the lowest bit of number `i` of the
    splitmix64 sequence that starts at `seed` is set (Steele et al., 2014). A
    hadamard transform is orthogonal: applied to both axes that a product sums
    over, or to what writes a value and what reads it, it changes no result.

    `by` are i32 channels for `take`, of which there may be any number, and for
    `split`, each once. A product whose inputs are `x` and once more the channels
    `by` keeps its result when `split` is done to its weight: both halves of a
    weight add up to it. What the halves are, so that their codes add up, too, says
    `quantc/Methods/ChannelSplit.h`; `scheme`, whole numbers with groups along
    `axis`, says the steps.

    Example:

    ```mlir
    %0 = qnt.transform scale %w by %gamma {axis = 0 : i64} : tensor<576x192xf32>, tensor<576xf32>
    %1 = qnt.transform hadamard %0 {axis = 0 : i64, block = 576 : i64, seed = 1 : i64} : tensor<576x192xf32>
    ```
  }];
  let arguments = (ins Qnt_TransformKindAttr:$kind, Qnt_F32Tensor:$input,
                       Optional<AnyTypeOf<[Qnt_F32Tensor, Qnt_ChannelsTensor]>>:$by, I64Attr:$axis,
                       DefaultValuedAttr<I64Attr, "0">:$block,
                       DefaultValuedAttr<I64Attr, "0">:$seed, UnitAttr:$inverse,
                       OptionalAttr<Qnt_SchemeAttr>:$scheme);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$kind $input (`by` $by^)? attr-dict `:`
      custom<TransformTypes>(type($input), type($by), type($result))}];
  let extraClassDeclaration = [{
    /// The parameter behind `value`, through transforms; null when there is none.
    static ::quantc::nn::ParamOp paramOf(::mlir::Value value);
    /// The transform of a parameter, through others, that splits its channels; null
    /// when there is none.
    static TransformOp splitOf(::mlir::Value value);
    /// What `take`, or `split`, along `axis` makes of a type.
    static ::mlir::RankedTensorType typeAfter(::mlir::RankedTensorType type, TransformKind kind,
                                              int64_t axis, int64_t channels);
    /// Whether `by` are channels, which the result has more or fewer of.
    bool takesChannels() {
      return getKind() == TransformKind::Take || getKind() == TransformKind::Split;
    }
  }];
  let hasFolder = 1; // with its inverse; the mean of no mean
}

def Qnt_RotateOp : Qnt_Op<"rotate", [SameOperandsAndResultType, Reify]> {
  let summary = "a value in another basis, computed when the model runs";
  let description = [{
    What `qnt.transform hadamard` is for parameters, for the rows of the last
    dimension of any value: in each block `x` of `n = block` elements
    `(x * d) H / sqrt(n)`, with the signs `d` of `seed`. A product whose weight
    is rotated along the dimension that it sums over keeps its result.

    In fp32, in this order: `t[i] = x[i] * float(d[i] / sqrt(n))`; with `K` and
    `2^m` the parts of `H`, for each `k` the butterflies
    `(t[k 2^m + i], t[k 2^m + j]) = (a + b, a - b)`, where `j` is `i` with one more
    bit, from the lowest bit to the highest; then for each result the sum of
    `K` terms, ascending. The exact definition is
    `quantc/Dialect/Qnt/Rotation.h`.

    Example:

    ```mlir
    %0 = qnt.rotate %x {block = 1536 : i64, seed = 1 : i64} : tensor<1x?x1536xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, I64Attr:$block, DefaultValuedAttr<I64Attr, "0">:$seed);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Qnt_TakeChannelsOp : Qnt_Op<"take_channels", [Reify]> {
  let summary = "channels of a value in another order, or again";
  let description = [{
    What `qnt.transform take` is for parameters, for the rows of the last dimension
    of any value: `y[..., j] = x[..., channels[j]]`. With `append` the channels
    follow behind all of `x`: what a weight with `qnt.transform split` reads. A
    channel outside of the rows is an error.

    Example:

    ```mlir
    %0 = qnt.take_channels %x at %c {append} : tensor<1x?x576xf32>, tensor<64xi32> -> tensor<1x?x640xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, Qnt_ChannelsTensor:$channels, UnitAttr:$append);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$input `at` $channels attr-dict
      `:` type($input) `,` type($channels) `->` type($result)}];
}

def Qnt_ProjectOp : Qnt_Op<"project", [Reify]> {
  let summary = "rows times a small matrix of half precision";
  let description = [{
    The first half of the low-rank branch of a `qnt.matmul`: `input` is `[..., M,
    K]` in fp32, `matrix` `[R, K]` in fp16, the result `[..., M, R]`. In fp32, for
    each m and r, with 16 partial sums, from 0, k ascending and both factors 0 from
    K to the next multiple of 16:

    ```
    p[k mod 16] = fma(input[m,k], matrix[r,k], p[k mod 16])
    ```

    and then `p[l] = p[l] + p[l + n]` for `l < n`, with n = 8, 4, 2, 1; the result
    is `p[0]`.

    Example:

    ```mlir
    %t = qnt.project %x, %a : tensor<1x?x576xf32>, tensor<16x576xf16> -> tensor<1x?x16xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, RankedTensorOf<[F16]>:$matrix);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$input `,` $matrix attr-dict
      `:` type($input) `,` type($matrix) `->` type($result)}];
}

def Qnt_ThresholdOp : Qnt_Op<"threshold", [AllTypesMatch<["input", "result"]>, Reify]> {
  let summary = "zero where a magnitude is small";
  let description = [{
    `y = x` where `|x| > tau` or `x` is NaN, else `y = 0` (TEAL, arXiv 2408.14690,
    section 4.1). `tau` is one fp32 number, `above`. With `one_row` it is the
    identity unless there is exactly one row, the product of all dimensions but
    the last: of a language model prompts stay dense and decoding does not.

    A product with codes in the layout `column64` reads the columns of numbers
    that are not zero, and no others. A number that is 0 contributes nothing to
    its sums, so that `tau = 0` gives the bits of the product without it.

    With `left_out` the result is `x` where it is 0 otherwise, and 0 where it is
    `x`: what a branch takes for columns that are not read (R-Sparse, ICLR 2025).

    Example:

    ```mlir
    %0 = qnt.threshold %x above %tau {one_row} : tensor<1x?x576xf32>, tensor<1xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, Qnt_F32Tensor:$above, UnitAttr:$one_row, UnitAttr:$left_out);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = "$input `above` $above attr-dict `:` type($input) `,` type($above)";
}

def Qnt_ObserveOp : Qnt_Op<"observe", [SameOperandsAndResultType, Reify]> {
  let summary = "a place where statistics are taken";
  let description = [{
    The identity. While a model is calibrated, the values that pass here stream
    into the statistics with number `id`; rows are the last dimension.

    Example:

    ```mlir
    %0 = qnt.observe %x {id = 3 : i64} : tensor<1x16x32x32xf32>
    ```
  }];
  let arguments = (ins Qnt_F32Tensor:$input, I64Attr:$id);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Qnt_MatMulOp : Qnt_Op<"matmul", [Reify, AttrSizedOperandSegments]> {
  let summary = "product with a packed weight: the definition every kernel equals";
  let description = [{
    `lhs` is `[..., M, K]`: fp32 numbers (a16), or int8 codes with one fp32
    scale a row (`lhs_scale`, `[..., M]`) or one for all (a scalar). The weight
    is packed `[N, K]` with groups of `group_size` along K (K itself per
    channel) and scales `[N, G]`. Its codes stand for whole numbers, steps:

    | code | step `d[n,k]` |
    |---|---|
    | `uint` | `code - zero_point[n,g]`; without a zero point tensor the zero point is `2^(bits-1)`; for `zero = f16` see below |
    | `ternary` | `code - 1` |
    | `odd` | `2 code - 3`, which is twice the number |
    | `e2m1` | twice the number: 0 1 2 3 4 6 8 12 for codes 0 .. 7, minus that for 8 .. 15 |

    What a step is worth, `s[n,g]`, is the scale itself where scales are f32 or
    f16. Scales of 8 bits (`e8m0`, `e4m3`) come with `scale_unit`, `[1, 1]`:
    `s[n,g] = float(scale[n,g]) * scale_unit`, one fp32 product. So a scale that
    belongs to numbers, as those of MXFP4 and NVFP4, is stored as it is, and the
    half of `odd` and `e2m1` is part of `scale_unit`.

    int8 codes, for each m and n, with int32 sums and fp32 arithmetic in this
    order, groups ascending:

    ```
    p[g] = sum_{k in g} d[n,k] * code_x[m,k]                      (exact, int32)
    acc  = fma(float(p[g]), s[n,g], acc)                (one fma a group, from 0)
    acc  = fma(-float(zx[m]), weight_sum[n], acc)       (when there is a zero point)
    y    = acc * lhs_scale[m]
    y    = fma(projected[m,r], up[r,n], y)              (each r, ascending, when there is a branch)
    y    = y + bias[n]                                  (when there is one)
    ```

    The low-rank branch makes up for what the codes lose: `projected` `[..., M,
    R]` is fp32, by `qnt.project`, and `up` `[R, N]` fp16.

    `zx` is the zero point of the activation (`lhs_zero_point`, one a row like
    the scales, or one for all). `weight_sums` `[N, 1]` is there with it: what a
    row of ones would give, computed once from the codes of the weight, groups
    ascending:

    ```
    weight_sum = fma(float(sum_{k in g} d[n,k]), s[n,g], weight_sum)
    ```

    fp32 numbers, k ascending inside a group:

    ```
    p[g] = fma(x[m,k], float(d[n,k]), p[g])                          (from 0)
    acc  = fma(p[g], s[n,g], acc)
    y    = acc, then the branch and the bias as above
    ```

    With `zero = f16` zero points are fp32 numbers, each an f16, as HQQ has them
    (Badri and Shaji, 2023), and `b = code_w`. Binary codes stand for a sign,
    `b = 2 code_w - 1`, and their zero points are fp32 numbers, too, 0 where the
    scheme has none. With a `codebook` (i16
    `[codebook_size]`) the weight holds indices, and `code_w[n,k]` is bit
    `k mod codebook_dim` of `codebook[index[n, k / codebook_dim]]`. In all of the
    above then, with `b - zero_point` one fp32 subtraction

    ```
    p[g] = fma(x[m,k], b[n,k] - zero_point[n,g], p[g])               (fp32 numbers)
    acc  = fma(fma(-zero_point[n,g], float(sum_{k in g} code_x[m,k]),
                   float(sum_{k in g} b[n,k] * code_x[m,k])), scale[n,g], acc)  (int8 codes)
    weight_sum = fma(fma(-zero_point[n,g], float(columns of g), float(sum_{k in g} b[n,k])),
                     scale[n,g], weight_sum)
    ```

    Indices have no product with int8 codes.

    A weight of `planes` is read at the `precision` of the run, one of the
    `widths` of its scheme, the first unless the caller sets another
    (`qc_set_precision`). Its scales are `[W, N, G]`, a set for each width, and so
    are the `weight_sums`, `[W, N, 1]`. At `r` bits of `bits` the code is the prefix
    of the stored one, and what it stands for is the middle of all stored codes
    with that prefix (truncation with centring; MatQuant, arXiv 2502.06786, rounds
    instead, which needs a bit more than is read):

    ```
    code[n,k] = stored[n,k] >> (bits - r)
    d[n,k]    = code - 136, code - 8, 8 code - 13   (bits = 8; r = 8, 4, 2)
    d[n,k]    = code - 8, 2 code - 3                (bits = 4; r = 4, 2)
    ```

    Example:

    ```mlir
    %y = qnt.matmul %x weight %w, %s : (tensor<1x?x576xf32>, !qnt.packed<192x576,
        <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64>, <panel16k4>>,
        tensor<192x9xf32>) -> tensor<1x?x192xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$lhs, Optional<Qnt_F32Tensor>:$lhs_scale,
      Optional<Qnt_CodeTensor>:$lhs_zero_point, Qnt_PackedType:$weight,
      Qnt_ScaleTensor:$scale, Optional<Qnt_F32Tensor>:$scale_unit,
      Optional<AnyRankedTensor>:$zero_point, Optional<Qnt_F32Tensor>:$weight_sums,
      Optional<AnyRankedTensor>:$codebook,
      Optional<Qnt_F32Tensor>:$projected, Optional<RankedTensorOf<[F16]>>:$up,
      Optional<Qnt_F32Tensor>:$bias);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$lhs (`scale` $lhs_scale^)? (`offset` $lhs_zero_point^)?
      `weight` $weight `,` $scale (`unit` $scale_unit^)? (`zero_point` $zero_point^)?
      (`sums` $weight_sums^)? (`codebook` $codebook^)? (`branch` $projected^ `,` $up)?
      (`bias` $bias^)? attr-dict
      `:` functional-type(operands, $result)}];
}

def Qnt_EmbeddingOp : Qnt_Op<"embedding", [Reify, AttrSizedOperandSegments]> {
  let summary = "rows of a packed table, as numbers";
  let description = [{
    `nn.embedding` with a packed table `[N, K]`, whose steps `d` and scales `s` are
    those of `qnt.matmul`, so that an embedding and the product that shares its
    table store it once. For each id `i` (a negative one counts from the end), k
    in group g:

    ```
    y[..., k] = float(d[i,k]) * s[i,g]    (one fp32 product)
    ```

    With `zero = f16` the fp32 difference of code and zero point takes the place
    of `float(d)`.

    An id outside the table is an error at run time.

    Example:

    ```mlir
    %y = qnt.embedding %ids table %w, %s : (tensor<1x?xi64>, !qnt.packed<49152x576,
        <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>,
        tensor<49152x1xf32>) -> tensor<1x?x576xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$ids, Qnt_PackedType:$weight, Qnt_ScaleTensor:$scale,
      Optional<Qnt_F32Tensor>:$scale_unit, Optional<AnyRankedTensor>:$zero_point);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$ids `table` $weight `,` $scale (`unit` $scale_unit^)?
      (`zero_point` $zero_point^)? attr-dict
      `:` functional-type(operands, $result)}];
}

def Qnt_ConvOp : Qnt_Op<"conv", [Reify, AttrSizedOperandSegments]> {
  let summary = "convolution with a packed filter: the definition every kernel equals";
  let description = [{
    As `qnt.matmul`, but for the zero point `zx` of the input, which is part of
    the exact sum: `input` is `[N, H, W, C]`, fp32 numbers or int8 codes with one
    scale and zero point for all. The filter is packed `[O, KH*KW*(C/groups)]`, k
    = (kh, kw, c), with groups of `group_size` along k (all of them per channel).
    int8 codes, groups g of columns ascending:

    ```
    p[g] = sum_{k in g} (code_w[o,k] - zero_point[o,g]) * (code_x[k] - zx)  (exact, int32)
    acc  = fma(float(p[g]), scale[o,g], acc)            (one fma a group, from 0)
    y    = acc * input_scale;  y = y + bias[o]
    ```

    fp32 numbers: as `qnt.matmul`. Codes are `uint`, scales f32 or f16. Padding has the value zero, that is the code
    `zx`. Window attributes are those of `nn.conv`.

    Example:

    ```mlir
    %y = qnt.conv %x scale %sx weight %w, %s {dilations = array<i64: 1, 1>, groups = 1 : i64,
        kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
        : (tensor<1x32x32x16xi8>, tensor<f32>, !qnt.packed<16x144,
        <code = int, bits = 8, granularity = channel>, <panel16k4>>, tensor<16x1xf32>) -> tensor<1x32x32x16xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, Optional<Qnt_F32Tensor>:$input_scale,
      Optional<Qnt_CodeTensor>:$input_zero_point, Qnt_PackedType:$weight,
      Qnt_F32Tensor:$scale, Optional<AnyRankedTensor>:$zero_point,
      Optional<Qnt_F32Tensor>:$bias,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
      DenseI64ArrayAttr:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Qnt_F32Tensor:$result);
  let assemblyFormat = [{$input (`scale` $input_scale^)? (`offset` $input_zero_point^)?
      `weight` $weight `,` $scale (`zero_point` $zero_point^)? (`bias` $bias^)? attr-dict
      `:` functional-type(operands, $result)}];
}

def Qnt_F32OrWords : RankedTensorOf<[F32, I64]>;

def Qnt_PackSignsOp : Qnt_Op<"pack_signs", [Reify]> {
  let summary = "signs of numbers, or binary codes, as words of 64 bits";
  let description = [{
    `[..., K]` to `[..., ceil(K/64)]`: bit `k % 64` of word `k / 64` is 1 where
    `x[k] >= 0` (zero is positive, NaN is not), or where an integer `x[k]` is not
    0. Bits behind K are 0.

    Example:

    ```mlir
    %w = qnt.pack_signs %x : tensor<1x784xf32> -> tensor<1x13xi64>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs RankedTensorOf<[I64]>:$words);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($words)";
}

def Qnt_BinaryMatMulOp : Qnt_Op<"binary_matmul", [Reify, AttrSizedOperandSegments]> {
  let summary = "product of signs: the definition every kernel equals";
  let description = [{
    Operands are signs: `lhs` is `[..., ceil(K/64)]` words as `qnt.pack_signs`
    makes them, the weight is packed `[N, 1, K]` binary in `panel16b64`. A bit of
    1 stands for +1, one of 0 for -1 (Courbariaux et al., 2016, section 1.5):

    ```
    dot[m,n] = K - 2 * popcount(lhs[m] xor w[n])        (exact, int32)
    ```

    With a `scale` `[N, 1]` and a scalar `lhs_scale` the result is numbers
    `[..., N]`, in fp32 in this order:

    ```
    y = (float(dot) * scale[n]) * lhs_scale;  y = y + bias[n]
    ```

    With `thresholds` `[N, 2]` int32 instead the result is words `[..., ceil(N/64)]`:
    bit n is 1 where `thresholds[n,0] <= dot < thresholds[n,1]`. So a channel
    whose sign falls as `dot` grows, and one whose sign is constant, need nothing
    else.

    Example:

    ```mlir
    %y = qnt.binary_matmul %x scale %sx weight %w scales %sw
        : (tensor<1x13xi64>, tensor<f32>, !qnt.packed<64x1x784, <code = binary, bits = 1,
           granularity = channel>, <panel16b64>>, tensor<64x1xf32>) -> tensor<1x64xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I64]>:$lhs, Optional<Qnt_F32Tensor>:$lhs_scale,
      Qnt_PackedType:$weight, Optional<Qnt_F32Tensor>:$scale,
      Optional<RankedTensorOf<[I32]>>:$thresholds, Optional<Qnt_F32Tensor>:$bias);
  let results = (outs Qnt_F32OrWords:$result);
  let assemblyFormat = [{$lhs (`scale` $lhs_scale^)? `weight` $weight (`scales` $scale^)?
      (`thresholds` $thresholds^)? (`bias` $bias^)? attr-dict `:` functional-type(operands, $result)}];
}

def Qnt_BinaryConvOp : Qnt_Op<"binary_conv", [Reify, AttrSizedOperandSegments]> {
  let summary = "convolution of signs: the definition every kernel equals";
  let description = [{
    As `qnt.binary_matmul` on images `[N, H, W, ceil(C/64)]` with a filter packed
    `[O, KH*KW, C]`; window attributes are those of `nn.conv`. Padding is zero,
    which is no sign: taps outside of the image do not take part.

    ```
    dot = sum over taps (kh, kw) inside of the image of
          (C - 2 * popcount(x[tap] xor w[o, kh*KW + kw]))  (exact, int32)
    ```

    Scales, bias and thresholds are those of `qnt.binary_matmul`.

    Example:

    ```mlir
    %y = qnt.binary_conv %x scale %sx weight %w scales %sw {dilations = array<i64: 1, 1>,
        kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
        : (tensor<1x14x14x2xi64>, tensor<f32>, !qnt.packed<128x9x128, <code = binary, bits = 1,
           granularity = channel>, <panel16b64>>, tensor<128x1xf32>) -> tensor<1x14x14x128xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I64]>:$input, Optional<Qnt_F32Tensor>:$input_scale,
      Qnt_PackedType:$weight, Optional<Qnt_F32Tensor>:$scale,
      Optional<RankedTensorOf<[I32]>>:$thresholds, Optional<Qnt_F32Tensor>:$bias,
      DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
      DenseI64ArrayAttr:$dilations);
  let results = (outs Qnt_F32OrWords:$result);
  let assemblyFormat = [{$input (`scale` $input_scale^)? `weight` $weight (`scales` $scale^)?
      (`thresholds` $thresholds^)? (`bias` $bias^)? attr-dict `:` functional-type(operands, $result)}];
}

#endif // QUANTC_DIALECT_QNT_QNTOPS_TD
