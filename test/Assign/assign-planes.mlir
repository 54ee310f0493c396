// RUN: echo 'weights: {format: planes, bits: 8, group_size: 48, scale: f16}' > %t.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.yaml | FileCheck %s
// RUN: echo 'weights: {format: planes, bits: 4, group_size: 24}' > %t.group.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.group.yaml | FileCheck %s --check-prefix=GROUP
// RUN: echo '{weights: {format: planes, bits: 8, widths: [8, 2]}, sparsity: {target: 0.5}}' > %t.sparse.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.sparse.yaml --assign-sparsity=recipe=%t.sparse.yaml | FileCheck %s --check-prefix=SPARSE

nn.data @w {file = "m", offset = 0 : i64} : tensor<576x192xf32>
nn.data @c {file = "m", offset = 442368 : i64} : tensor<16x3x3x8xf32>

// CHECK-LABEL: @products
// GROUP-LABEL: @products
// SPARSE-LABEL: @products
func.func @products(%x: tensor<1x?x576xf32>, %i: tensor<1x8x8x8xf32>) -> (tensor<1x?x192xf32>, tensor<1x6x6x16xf32>) {
  // CHECK: qnt.assign %{{.*}} <code = planes, bits = 8, granularity = group, group_size = 48, scale = f16, widths = [8, 4, 2]> {method = "rtn"}
  // GROUP: <code = none, reason = "groups of 24 are no multiple of 16">
  // SPARSE: <code = planes, bits = 8, granularity = channel, widths = [8, 2]>
  // SPARSE: nn.matmul {{.*}}"planes codes are not stored in columns"
  %w = nn.param @w : tensor<576x192xf32>
  %0 = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
  // CHECK: <code = none, reason = "convolutions have no kernel for planes codes">
  %c = nn.param @c : tensor<16x3x3x8xf32>
  %1 = nn.conv %i, %c {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  return %0, %1 : tensor<1x?x192xf32>, tensor<1x6x6x16xf32>
}
