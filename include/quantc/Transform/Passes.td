//===- Passes.td - passes of the phase Transform -----------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The same function with numbers that survive few bits better. No pass changes
// a weight: what is decided is recorded as qnt.transform.

#ifndef QUANTC_TRANSFORM_PASSES_TD
#define QUANTC_TRANSFORM_PASSES_TD

include "mlir/Pass/PassBase.td"

def TransformFoldNorms : Pass<"transform-fold-norms", "::mlir::ModuleOp"> {
  let summary = "moves gamma, beta and mean of norms into the weights around them";
  let description = [{
    Where every reader of a norm's result is a product with a constant weight, gamma
    becomes a scale of the rows of those weights that it meets, and ones are left
    behind. The beta of a layer norm becomes a bias behind each reader: the weight,
    as it was, times beta. Where constants write all that a layer norm reads and
    only layer norms read it, the mean is taken from those constants instead
    (`qnt.transform center`), and the layer norm becomes a root mean square norm.

    A product with gamma in it may be harder to quantize: this pass makes way for
    rotations and is of no use alone.

    Example:

    ```mlir
    %n = nn.rms_norm %x, %gamma {epsilon = 1.0e-05 : f32} : tensor<1x?x64xf32>, tensor<64xf32> -> tensor<1x?x64xf32>
    %y = nn.matmul %n, %w : tensor<1x?x64xf32>, tensor<64x32xf32> -> tensor<1x?x32xf32>
    // becomes
    %n = nn.rms_norm %x, %ones {epsilon = 1.0e-05 : f32} : tensor<1x?x64xf32>, tensor<64xf32> -> tensor<1x?x64xf32>
    %0 = qnt.transform scale %w by %gamma {axis = 0 : i64} : tensor<64x32xf32>, tensor<64xf32>
    %y = nn.matmul %n, %0 : tensor<1x?x64xf32>, tensor<64x32xf32> -> tensor<1x?x32xf32>
    ```
  }];
  let statistics = [Statistic<"gammas", "num-gammas", "Gammas moved into weights">,
                    Statistic<"betas", "num-betas", "Betas moved into biases">,
                    Statistic<"means", "num-means", "Layer norms that became root mean square norms">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def TransformRotateStream : Pass<"transform-rotate-stream", "::mlir::ModuleOp"> {
  let summary = "rotates the features of residual streams";
  let description = [{
    Multiplies the features of each stream that may be rotated by a Hadamard matrix
    with random signs: in the weights that write the stream and in those that read
    it, so that nothing is left to do at run time. A few features that are far
    larger than the rest are spread over all of them. Which streams may be rotated
    says `--transform-explain`; norms must have been folded before
    (`--transform-fold-norms`). A tied table is untied where it is used: each use has
    its own transforms. A stream that has been rotated is left alone.

    Example:

    ```mlir
    %x = nn.embedding %ids, %e : tensor<1x?xi64>, tensor<512x64xf32> -> tensor<1x?x64xf32>
    // becomes
    %0 = qnt.transform hadamard %e {axis = 1 : i64, block = 64 : i64, seed = 1 : i64} : tensor<512x64xf32>
    %x = nn.embedding %ids, %0 : tensor<1x?xi64>, tensor<512x64xf32> -> tensor<1x?x64xf32>
    ```
  }];
  let options = [Option<"seed", "seed", "uint64_t", "0", "Chooses the signs">];
  let statistics = [Statistic<"rotated", "num-rotated", "Streams rotated">,
                    Statistic<"weights", "num-weights", "Uses of weights that took a rotation in">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def TransformRotateHeads : Pass<"transform-rotate-heads", "::mlir::ModuleOp"> {
  let summary = "rotates the channels of attention's values";
  let description = [{
    Between the weight that gives attention its values and the one that reads its
    result, tokens are mixed and the channels of a head stay apart. So they may be
    rotated, by one matrix for all heads of a layer: then query heads that share a
    value head agree. The cache of the values then holds rotated values.

    Example:

    ```mlir
    %v = nn.matmul %x, %w : tensor<1x?x64xf32>, tensor<64x32xf32> -> tensor<1x?x32xf32>
    %h = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [1, %t, 4, 8] : tensor<1x?x32xf32> into tensor<1x?x4x8xf32>
    // becomes, with heads of 8 channels
    %0 = qnt.transform hadamard %w {axis = 1 : i64, block = 8 : i64, seed = 1 : i64} : tensor<64x32xf32>
    %v = nn.matmul %x, %0 : tensor<1x?x64xf32>, tensor<64x32xf32> -> tensor<1x?x32xf32>
    ```
  }];
  let options = [Option<"seed", "seed", "uint64_t", "0", "Chooses the signs">];
  let statistics = [Statistic<"rotated", "num-rotated", "Layers whose values are rotated">,
                    Statistic<"weights", "num-weights", "Uses of weights that took a rotation in">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def TransformRotateInputs : Pass<"transform-rotate-inputs", "::mlir::ModuleOp"> {
  let summary = "rotates what products read when the model runs";
  let description = [{
    Where features cannot be rotated in the weights alone, such as those between an
    activation function and the down projection of a gated block, a matrix product
    with a constant weight gets its input rotated by `qnt.rotate` and its weight by
    `qnt.transform hadamard`. Fuse and Select make one kernel of the rotation and
    the quantizer behind it. All readers of a value share one rotation. Features
    that `--transform-rotate-stream` or `--transform-rotate-heads` can rotate are
    left to them; so is an input whose size has no Hadamard matrix but the trivial
    one.

    Example:

    ```mlir
    %y = nn.matmul %x, %w : tensor<1x?x1536xf32>, tensor<1536x576xf32> -> tensor<1x?x576xf32>
    // becomes, when %x is a product of two computed values
    %0 = qnt.rotate %x {block = 1536 : i64, seed = 1 : i64} : tensor<1x?x1536xf32>
    %1 = qnt.transform hadamard %w {axis = 0 : i64, block = 1536 : i64, seed = 1 : i64} : tensor<1536x576xf32>
    %y = nn.matmul %0, %1 : tensor<1x?x1536xf32>, tensor<1536x576xf32> -> tensor<1x?x576xf32>
    ```
  }];
  let options = [Option<"seed", "seed", "uint64_t", "0", "Chooses the signs">];
  let statistics = [Statistic<"inserted", "num-inserted", "Rotations that run with the model">,
                    Statistic<"weights", "num-weights", "Weights that took a rotation in">,
                    Statistic<"refused", "num-refused", "Inputs without a Hadamard matrix of their size">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def TransformRotateKeys : Pass<"transform-rotate-keys", "::mlir::ModuleOp"> {
  let summary = "rotates queries and keys of attention when the model runs";
  let description = [{
    Scores are products of queries and keys, so that both may be multiplied by one
    orthogonal matrix. No weight can take it in where a rotary position embedding
    stands between: `qnt.rotate` is computed behind it, for each head, with one
    matrix for all heads of a layer. Keys are rotated before they are appended to a
    cache, which then holds rotated keys. It is of use where keys are quantized: a
    few channels of theirs are much larger than all others. Attention whose keys go
    elsewhere, other than to a result of the model, is left alone, and so is a size
    of heads that has no Hadamard matrix but the trivial one.

    Example:

    ```mlir
    %q = nn.rope %0, %cos, %sin : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
    %y = nn.attention %q, %k, %v causal {scale = 1.250000e-01 : f32} : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x9x?x64xf32>
    // becomes
    %q = nn.rope %0, %cos, %sin : tensor<1x9x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
    %1 = qnt.rotate %q {block = 64 : i64, seed = 1 : i64} : tensor<1x9x?x64xf32>
    %2 = qnt.rotate %k {block = 64 : i64, seed = 1 : i64} : tensor<1x3x?x64xf32>
    %y = nn.attention %1, %2, %v causal {scale = 1.250000e-01 : f32} : tensor<1x9x?x64xf32>, tensor<1x3x?x64xf32>, tensor<1x3x?x64xf32> -> tensor<1x9x?x64xf32>
    ```
  }];
  let options = [Option<"seed", "seed", "uint64_t", "0", "Chooses the signs">];
  let statistics = [Statistic<"rotated", "num-rotated", "Attentions whose queries and keys are rotated">,
                    Statistic<"refused", "num-refused", "Attentions whose keys cannot be rotated">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def TransformScaleInputs : Pass<"transform-scale-inputs", "::mlir::ModuleOp"> {
  let summary = "divides what products read by numbers that their weights take in";
  let description = [{
    A product with the attribute `qnt.input_scales`, an array of f32, asks that each
    of its input features be divided by a number of its own. That is done in the
    constants in front of the features, and every weight that reads them is
    multiplied, so that nothing is left to do at run time. It can be done behind a
    norm, behind the product of a gated block, and for values of attention, with the
    same numbers for all heads; where not everything that writes and reads the
    features can take its part, it is an error. The numbers come from samples, by
    the driver; one product of those that share their inputs has them.

    Example:

    ```mlir
    %n = nn.rms_norm %x, %gamma {epsilon = 1.0e-05 : f32} : tensor<1x?x2xf32>, tensor<2xf32> -> tensor<1x?x2xf32>
    %y = nn.matmul %n, %w {qnt.input_scales = array<f32: 4.0, 0.5>} : tensor<1x?x2xf32>, tensor<2x3xf32> -> tensor<1x?x3xf32>
    // becomes
    %s = nn.param @gamma.divided : tensor<2xf32>
    %0 = qnt.transform scale %gamma by %s {axis = 0 : i64, inverse} : tensor<2xf32>, tensor<2xf32>
    %n = nn.rms_norm %x, %0 {epsilon = 1.0e-05 : f32} : tensor<1x?x2xf32>, tensor<2xf32> -> tensor<1x?x2xf32>
    %t = nn.param @w.scaled : tensor<2xf32>
    %1 = qnt.transform scale %w by %t {axis = 0 : i64} : tensor<2x3xf32>, tensor<2xf32>
    %y = nn.matmul %n, %1 : tensor<1x?x2xf32>, tensor<2x3xf32> -> tensor<1x?x3xf32>
    ```
  }];
  let statistics = [Statistic<"places", "num-places", "Values whose features are divided">,
                    Statistic<"weights", "num-weights", "Uses of constants that took scales in">];
  let dependentDialects = ["::quantc::qnt::QntDialect"];
}

def TransformPermuteInputs : Pass<"transform-permute-inputs", "::mlir::ModuleOp"> {
  let summary = "sorts the input channels of products by how much there is of them";
  let description = [{
    A product with the attribute `qnt.input_norms`, the 2-norms of its inputs, and a
    weight that the recipe quantizes to integers in groups gets its inputs and the
    columns of its weight sorted by them, largest first: then groups hold channels
    that matter alike, and `gptq`, which takes groups by importance, takes columns
    so, too. Linears in front, and what is computed channel by channel, are sorted in
    their constants; else `qnt.take_channels` does it when the model runs. Products
    that read one value share its order. `qnt.permuted` says that it is done.

    Example (`quant-opt --transform-permute-inputs=recipe=w4a16`):

    ```mlir
    %y = nn.matmul %x, %w {qnt.input_norms = array<f32: 1.0, 9.0>} : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
    // becomes, with the channels [1, 0]
    %0 = qnt.take_channels %x at %c : tensor<4x2xf32>, tensor<2xi32> -> tensor<4x2xf32>
    %1 = qnt.transform take %w by %c {axis = 0 : i64} : tensor<2x3xf32>, tensor<2xi32>
    %y = nn.matmul %0, %1 {qnt.input_norms = array<f32: 9.0, 1.0>, qnt.permuted} : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
    ```
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"float\"",
                        "name of a preset, or path of a recipe">,
                 Option<"sizesOnly", "sizes-only", "bool", "false",
                        "sort inputs without norms, too, as if all had the same">];
  let statistics = [Statistic<"places", "num-places", "Values whose channels are sorted">,
                    Statistic<"inWeights", "num-in-weights", "Those of them that weights give sorted">,
                    Statistic<"weights", "num-weights", "Weights with sorted columns">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::mlir::tensor::TensorDialect"];
}

def TransformSplitChannels : Pass<"transform-split-channels", "::mlir::ModuleOp"> {
  let summary = "splits the largest input channels of products in two halves";
  let description = [{
    Where the recipe's `transforms` say `split_channels` and its weights are
    integers, the channels of a product's input that its weight has the largest
    numbers for are read twice, and the weight has two halves for each
    (`qnt.transform split`; Zhao et al., Outlier Channel Splitting, ICML 2019). How
    large a channel is: the largest magnitude of its weights, times the 2-norm of
    its inputs where a product has the attribute `qnt.input_norms`, an array of
    f32. Products that read one value read the same channels twice; there are as
    many as make the number of channels a multiple of their groups and of 32.

    Where linears and what is computed channel by channel give the input, the rows
    of their constants are there twice (`qnt.transform take`), and nothing is left
    to do at run time; else `qnt.take_channels` does it. An attribute of the
    product, `qnt.split`, says why, or `qnt.unsplit` why nothing is split.

    Example (`quant-opt --transform-split-channels=recipe=split.yaml`, `weights:
    {bits: 4}` and `transforms: {split_channels: true}`):

    ```mlir
    %y = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
    // becomes, when %x is no linear's result
    %c = nn.param @"/q_proj.channels" : tensor<32xi32>
    %0 = qnt.take_channels %x at %c {append} : tensor<1x?x576xf32>, tensor<32xi32> -> tensor<1x?x608xf32>
    %1 = qnt.transform split %w by %c {axis = 0 : i64, scheme = #qnt.scheme<code = uint, bits = 4, granularity = channel>} : tensor<576x192xf32>, tensor<32xi32> -> tensor<608x192xf32>
    %y = nn.matmul %0, %1 : tensor<1x?x608xf32>, tensor<608x192xf32> -> tensor<1x?x192xf32>
    ```
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"float\"",
                        "name of a preset, or path of a recipe">,
                 Option<"sizesOnly", "sizes-only", "bool", "false",
                        "read no weights and split any channels">];
  let statistics = [Statistic<"places", "num-places", "Values of which channels are split">,
                    Statistic<"inWeights", "num-in-weights", "Those of them that weights give with both copies">,
                    Statistic<"weights", "num-weights", "Weights with halves">,
                    Statistic<"refused", "num-refused", "Values with too few channels">];
  let dependentDialects = ["::quantc::qnt::QntDialect", "::mlir::tensor::TensorDialect"];
}

def TransformExplain : Pass<"transform-explain", "::mlir::ModuleOp"> {
  let summary = "says which feature axes may be rotated, and what forbids others";
  let description = [{
    For compiler developers; `quantc plan --explain` shows users the same. Changes
    nothing. Each class of features gets a remark: at the operation that forbids to
    rotate it, or at the first one that writes it. Norms count as folded where they
    can be.

    Example:

    ```mlir
    %r = nn.rope %q, %cos, %sin : ...
    // remark: 64 features in blocks of 8 cannot be rotated: turns pairs of features by the position
    ```
  }];
  let statistics = [Statistic<"rotatable", "num-rotatable", "Classes that may be rotated">,
                    Statistic<"fixed", "num-fixed", "Classes that may not">];
}

#endif // QUANTC_TRANSFORM_PASSES_TD
