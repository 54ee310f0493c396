// RUN: quant-opt %s --assign-recipe=recipe=w4a16 | FileCheck %s --check-prefixes=CHECK,W4A16
// RUN: quant-opt %s --assign-recipe=recipe=w8a8 | FileCheck %s --check-prefixes=CHECK,W8A8
// RUN: quant-opt %s --assign-recipe=recipe=float | FileCheck %s --check-prefixes=CHECK,FLOAT
// RUN: echo '{weights: {bits: 4, group_size: 8}, activations: {conv: dynamic}, rules: [{last: true, activations: {conv: static}}]}' > %t.conv.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.conv.yaml | FileCheck %s --check-prefix=CONV
// CONV-LABEL: @conv
// CONV: <code = none, reason = "convolutions have kernels for static or float activations only"> : tensor<16x3x3x8xf32>
// CONV: <code = none, reason = "convolutions with one filter a channel take one scale a channel"> : tensor<8x3x3x1xf32>
// RUN: echo '{preset: w4a8, activations: {matmul: dynamic_symmetric, bits: 4}}' > %t.a4.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.a4.yaml | FileCheck %s --check-prefix=A4
// A4-LABEL: @matmul
// A4: qnt.assign %{{.*}} <code = int, bits = 4, granularity = token, dynamic = true>
// RUN: echo '{preset: w8a8, activations: {matmul: static}}' > %t.static.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.static.yaml | FileCheck %s --check-prefix=STATIC
// STATIC-LABEL: @matmul
// STATIC: qnt.assign %{{.*}} <code = int, bits = 8, zero_point = true> : tensor<1x?x576xf32>
// RUN: not quant-opt %s --assign-recipe=recipe=w4a61 2>&1 | FileCheck %s --check-prefix=PRESET
// PRESET: unknown preset 'w4a61', presets are {{.*}}w4a16{{.*}}did you mean 'w4a16'
// RUN: not quant-opt %s --assign-recipe=recipe=%t.missing.yaml 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: cannot read recipe '{{.*}}.missing.yaml': No such file or directory
// RUN: echo 'rules: [{name: "/nothing/", weights: {bits: 8}}]' > %t.rule.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.rule.yaml 2>&1 | FileCheck %s --check-prefix=RULE
// RULE: rule 1 of recipe '{{.*}}' matches none of the 3 layers

nn.data @w {file = "m", offset = 0 : i64} : tensor<576x192xf32>
nn.data @c {file = "m", offset = 442368 : i64} : tensor<16x3x3x8xf32>
nn.data @d {file = "m", offset = 446976 : i64} : tensor<8x3x3x1xf32>

// CHECK-LABEL: @matmul
func.func @matmul(%x: tensor<1x?x576xf32>, %y: tensor<1x192x?xf32>) -> tensor<1x?x?xf32> {
  // The weight [K, N] is summed over dimension 0.
  // CHECK: %[[W:.*]] = nn.param @w
  // W4A16: %[[A:.*]] = qnt.assign %[[W]] <code = uint, bits = 4, granularity = group, group_size = 64, zero_point = true> {method = "rtn"} : tensor<576x192xf32>
  // W4A16: %[[X:.*]] = qnt.assign %{{.*}} <code = none, reason = "the recipe keeps activations in floating point">
  // W8A8: %[[A:.*]] = qnt.assign %[[W]] <code = uint, bits = 8, granularity = channel> {method = "rtn"}
  // W8A8: %[[X:.*]] = qnt.assign %{{.*}} <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true>
  // FLOAT: %[[A:.*]] = qnt.assign %[[W]] <code = none, reason = "the recipe keeps
  // FLOAT: %[[X:.*]] = qnt.assign %{{.*}} <code = none
  // CHECK: %[[Y:.*]] = nn.matmul %[[X]], %[[A]]
  %w = nn.param @w : tensor<576x192xf32>
  %0 = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x192xf32> -> tensor<1x?x192xf32>
  // A product of two computed tensors has no scheme.
  // CHECK-NOT: qnt.assign
  // CHECK: nn.matmul %[[Y]]
  %1 = nn.matmul %0, %y : tensor<1x?x192xf32>, tensor<1x192x?xf32> -> tensor<1x?x?xf32>
  return %1 : tensor<1x?x?xf32>
}

// CHECK-LABEL: @conv
func.func @conv(%x: tensor<1x8x8x8xf32>) -> (tensor<1x6x6x16xf32>, tensor<1x6x6x8xf32>) {
  // W4A16: qnt.assign %{{.*}} <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true> {method = "rtn"} : tensor<16x3x3x8xf32>
  // W8A8: qnt.assign %{{.*}} <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<16x3x3x8xf32>
  // W8A8: qnt.assign %{{.*}} <code = int, bits = 8, zero_point = true> : tensor<1x8x8x8xf32>
  // CHECK: nn.conv
  %c = nn.param @c : tensor<16x3x3x8xf32>
  %0 = nn.conv %x, %c {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x6x6x16xf32>
  // W8A8: qnt.assign %{{.*}} <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<8x3x3x1xf32>
  // CHECK: nn.conv
  %d = nn.param @d : tensor<8x3x3x1xf32>
  %1 = nn.conv %x, %d {dilations = array<i64: 1, 1>, groups = 8 : i64, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x8x8x8xf32>, tensor<8x3x3x1xf32> -> tensor<1x6x6x8xf32>
  return %0, %1 : tensor<1x6x6x16xf32>, tensor<1x6x6x8xf32>
}
