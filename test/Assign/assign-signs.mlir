// RUN: quant-opt %s --assign-recipe=recipe=binary | FileCheck %s
// RUN: echo 'weights: {format: codebook, codebook_dim: 10, codebook_size: 512, group_size: 40, symmetric: false}' > %t.codebook.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.codebook.yaml | FileCheck %s --check-prefix=CODEBOOK
// RUN: echo 'weights: {format: binary, group_size: 40}' > %t.group.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.group.yaml | FileCheck %s --check-prefix=GROUP
// RUN: echo '{weights: {format: binary}, activations: {matmul: dynamic}}' > %t.dynamic.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.dynamic.yaml | FileCheck %s --check-prefix=DYNAMIC
// RUN: echo '{weights: {format: binary}, activations: {matmul: static}}' > %t.static.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.static.yaml 2>&1 | FileCheck %s --check-prefix=STATIC
// STATIC: has binary weights, which have kernels for float or dynamic activations only
// RUN: echo '{weights: {format: codebook, codebook_dim: 8, codebook_size: 16}, activations: {matmul: dynamic}}' > %t.indices.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.indices.yaml 2>&1 | FileCheck %s --check-prefix=INDICES
// INDICES: has codebook weights, which have kernels for float activations only

nn.data @w {file = "m", offset = 0 : i64} : tensor<576x192xf32>
nn.data @c {file = "m", offset = 442368 : i64} : tensor<16x3x3x8xf32>

// CHECK-LABEL: @products
// CODEBOOK-LABEL: @products
// GROUP-LABEL: @products
// DYNAMIC-LABEL: @products
func.func @products(%x: tensor<1x?x576xf32>, %i: tensor<1x8x8x8xf32>) -> (tensor<1x?x192xf32>, tensor<1x6x6x16xf32>, tensor<1x?x192xf32>) {
  // CHECK: qnt.assign %{{.*}} <code = binary, bits = 1, granularity = channel, scale = f16> {method = "arb_rc"} : tensor<576x192xf32>
  // CODEBOOK: qnt.assign %{{.*}} <code = codebook, bits = 9, granularity = group, group_size = 40, zero_point = true, codebook_size = 512, codebook_dim = 10> {method = "btc"}
  // GROUP: <code = none, reason = "groups of 40 are no multiple of 32">
  // DYNAMIC: <code = binary, bits = 1, granularity = channel> {method = "arb"}
  // DYNAMIC: <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true>
  %w = nn.param @w : tensor<576x192xf32>
  %0 = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
  // CHECK: <code = none, reason = "binary and codebook weights have kernels for matrix products only">
  // CODEBOOK: <code = none, reason = "binary and codebook weights have kernels for matrix products only">
  %c = nn.param @c : tensor<16x3x3x8xf32>
  %1 = nn.conv %i, %c {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // CHECK: <code = none, reason = "rule 1 skips it">
  %v = nn.param @w : tensor<576x192xf32>
  %2 = nn.matmul %x, %v : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
  return %0, %1, %2 : tensor<1x?x192xf32>, tensor<1x6x6x16xf32>, tensor<1x?x192xf32>
}
