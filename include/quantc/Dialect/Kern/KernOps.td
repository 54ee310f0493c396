//===- KernOps.td - the kern dialect -----------------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The kern dialect and its operations: which code runs. What a kernel computes
// is defined by the nn or qnt operation that it stands for.

#ifndef QUANTC_DIALECT_KERN_KERNOPS_TD
#define QUANTC_DIALECT_KERN_KERNOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kern_Dialect : Dialect {
  let name = "kern";
  let cppNamespace = "::quantc::kern";
  let summary = "Which code runs: kernels with explicit destinations";
  let description = [{
    `kern` answers one question: *which code runs?* Each operation writes into a
    destination and names the entry of the target's kernel table that code is
    generated from (`kernel`). Before buffers are assigned the operands are
    tensors and the operation returns the new value of its destination;
    afterwards they are memrefs and nothing is returned. Weights are
    `kern.constant`, a range of the bytes that are stored beside the program.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"];
}

def Kern_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>;

def Kern_ConstantOp : Op<Kern_Dialect, "constant", [Pure]> {
  let summary = "a range of the stored weights";
  let description = [{
    The tensor that starts at byte `offset` of the stored weights, row-major.
    `name` is for reports.

    Example:

    ```mlir
    %w = kern.constant "w" at 4096 : tensor<36x576x16xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$offset);
  let results = (outs Kern_Shaped:$result);
  let assemblyFormat = "$name `at` $offset attr-dict `:` type($result)";
}

def Kern_WeightOp : Op<Kern_Dialect, "weight", [Symbol]> {
  let summary = "one tensor of the stored weights";
  let description = [{
    Says which bytes stand at `offset` of the stored weights: those of the
    `nn.data` named `source`, reordered by `pack`. The type is the stored one.

    | pack | source | stored |
    |---|---|---|
    | `rows` | any | the same bytes |
    | `panels_kn` | fp32 `[K, N]` | `[ceil(N/16), K, 16]`, zeros behind N |
    | `panels_nk` | fp32 `[N, ...]` | `[ceil(N/16), K, 16]`, K the product of the rest |
    | `panels_gnk` | fp32 `[G*N, ...]` | `[G, ceil(N/16), K, 16]`, panels of each group |
    | `panels_ng` | `[N, G]`, scales of 8 bits as bytes; of widths `[W, N, G]` | `[ceil(N/16), G, 16]`, zeros behind N; `[W, ceil(N/16), G, 16]` |
    | `panels_ng_f16` | fp32 `[N, G]` | the same as f16, which must be exact |
    | `panels_ng_u4` | i8 `[N, G]` below 16 | `[ceil(N/16), G, 8]`, rows n and n + 8 of a panel in the lower and the upper half of a byte |
    | `taps_c` | `[C, KH, KW, 1]` | `[KH, KW, C]` |

    Example:

    ```mlir
    kern.weight @w from @model.w pack "panels_kn" at 4096 : tensor<12x576x16xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$source, StrAttr:$pack,
                       I64Attr:$offset, TypeAttr:$type);
  let assemblyFormat = "$sym_name `from` $source `pack` $pack `at` $offset attr-dict `:` $type";
}

// A kernel: inputs, one or more destinations, the name of its table entry.
class Kern_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kern_Dialect, mnemonic, !listconcat(traits, [DestinationStyleOpInterface,
        AttrSizedOperandSegments,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>])> {
  let arguments = (ins StrAttr:$kernel, Variadic<Kern_Shaped>:$inputs, Variadic<Kern_Shaped>:$inits);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{$kernel `ins` `(` ($inputs^ `:` type($inputs))? `)`
      `outs` `(` $inits `:` type($inits) `)` attr-dict (`->` type($results)^)?}];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitsMutable(); }
  }];
  let hasVerifier = 1;
}

def Kern_MatMulOp : Kern_Op<"matmul"> {
  let summary = "product with a packed weight";
  let description = [{
    `nn.matmul` or `qnt.matmul` with a weight in panels of 16 output channels.
    Inputs, by table entry:

    | kernel | inputs | weight |
    |---|---|---|
    | `matmul.f32` | x `[..., K]`, w | `[P, K, 16]` fp32 |
    | `matmul.a16` | x `[..., K]`, w, scales, scale unit, zero points, codebook | `[P, L, 64]` i8 |
    | `matmul.a8` | codes `[..., K]` i8, row scales `[...]`, row zero points, w, scales, scale unit, zero points, weight sums | `[P, L, 64]` i8 |
    | `matmul.sparse` | x `[..., K]`, w, scales, zero points, threshold `[1]` | `[K, T, 8 * bits]` i8 |

    P is the number of panels, scales are `[P, G, 16]` fp32, f16, or, with
    `scales = "e8m0"` or `"e4m3"`, i8 with a scale unit `[1, 1]` fp32; zero points
    are `[P, G, 16]` i8 (unsigned; with `has_zero_points`), or fp32 or f16 numbers. With
    `has_row_zero_points` there are row zero points `[...]` i8 and weight sums
    `[P, 1, 16]` fp32. With `has_branch` there follow the projected rows `[..., R]`
    fp32 and the other half of the low-rank branch, `[P, R, 16]` f16. A bias `[N]`
    fp32 comes last with `has_bias`. The
    destination is `[..., N]` fp32. `bits`, `group_size` and, for codes other than
    `uint`, `code` describe the codes as in `qnt.matmul`; a line of 64 bytes covers `32 / bits` columns; groups are whole lines except
    the last. With `code = "binary"` zero points are fp32 or f16 numbers, stored
    as the scales. With `code = "codebook"` the same holds and the weight is
    `[P, K / codebook_dim, 2 * bits]` i8, indices as `panel16index` has them,
    whose patterns stand two by two, the first one in the lower half, in the
    codebook `[1, size / 2]` i32.

    With `code = "planes"` and `widths` the kernel reads at the precision of the
    run as many bits as that. In place of w stand the planes, for 8 bits
    `[P, L, 64]`, `[P, L, 64]` and `[P, 2 L, 64]` i8 with the upper two, the next
    two and the lower four bits of codes, L lines of 16 columns; for 4 bits two
    planes. Scales, and weight sums, stand once for each width, in their order.

    `matmul.sparse` reads only the columns of numbers above the threshold, as
    `qnt.threshold` with `one_row` says: where x is one row. Its weight lies in
    columns of T tiles of 64 output channels (`quantc/Formats/ColumnLayout.h`).

    Example:

    ```mlir
    %y = kern.matmul "matmul.f32" ins(%x, %w : tensor<1x?x576xf32>, tensor<12x576x16xf32>)
        outs(%o : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
    ```
  }];
}

def Kern_BatchMatMulOp : Kern_Op<"batch_matmul"> {
  let summary = "product of two computed tensors";
  let description = [{
    `nn.matmul` whose right operand is no weight; ranks equal, batch dimensions
    equal or one. `transpose_rhs` as there.

    Example:

    ```mlir
    %y = kern.batch_matmul "batch_matmul.f32" ins(%a, %b : tensor<2x?x8xf32>, tensor<2x8x?xf32>)
        outs(%o : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
    ```
  }];
}

def Kern_ConvOp : Kern_Op<"conv"> {
  let summary = "convolution on NHWC images with a packed filter";
  let description = [{
    `nn.conv` or `qnt.conv`, layout NHWC. `kernel_size`, `strides`, `pads`,
    `dilations` as in `nn.conv`. `conv.f32`: x, w `[P, KH*KW*C, 16]` fp32; with
    `groups` w `[groups, P, KH*KW*C/groups, 16]`, the others have one group. `conv.a16`: x, w `[P, L, 64]` i8 (lines cover `32 / bits` columns, k =
    (kh, kw, c)), scales and zero points as in `kern.matmul`. `conv.a8`: codes, the
    rest the same; the input's scale and zero point are the attributes
    `input_scale`, `input_zero_point`. A bias `[O]` comes last with
    `has_bias`. `activation = "relu"` is applied last.

    Example:

    ```mlir
    %y = kern.conv "conv.f32" ins(%x, %w : tensor<1x32x32x16xf32>, tensor<1x144x16xf32>)
        outs(%o : tensor<1x32x32x16xf32>) {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>,
        pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x32x32x16xf32>
    ```
  }];
}

def Kern_DepthwiseConvOp : Kern_Op<"depthwise_conv"> {
  let summary = "convolution with one filter a channel, NHWC";
  let description = [{
    As `kern.conv` with as many groups as channels and one filter for each.
    `depthwise_conv.f32`: x, w `[KH, KW, C]` fp32. `depthwise_conv.a16`, `.a8`: x
    or codes, w `[P, L, 64]` i8 (lines cover `32 / bits` taps of 16 channels),
    channel scales `[P, 1, 16]`; the rest as in `conv.a8`.

    Example:

    ```mlir
    %y = kern.depthwise_conv "depthwise_conv.f32" ins(%x, %w : tensor<1x25x5x64xf32>, tensor<3x3x64xf32>)
        outs(%o : tensor<1x25x5x64xf32>) {dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>,
        pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} -> tensor<1x25x5x64xf32>
    ```
  }];
}

def Kern_BinaryMatMulOp : Kern_Op<"binary_matmul"> {
  let summary = "product of packed signs";
  let description = [{
    `qnt.binary_matmul`: words `[..., W]` i64, weight `[P, W, 16]` i64 for P
    panels of 16 output channels; `columns` signs in a row of W words. Then
    either scales `[P, 1, 16]` fp32 and, with `has_bias`, a bias `[N]`, with the
    attribute `input_scale`, or, with `has_thresholds`, thresholds `[P, 2, 16]`
    i32, for which the destination is words.

    Example:

    ```mlir
    %y = kern.binary_matmul "binary_matmul.b1" ins(%x, %w, %s : tensor<1x13xi64>, tensor<4x13x16xi64>,
        tensor<4x1x16xf32>) outs(%o : tensor<1x64xf32>) {columns = 784 : i64, input_scale = 1.0 : f32}
        -> tensor<1x64xf32>
    ```
  }];
}

def Kern_BinaryConvOp : Kern_Op<"binary_conv"> {
  let summary = "convolution of packed signs, NHWC";
  let description = [{
    `qnt.binary_conv`: as `kern.binary_matmul` on images `[N, H, W, CW]` of words
    with a filter `[P, KH*KW*CW, 16]`, `columns` channels, and the window
    attributes of `kern.conv`.

    Example:

    ```mlir
    %y = kern.binary_conv "binary_conv.b1" ins(%x, %w, %t : tensor<1x14x14x2xi64>, tensor<8x18x16xi64>,
        tensor<8x2x16xi32>) outs(%o : tensor<1x14x14x2xi64>) {columns = 128 : i64, has_thresholds,
        dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
        strides = array<i64: 1, 1>} -> tensor<1x14x14x2xi64>
    ```
  }];
}

def Kern_PackSignsOp : Kern_Op<"pack_signs"> {
  let summary = "signs as bits of words";
  let description = [{
    `qnt.pack_signs` of fp32 numbers (`pack_signs.f32`) or of codes in bytes
    (`pack_signs.codes`).

    Example:

    ```mlir
    %y = kern.pack_signs "pack_signs.f32" ins(%x : tensor<1x784xf32>) outs(%o : tensor<1x13xi64>)
        -> tensor<1x13xi64>
    ```
  }];
}

def Kern_PoolOp : Kern_Op<"pool"> {
  let summary = "maximum or mean over windows of an NHWC image";
  let description = [{
    `nn.max_pool` (`pool.max`) or `nn.avg_pool` (`pool.avg`), layout NHWC, with
    their window attributes (`kernel_size`, `strides`, `pads`, `dilations`,
    `count_include_pad`).

    Example:

    ```mlir
    %y = kern.pool "pool.max" ins(%x : tensor<1x28x28x8xf32>) outs(%o : tensor<1x14x14x8xf32>)
        {dilations = array<i64: 1, 1>, kernel_size = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
         strides = array<i64: 2, 2>} -> tensor<1x14x14x8xf32>
    ```
  }];
}

def Kern_AttentionOp : Kern_Op<"attention"> {
  let summary = "scaled dot product attention";
  let description = [{
    `nn.attention`: inputs q, k, v and, with `has_mask`, a mask that broadcasts
    to `[B, H, T, S]`; attributes `scale`, `causal`.

    Example:

    ```mlir
    %y = kern.attention "attention.f32" ins(%q, %k, %v : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32>)
        outs(%o : tensor<1x9x?x64xf32>) {causal, scale = 1.250000e-01 : f32} -> tensor<1x9x?x64xf32>
    ```
  }];
}

def Kern_NormOp : Kern_Op<"norm"> {
  let summary = "root mean square or layer norm over the last dimension";
  let description = [{
    `norm.rms`: x, gamma. `norm.layer`: x, gamma and, with `has_beta`, beta.
    Attribute `epsilon`.

    Example:

    ```mlir
    %y = kern.norm "norm.rms" ins(%x, %g : tensor<1x?x576xf32>, tensor<576xf32>)
        outs(%o : tensor<1x?x576xf32>) {epsilon = 1.0e-05 : f32} -> tensor<1x?x576xf32>
    ```
  }];
}

def Kern_SoftmaxOp : Kern_Op<"softmax"> {
  let summary = "softmax over the last dimension";
  let description = [{
    `nn.softmax` along the last dimension.

    Example:

    ```mlir
    %y = kern.softmax "softmax.f32" ins(%x : tensor<1x10xf32>) outs(%o : tensor<1x10xf32>) -> tensor<1x10xf32>
    ```
  }];
}

def Kern_RopeOp : Kern_Op<"rope"> {
  let summary = "rotary position embedding";
  let description = [{
    `nn.rope`: x, cosines, sines; attribute `interleaved`.

    Example:

    ```mlir
    %y = kern.rope "rope.f32" ins(%x, %c, %s : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>)
        outs(%o : tensor<1x9x?x64xf32>) -> tensor<1x9x?x64xf32>
    ```
  }];
}

def Kern_ProjectOp : Kern_Op<"project"> {
  let summary = "rows times a small matrix of half precision";
  let description = [{
    `qnt.project`: x `[..., K]` fp32 and the matrix `[R, K]` f16; the destination is
    `[..., R]` fp32.

    Example:

    ```mlir
    %t = kern.project "project.f16" ins(%x, %a : tensor<1x?x576xf32>, tensor<16x576xf16>)
        outs(%o : tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
    ```
  }];
}

def Kern_RotateOp : Kern_Op<"rotate"> {
  let summary = "Hadamard matrices along rows";
  let description = [{
    `qnt.rotate`: attributes `block`, `seed`. The last dimension is static.

    Example:

    ```mlir
    %y = kern.rotate "rotate.hadamard" ins(%x : tensor<1x?x1536xf32>) outs(%o : tensor<1x?x1536xf32>)
        {block = 1536 : i64, seed = 1 : i64} -> tensor<1x?x1536xf32>
    ```
  }];
}

def Kern_TakeOp : Kern_Op<"take"> {
  let summary = "channels of rows in another order, or again";
  let description = [{
    `qnt.take_channels`: rows, of which channels i32 are taken; attribute `append`.
    Channels are constants that lie inside of the rows.

    Example:

    ```mlir
    %y = kern.take "take.channels" ins(%x, %c : tensor<1x?x576xf32>, tensor<64xi32>)
        outs(%o : tensor<1x?x640xf32>) {append} -> tensor<1x?x640xf32>
    ```
  }];
}

def Kern_EmbeddingOp : Kern_Op<"embedding"> {
  let summary = "rows of a table";
  let description = [{
    `nn.embedding`: ids and table; of `embedding.panels` the table is `[P, K,
    16]`, panels of 16 rows, of which there are `rows` in all. `qnt.embedding`:
    `embedding.codes` with ids, lines, scales, scale unit and zero points in panels,
    and the attributes of `kern.matmul` that describe codes, with `rows`.
    An id outside the table is reported to the runtime and gives zeros.

    Example:

    ```mlir
    %y = kern.embedding "embedding" ins(%i, %t : tensor<1x?xi64>, tensor<49152x576xf32>)
        outs(%o : tensor<1x?x576xf32>) -> tensor<1x?x576xf32>
    ```
  }];
}

def Kern_ReduceOp : Kern_Op<"reduce"> {
  let summary = "reduction over some dimensions";
  let description = [{
    `nn.reduce`: `kernel` is `reduce.sum`, `.mean`, `.max`, `.min`, `.l2` or
    `.prod`; attributes `axes`, `keepdims`.

    Example:

    ```mlir
    %y = kern.reduce "reduce.mean" ins(%x : tensor<1x8x8x64xf32>) outs(%o : tensor<1x64xf32>)
        {axes = array<i64: 1, 2>, keepdims = false} -> tensor<1x64xf32>
    ```
  }];
}

def Kern_QuantizeOp : Kern_Op<"quantize"> {
  let summary = "numbers to int8 codes";
  let description = [{
    `quantize.token`: `qnt.quantize_dynamic`; destinations are codes, row
    scales and, with zero points, row zero points i8; attribute `bits`, 8 when there is none. `quantize.rotated`: the
    same behind `qnt.rotate`, attributes `block`, `seed`. `quantize.taken`: the same behind `qnt.take_channels`, with
    its channels and attribute. `quantize.tensor`: `qnt.quantize` with one scale, attributes
    `scale` (fp32) and `zero_point` (int); the destination is codes.

    Example:

    ```mlir
    %q, %s = kern.quantize "quantize.token" ins(%x : tensor<1x?x576xf32>)
        outs(%o, %p : tensor<1x?x576xi8>, tensor<1x?xf32>) -> tensor<1x?x576xi8>, tensor<1x?xf32>
    ```
  }];
}

def Kern_DequantizeOp : Kern_Op<"dequantize"> {
  let summary = "int8 codes to numbers";
  let description = [{
    `dequantize.tensor`: `qnt.dequantize` with one scale, attributes `scale`,
    `zero_point`.

    Example:

    ```mlir
    %y = kern.dequantize "dequantize.tensor" ins(%q : tensor<8xi8>) outs(%o : tensor<8xf32>)
        {scale = 5.0e-01 : f32, zero_point = 0 : i64} -> tensor<8xf32>
    ```
  }];
}

def Kern_ObserveOp : Kern_Op<"observe"> {
  let summary = "hands values to the observer of the runtime";
  let description = [{
    Copies the input to the destination and passes it, as rows of the last
    dimension, to the runtime's observer number `id`.

    Example:

    ```mlir
    %y = kern.observe "observe" ins(%x : tensor<1x?x576xf32>) outs(%o : tensor<1x?x576xf32>) {id = 3 : i64}
        -> tensor<1x?x576xf32>
    ```
  }];
}

#endif // QUANTC_DIALECT_KERN_KERNOPS_TD
