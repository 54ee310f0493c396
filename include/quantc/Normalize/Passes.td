//===- Passes.td - passes of the phase Normalize -----------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One form for each operation, whatever the spelling of the exporter.

#ifndef QUANTC_NORMALIZE_PASSES_TD
#define QUANTC_NORMALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def NormalizeShapes : Pass<"normalize-shapes", "::mlir::ModuleOp"> {
  let summary = "expresses sizes by the sizes of the inputs";
  let description = [{
    A question for the size of a value becomes arithmetic on sizes of function
    arguments; arguments with a dimension of one name share one question. A
    transpose in front of a matrix product becomes its flag, and rows of a table
    are looked up before their indices are reshaped. A product whose sums have a
    length that one operand knows casts the other operand to it; that the cast
    holds is checked before the program runs.

    Example:

    ```mlir
    %t = linalg.transpose ins(%w : tensor<512x64xf32>) outs(%e : tensor<64x512xf32>) permutation = [1, 0]
    %y = nn.matmul %x, %t : tensor<1x?x64xf32>, tensor<64x512xf32> -> tensor<1x?x512xf32>
    // becomes
    %y = nn.matmul %x, %w transpose_rhs : tensor<1x?x64xf32>, tensor<512x64xf32> -> tensor<1x?x512xf32>
    ```
  }];
  let statistics = [Statistic<"sharedSizes", "num-shared-sizes", "Sizes known by their name">,
                    Statistic<"transposes", "num-transposes", "Transposes made part of a product">,
                    Statistic<"knownSizes", "num-known-sizes", "Operands of products cast to a known size">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::affine::AffineDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def NormalizeHalf : Pass<"normalize-half", "::mlir::ModuleOp"> {
  let summary = "computes 16-bit floats in fp32";
  let description = [{
    Kernels take fp32. Every f16 and bf16 inside a function becomes f32; weights
    keep their bytes and are converted when they are read. Inputs are widened
    where the function begins, results rounded where it ends. A cast to 16 bits
    that the model asks for still rounds; other intermediate results are not
    rounded to 16 bits, so that they are at least as near as those of a runtime
    that does.

    Example:

    ```mlir
    nn.data @w {file = "m.onnx", offset = 64 : i64} : tensor<8x4xf16>
    // becomes
    nn.data @w {file = "m.onnx", offset = 64 : i64, stored = f16} : tensor<8x4xf32>
    ```
  }];
  let statistics = [Statistic<"constants", "num-constants", "Constants widened">,
                    Statistic<"values", "num-values", "Values widened">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeKVCache : Pass<"normalize-kv-cache", "::mlir::ModuleOp"> {
  let summary = "recognises key/value caches";
  let description = [{
    A concatenation of a function argument of open length and a new part, whose
    result is returned, extends a cache.

    Example:

    ```mlir
    %k = tensor.concat dim(2) %past, %new : (tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32>) -> tensor<1x3x?x64xf32>
    return %k
    // becomes
    %k = nn.kv_append %past, %new {axis = 2 : i64} : ...
    ```
  }];
  let statistics = [Statistic<"caches", "num-caches", "Caches recognised">];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NormalizeConstants : Pass<"normalize-constants", "::mlir::ModuleOp"> {
  let summary = "computes small constants from constants";
  let description = [{
    An elementwise operation whose operands are all constants of the model
    becomes a constant, when it has at most 65,536 elements. A bias that a model
    keeps as int32 codes is such an operation: `(code - zero point) * scale`. A
    reshape of a constant becomes a constant over the same bytes.

    Example:

    ```mlir
    %c = nn.param @bias : tensor<16xi32>
    %b = linalg.generic ... ins(%c : tensor<16xi32>) { ... arith.mulf ... } -> tensor<16xf32>
    // becomes
    %b = nn.param @bias_computed : tensor<16xf32>
    ```
  }];
  let statistics = [Statistic<"computed", "num-computed", "Constants computed">,
                    Statistic<"reshaped", "num-reshaped", "Constants reshaped">];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NormalizeCodes : Pass<"normalize-codes", "::mlir::ModuleOp"> {
  let summary = "brings codes that the model came with to one form";
  let description = [{
    Scales and zero points of whole tensors become plain constants. uint8 codes
    that only pass from a `qnt.quantize` to `qnt.dequantize` become int8 codes,
    128 less, with zero points 128 less. Codes of 2 and 4 bits take a byte each,
    unless they are packed. Constants that a model quantizes become their codes.
    Comparisons with zero that choose a number or its negative become binary codes,
    and so do constants of one magnitude a channel that these are multiplied by.
    Numbers that were dequantized, moved
    (transposed, reshaped, sliced) and quantized again with the same scale are
    moved as codes. All of it is exact.

    Example:

    ```mlir
    %q = qnt.quantize %x, %s zero_point %z <code = uint, bits = 8, zero_point = true> {by_division} : ...
    %y = qnt.dequantize %q, %s zero_point %z <code = uint, bits = 8, zero_point = true> : ...
    // becomes, with %z holding 128
    %o = arith.constant dense<0> : tensor<i8>
    %q = qnt.quantize %x, %s zero_point %o <code = int, bits = 8, zero_point = true> {by_division} : ...
    %y = qnt.dequantize %q, %s zero_point %o <code = int, bits = 8, zero_point = true> : ...
    ```
  }];
  let statistics = [Statistic<"centered", "num-centered", "Activations with codes made int8">,
                    Statistic<"moved", "num-moved", "Movements of numbers that became movements of codes">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def NormalizeNorms : Pass<"normalize-norms", "::mlir::ModuleOp"> {
  let summary = "recognises norms over the last dimension";
  let description = [{
    Finds products of a tensor, the inverse root of its mean square plus epsilon
    and a vector, in any order and spelling (`rsqrt`, division by a root,
    reciprocal of a root). When the tensor is centred it is a layer norm, whose
    bias is taken in as well.

    Example:

    ```mlir
    // mul(mul(%x, 1 / sqrt(mean(%x * %x) + 1.0e-05)), %g)
    // becomes
    %y = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : ...
    ```
  }];
  let statistics = [Statistic<"norms", "num-norms", "Norms recognised">];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NormalizeActivations : Pass<"normalize-activations", "::mlir::ModuleOp"> {
  let summary = "recognises activation functions";
  let description = [{
    Finds ReLU, SiLU and GELU (with `erf` or with `tanh`) spelled by elementwise
    operations.

    Example:

    ```mlir
    // mul(%x, 1 / (1 + exp(-%x)))
    // becomes
    %y = nn.activation silu %x : tensor<1x?x1536xf32>
    ```
  }];
  let statistics = [Statistic<"activations", "num-activations", "Activation functions recognised">];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NormalizeSoftmax : Pass<"normalize-softmax", "::mlir::ModuleOp"> {
  let summary = "recognises softmax and turns it to the last dimension";
  let description = [{
    Finds `exp(x - max(x)) / sum(exp(x - max(x)))` along one dimension. A softmax
    along another than the last dimension gets transposes around.

    Example:

    ```mlir
    %y = nn.softmax %x {axis = 1 : i64} : tensor<1x10x?xf32> -> tensor<1x10x?xf32>
    // becomes
    %t = linalg.transpose ins(%x : ...) permutation = [0, 2, 1]
    %s = nn.softmax %t {axis = 2 : i64} : tensor<1x?x10xf32> -> tensor<1x?x10xf32>
    %y = linalg.transpose ins(%s : ...) permutation = [0, 2, 1]
    ```
  }];
  let statistics = [Statistic<"recognised", "num-recognised", "Softmaxes recognised">,
                    Statistic<"turned", "num-turned", "Softmaxes turned">];
  let dependentDialects = ["::quantc::nn::NNDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeRope : Pass<"normalize-rope", "::mlir::ModuleOp"> {
  let summary = "recognises rotary position embedding";
  let description = [{
    Finds a rotation of the two halves of the last dimension, or of neighbours,
    spelled by slices, products and a concatenation. The cosines and sines become
    rows of one angle set a position.

    Example:

    ```mlir
    // concat(%a * cos - %b * sin, %b * cos + %a * sin) of the halves %a, %b of %x
    // becomes
    %y = nn.rope %x, %cos, %sin : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<1x9x?x64xf32>
    ```
  }];
  let statistics = [Statistic<"rotations", "num-rotations", "Rotary embeddings recognised">];
  let dependentDialects = ["::quantc::nn::NNDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeAttention : Pass<"normalize-attention", "::mlir::ModuleOp"> {
  let summary = "recognises attention";
  let description = [{
    Finds `softmax(scale * q k^T + mask) v`. The scale may stand at the scores or
    at the query; repeated key/value heads are shared instead; a mask that shows
    a query all positions up to its own becomes `causal`.

    Example:

    ```mlir
    %s = nn.matmul %q, %k transpose_rhs : ...
    // %m = %s * 0.125 + (j <= past + i ? 0 : lowest)
    %p = nn.softmax %m {axis = 3 : i64} : ...
    %y = nn.matmul %p, %v : ...
    // becomes
    %y = nn.attention %q, %k, %v causal {scale = 1.250000e-01 : f32} : ...
    ```
  }];
  let statistics = [Statistic<"attentions", "num-attentions", "Attention layers recognised">,
                    Statistic<"causalMasks", "num-causal-masks", "Masks that became causal">];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NormalizeBatchNorm : Pass<"normalize-batch-norm", "::mlir::ModuleOp"> {
  let summary = "folds batch norms into convolutions";
  let description = [{
    A batch norm after a convolution scales its filters and moves its bias, in
    double precision with one rounding. Any other batch norm becomes one product
    and one sum an element.

    Example:

    ```mlir
    %c = nn.conv %x, %w {...} : ...
    %y = linalg.generic ins(%c, %scale, %bias, %mean, %variance ...) attrs = {nn.batch_norm = 1.0e-05 : f32} ...
    // becomes
    %y = nn.conv %x, %w2 bias %b2 {...} : ...
    ```
  }];
  let statistics = [Statistic<"folded", "num-folded", "Batch norms folded into convolutions">,
                    Statistic<"simplified", "num-simplified", "Batch norms that became a product and a sum">];
  let dependentDialects = ["::quantc::nn::NNDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeImageLayout : Pass<"normalize-image-layout", "::mlir::ModuleOp"> {
  let summary = "orders images as rows, columns, channels";
  let description = [{
    Convolutions and pooling take images as `[N, H, W, C]` and filters as
    `[O, KH, KW, I]`. Transposes are moved towards the results of the model and
    cancel where they meet; filters are rewritten.

    Example:

    ```mlir
    %y = nn.conv %x, %w {layout = #nn.layout<nchw>, ...} : tensor<1x3x32x32xf32>, ...
    // becomes
    %t = linalg.transpose ins(%x : ...) permutation = [0, 2, 3, 1]
    %c = nn.conv %t, %w {layout = #nn.layout<nhwc>, ...} : tensor<1x32x32x3xf32>, ...
    %y = linalg.transpose ins(%c : ...) permutation = [0, 3, 1, 2]
    ```
  }];
  let statistics = [Statistic<"images", "num-images", "Convolutions and poolings reordered">,
                    Statistic<"constants", "num-constants", "Constants transposed">];
  let dependentDialects = ["::quantc::nn::NNDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeDeadData : Pass<"normalize-dead-data", "::mlir::ModuleOp"> {
  let summary = "removes constants that nothing uses";
  let description = [{
    Removes `nn.param` without uses and `nn.data` that no `nn.param` names.

    Example:

    ```mlir
    nn.data @unused {value = dense<2> : tensor<1xi64>} : tensor<1xi64>
    // is removed
    ```
  }];
  let statistics = [Statistic<"removed", "num-removed", "Constants removed">];
}

def NormalizeOrder : Pass<"normalize-order", "::mlir::ModuleOp"> {
  let summary = "orders operations and constants by need";
  let description = [{
    Operations of a function stand in the order in which a depth-first walk from
    its results needs them, constants in the order of their first use. So the
    order of nodes in a model's file leaves no trace.

    Example:

    ```mlir
    %b = math.exp %y : f32
    %a = math.exp %x : f32
    return %a, %b : f32, f32
    // becomes
    %a = math.exp %x : f32
    %b = math.exp %y : f32
    return %a, %b : f32, f32
    ```
  }];
  let statistics = [Statistic<"moved", "num-moved", "Operations and constants moved">];
}

#endif // QUANTC_NORMALIZE_PASSES_TD
