//===- NNOps.td - operations of the nn dialect -------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations of the nn dialect, one formula and one example each. The dialect
// and its enums are in NNDialect.td.

#ifndef QUANTC_DIALECT_NN_NNOPS_TD
#define QUANTC_DIALECT_NN_NNOPS_TD

include "quantc/Dialect/NN/NNDialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, traits>;

// An operation whose result type and result sizes follow from its operands.
class NN_ComputeOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat(traits, [Pure, InferTypeOpAdaptor,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>])> {
  let hasVerifier = 1;
  code isCompatible = [{
    /// Dynamic and static sizes of one dimension may stand for each other.
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::quantc::nn::areCompatible(inferred, actual);
    }
  }];
  let extraClassDeclaration = isCompatible;
}

def NN_Float : AnyTypeOf<[F32, F16, BF16]>;
def NN_FloatTensor : RankedTensorOf<[NN_Float]>;
def NN_IntTensor : RankedTensorOf<[AnyInteger, Index]>;

def NN_DataOp : NN_Op<"data", [Symbol]> {
  let summary = "bytes of one constant of the model";
  let description = [{
    Names a constant of the model. The bytes are either a range of a file, given
    by path, byte offset and the length that follows from the type, or a small
    inline attribute. Large constants are never inline: attributes live as long
    as the context, mapped bytes do not.

    Bytes are in row-major order and little-endian. A file may hold the elements
    of an f32 constant as f16 or bf16 (`stored`); they are converted, exactly,
    when they are read.

    Example:

    ```mlir
    nn.data @w {file = "decoder.weights", offset = 4096 : i64} : tensor<576x1536xf32>
    nn.data @axes {value = dense<[0, 1]> : tensor<2xi64>} : tensor<2xi64>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
                       OptionalAttr<StrAttr>:$file, OptionalAttr<I64Attr>:$offset,
                       OptionalAttr<ElementsAttr>:$value, OptionalAttr<TypeAttr>:$stored);
  let assemblyFormat = "$sym_name attr-dict `:` $type";
  // Elements as the type says.
  let builders = [OpBuilder<(ins "::mlir::StringRef":$name, "::mlir::Type":$type,
      "::mlir::StringAttr":$file, "::mlir::IntegerAttr":$offset, "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, name, type, file, offset, value, ::mlir::TypeAttr());
  }]>];
  let hasVerifier = 1;
}

def NN_ParamOp : NN_Op<"param", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a constant of the model as a value";
  let description = [{
    The value of the `nn.data` of that name. Its type is a ranked tensor, or a
    packed type of `qnt` once the constant has been quantized.

    Example:

    ```mlir
    %w = nn.param @w : tensor<576x1536xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def NN_MatMulOp : NN_ComputeOp<"matmul"> {
  let summary = "matrix product over the last two dimensions";
  let description = [{
    `y[..., m, n] = sum_k lhs[..., m, k] * rhs[..., k, n]`, or `rhs[..., n, k]`
    with `transpose_rhs`. Leading dimensions are batch dimensions and broadcast
    as in NumPy. Both operands have rank two or more. Sums are in fp32.

    Example:

    ```mlir
    %y = nn.matmul %x, %w transpose_rhs : tensor<1x?x576xf32>, tensor<192x576xf32> -> tensor<1x?x192xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$lhs, NN_FloatTensor:$rhs, UnitAttr:$transpose_rhs);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$lhs `,` $rhs (`transpose_rhs` $transpose_rhs^)? attr-dict
                         `:` type($lhs) `,` type($rhs) `->` type($result)}];
}

class NN_WindowOp<string mnemonic, dag operands> : NN_ComputeOp<mnemonic> {
  let arguments = !con(operands, (ins DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations, NN_LayoutAttr:$layout));
  let results = (outs NN_FloatTensor:$result);
}

def NN_ConvOp : NN_WindowOp<"conv", (ins NN_FloatTensor:$input, NN_FloatTensor:$filter,
    Optional<NN_FloatTensor>:$bias, DefaultValuedAttr<I64Attr, "1">:$groups)> {
  let summary = "two-dimensional convolution";
  let description = [{
    Cross-correlation with zero padding. `pads` is top, left, bottom, right;
    `strides` and `dilations` are height, width. With layout `nchw` the input is
    `[N, C, H, W]` and the filter `[O, C/groups, KH, KW]`; with `nhwc` they are
    `[N, H, W, C]` and `[O, KH, KW, C/groups]`. Output size:
    `(size + pads - dilation * (kernel - 1) - 1) / stride + 1`, rounded down.

    Example:

    ```mlir
    %y = nn.conv %x, %w bias %b {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
        pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
        : tensor<1x3x32x32xf32>, tensor<16x3x3x3xf32>, tensor<16xf32> -> tensor<1x16x32x32xf32>
    ```
  }];
  let assemblyFormat = [{$input `,` $filter (`bias` $bias^)? attr-dict
      `:` type($input) `,` type($filter) (`,` type($bias)^)? `->` type($result)}];
}

class NN_PoolOp<string mnemonic, string what> : NN_WindowOp<mnemonic,
    (ins NN_FloatTensor:$input, DenseI64ArrayAttr:$kernel,
         DefaultValuedAttr<BoolAttr, "false">:$count_include_pad,
         DefaultValuedAttr<BoolAttr, "false">:$ceil_mode)> {
  let summary = what # " over windows of an image";
  let description = what # [{ over each window; `kernel`, `strides` and
    `dilations` are height, width, `pads` top, left, bottom, right. Padding never
    wins a maximum and counts in a mean only with `count_include_pad`. With
    `ceil_mode` the output size is rounded up; a window that would start in the
    padding at the end is dropped (ONNX, MaxPool).

    Example:

    ```mlir
    %y = nn.}] # mnemonic # [{ %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>,
        layout = #nn.layout<nchw>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
        : tensor<1x8x28x28xf32> -> tensor<1x8x14x14xf32>
    ```
  }];
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1; // one pixel at a time
}
def NN_MaxPoolOp : NN_PoolOp<"max_pool", "maximum">;
def NN_AvgPoolOp : NN_PoolOp<"avg_pool", "mean">;

def NN_EmbeddingOp : NN_ComputeOp<"embedding"> {
  let summary = "rows of a table";
  let description = [{
    `y[i..., :] = table[ids[i...], :]`: ids of any rank, a table of rank two or
    more, selected along its first dimension. A negative id counts from the end.
    An id outside the table is an error at run time.

    Example:

    ```mlir
    %y = nn.embedding %ids, %table : tensor<1x?xi64>, tensor<49152x576xf32> -> tensor<1x?x576xf32>
    ```
  }];
  let arguments = (ins NN_IntTensor:$ids, AnyRankedTensor:$table);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$ids `,` $table attr-dict `:` type($ids) `,` type($table) `->` type($result)";
}

def NN_RmsNormOp : NN_ComputeOp<"rms_norm"> {
  let summary = "root mean square norm over the last dimension";
  let description = [{
    `y = x / sqrt(mean(x^2) + epsilon) * gamma`, the mean over the last
    dimension (Zhang and Sennrich, 2019, equation 4).

    Example:

    ```mlir
    %y = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<1x?x576xf32>, tensor<576xf32> -> tensor<1x?x576xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$gamma, F32Attr:$epsilon);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input `,` $gamma attr-dict `:` type($input) `,` type($gamma) `->` type($result)";
}

def NN_LayerNormOp : NN_ComputeOp<"layer_norm"> {
  let summary = "layer norm over the last dimension";
  let description = [{
    `y = (x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta`, mean and
    (biased) variance over the last dimension (Ba et al., 2016).

    Example:

    ```mlir
    %y = nn.layer_norm %x, %g beta %b {epsilon = 1.0e-12 : f32}
        : tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32> -> tensor<?x?x384xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$gamma,
                       Optional<NN_FloatTensor>:$beta, F32Attr:$epsilon);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $gamma (`beta` $beta^)? attr-dict
      `:` type($input) `,` type($gamma) (`,` type($beta)^)? `->` type($result)}];
}

def NN_SoftmaxOp : NN_ComputeOp<"softmax"> {
  let summary = "softmax along one dimension";
  let description = [{
    `y = exp(x - max(x)) / sum(exp(x - max(x)))` along `axis`, which counts from
    0.

    Example:

    ```mlir
    %y = nn.softmax %x {axis = 3 : i64} : tensor<1x9x?x?xf32> -> tensor<1x9x?x?xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def NN_RopeOp : NN_ComputeOp<"rope"> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates pairs of the last dimension of `x [B, H, T, D]` by the angles whose
    cosines and sines are `[T, D/2]` or `[B, T, D/2]` (Su et al., 2021, section
    3.2.2). Pairs are the two halves of the dimension, or neighbours with
    `interleaved`: `(a, b) -> (a cos - b sin, b cos + a sin)`.

    Example:

    ```mlir
    %y = nn.rope %x, %cos, %sin : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<1x9x?x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$cos, NN_FloatTensor:$sin,
                       UnitAttr:$interleaved);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$input `,` $cos `,` $sin (`interleaved` $interleaved^)? attr-dict
      `:` type($input) `,` type($cos) `,` type($sin) `->` type($result)}];
}

def NN_AttentionOp : NN_ComputeOp<"attention"> {
  let summary = "scaled dot product attention";
  let description = [{
    `y = softmax(scale * q k^T + mask) v` per head, for `q [B, H, T, D]`,
    `k [B, HK, S, D]`, `v [B, HK, S, DV]`. `H` is a multiple of `HK`; query head
    `h` uses key/value head `h / (H / HK)` (Ainslie et al., 2023). The mask, if
    there is one, is added and broadcasts to `[B, H, T, S]`. With `causal` query
    `i` sees key `j` when `j <= S - T + i`.

    Example:

    ```mlir
    %y = nn.attention %q, %k, %v causal {scale = 1.250000e-01 : f32}
        : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x9x?x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$query, NN_FloatTensor:$key, NN_FloatTensor:$value,
                       Optional<NN_FloatTensor>:$mask, F32Attr:$scale, UnitAttr:$causal);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{$query `,` $key `,` $value (`mask` $mask^)? (`causal` $causal^)? attr-dict
      `:` type($query) `,` type($key) `,` type($value) (`,` type($mask)^)? `->` type($result)}];
}

def NN_KVAppendOp : NN_ComputeOp<"kv_append"> {
  let summary = "extends a key/value cache";
  let description = [{
    `past` followed by `new` along `axis`. In an entry that keeps its caches as
    state, `past` is a buffer with room to spare and the append happens in place.

    Example:

    ```mlir
    %k = nn.kv_append %past, %new {axis = 2 : i64} : tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x3x?x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$past, NN_FloatTensor:$fresh, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$past `,` $fresh attr-dict `:` type($past) `,` type($fresh) `->` type($result)";
  let hasFolder = 1; // nothing past
}

def NN_ActivationOp : NN_ComputeOp<"activation", [SameOperandsAndResultShape]> {
  let summary = "activation function, element by element";
  let description = [{
    `relu: max(x, 0)`; `gelu: x/2 (1 + erf(x / sqrt 2))`; `gelu_tanh: x/2 (1 +
    tanh(sqrt(2/pi) (x + 0.044715 x^3)))` (Hendrycks and Gimpel, 2016);
    `silu: x / (1 + exp(-x))`.

    Example:

    ```mlir
    %y = nn.activation relu %x : tensor<1x16x32x32xf32>
    ```
  }];
  let arguments = (ins NN_ActivationKindAttr:$kind, NN_FloatTensor:$input);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input)";
  let hasFolder = 1; // relu of relu
}

def NN_ReduceOp : NN_ComputeOp<"reduce"> {
  let summary = "reduction over some dimensions";
  let description = [{
    Sum, mean, maximum, minimum, product or Euclidean norm over `axes`, which are
    ascending and count from 0. With `keepdims` the reduced dimensions stay with
    size one.

    Example:

    ```mlir
    %y = nn.reduce mean %x {axes = array<i64: 2>, keepdims = true} : tensor<1x?x576xf32> -> tensor<1x?x1xf32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, AnyRankedTensor:$input,
                       DenseI64ArrayAttr:$axes, DefaultValuedAttr<BoolAttr, "false">:$keepdims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1; // of dimensions of size one
}

#endif // QUANTC_DIALECT_NN_NNOPS_TD
