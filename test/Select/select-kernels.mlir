// RUN: quant-opt %s --select-kernels --split-input-file | FileCheck %s

// A constant right operand is stored in panels of 16 output channels.
nn.data @w {file = "m.weights", offset = 0 : i64} : tensor<576x200xf32>
nn.data @t {file = "m.weights", offset = 460800 : i64} : tensor<200x576xf32>
// CHECK-DAG: kern.weight @w.panels_kn from @w pack "panels_kn" at 0 : tensor<13x576x16xf32>
// CHECK-DAG: kern.weight @t.panels_nk from @t pack "panels_nk" at 479232 : tensor<13x576x16xf32>
// CHECK-LABEL: @matmul
// CHECK-SAME: (%[[X:.*]]: tensor<1x?x576xf32>)
func.func @matmul(%x: tensor<1x?x576xf32>) -> (tensor<1x?x200xf32>, tensor<1x?x200xf32>) {
  // CHECK: %[[W:.*]] = kern.constant "w.panels_kn" at 0 : tensor<13x576x16xf32>
  // CHECK: %[[D:.*]] = tensor.dim %[[X]]
  // CHECK: %[[O:.*]] = tensor.empty(%[[D]]) : tensor<1x?x200xf32>
  // CHECK: kern.matmul "matmul.f32" ins(%[[X]], %[[W]] : tensor<1x?x576xf32>, tensor<13x576x16xf32>) outs(%[[O]] : tensor<1x?x200xf32>)
  %w = nn.param @w : tensor<576x200xf32>
  %0 = nn.matmul %x, %w : tensor<1x?x576xf32>, tensor<576x200xf32> -> tensor<1x?x200xf32>
  // CHECK: kern.constant "t.panels_nk" at 479232
  // CHECK: kern.matmul "matmul.f32"
  %t = nn.param @t : tensor<200x576xf32>
  %1 = nn.matmul %x, %t transpose_rhs : tensor<1x?x576xf32>, tensor<200x576xf32> -> tensor<1x?x200xf32>
  return %0, %1 : tensor<1x?x200xf32>, tensor<1x?x200xf32>
}

// -----
// CHECK-LABEL: @computed_operand
func.func @computed_operand(%a: tensor<2x?x8xf32>, %b: tensor<2x?x8xf32>) -> tensor<2x?x?xf32> {
  // CHECK: kern.batch_matmul "batch_matmul.f32" ins(%{{.*}}, %{{.*}} : {{.*}}) outs({{.*}}) {transpose_rhs}
  %0 = nn.matmul %a, %b transpose_rhs : tensor<2x?x8xf32>, tensor<2x?x8xf32> -> tensor<2x?x?xf32>
  return %0 : tensor<2x?x?xf32>
}

// -----
// Codes, scales and zero points are panels too; a group is 64 columns, the last half.
!w = !qnt.packed<200x96, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w
nn.data @s {file = "m.weights", offset = 9984 : i64} : tensor<200x2xf32>
nn.data @z {file = "m.weights", offset = 11584 : i64} : tensor<200x2xi8>
nn.data @b {file = "m.weights", offset = 11984 : i64} : tensor<200xf32>
// CHECK-DAG: kern.weight @w.rows from @w pack "rows" at 0 : tensor<13x12x64xi8>
// CHECK-DAG: kern.weight @s.panels_ng from @s pack "panels_ng" at {{.*}} : tensor<13x2x16xf32>
// CHECK-DAG: kern.weight @z.panels_ng_u4 from @z pack "panels_ng_u4" at {{.*}} : tensor<13x2x8xi8>
// CHECK-DAG: kern.weight @b.rows from @b pack "rows" at {{.*}} : tensor<200xf32>
// CHECK-LABEL: @quantized
func.func @quantized(%x: tensor<?x96xf32>, %q: tensor<?x96xi8>, %sq: tensor<?xf32>) -> (tensor<?x200xf32>, tensor<?x200xf32>) {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<200x2xf32>
  %z = nn.param @z : tensor<200x2xi8>
  %b = nn.param @b : tensor<200xf32>
  // CHECK: kern.matmul "matmul.a16" ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x96xf32>, tensor<13x12x64xi8>, tensor<13x2x16xf32>, tensor<13x2x8xi8>, tensor<200xf32>) outs({{.*}}) {activation = "relu", bits = 4 : i64, group_size = 64 : i64, has_bias, has_zero_points}
  %0 = qnt.matmul %x weight %w, %s zero_point %z bias %b {activation = "relu"}
      : (tensor<?x96xf32>, !w, tensor<200x2xf32>, tensor<200x2xi8>, tensor<200xf32>) -> tensor<?x200xf32>
  // CHECK: kern.matmul "matmul.a8" ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x96xi8>, tensor<?xf32>, tensor<13x12x64xi8>, tensor<13x2x16xf32>, tensor<13x2x8xi8>)
  %1 = qnt.matmul %q scale %sq weight %w, %s zero_point %z
      : (tensor<?x96xi8>, tensor<?xf32>, !w, tensor<200x2xf32>, tensor<200x2xi8>) -> tensor<?x200xf32>
  return %0, %1 : tensor<?x200xf32>, tensor<?x200xf32>
}

// -----
!c = !qnt.packed<20x8, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
nn.data @c {file = "m.weights", offset = 0 : i64} : !c
nn.data @s {file = "m.weights", offset = 8192 : i64} : tensor<20x1xf32>
// One scale and zero point for all rows is given to each of them.
// CHECK-LABEL: @static
func.func @static(%q: tensor<2x?x8xi8>) -> tensor<2x?x20xf32> {
  %w = nn.param @c : !c
  %s = nn.param @s : tensor<20x1xf32>
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<3> : tensor<i8>
  // CHECK: %[[S:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<2x?xf32>)
  // CHECK: %[[Z:.*]] = linalg.fill ins(%{{.*}} : i8) outs(%{{.*}} : tensor<2x?xi8>)
  // CHECK: kern.matmul "matmul.a8" ins(%arg0, %[[S]], %[[Z]],
  %0 = qnt.matmul %q scale %sx offset %zx weight %w, %s sums %s
      : (tensor<2x?x8xi8>, tensor<f32>, tensor<i8>, !c, tensor<20x1xf32>, tensor<20x1xf32>) -> tensor<2x?x20xf32>
  return %0 : tensor<2x?x20xf32>
}

// -----
nn.data @w {file = "m.weights", offset = 0 : i64} : tensor<16x3x3x8xf32>
nn.data @d {file = "m.weights", offset = 4608 : i64} : tensor<8x3x3x1xf32>
// CHECK-DAG: kern.weight @w.panels_nk from @w pack "panels_nk" at 0 : tensor<1x72x16xf32>
// CHECK-DAG: kern.weight @d.taps_c from @d pack "taps_c" at 4608 : tensor<3x3x8xf32>
// CHECK-LABEL: @conv
func.func @conv(%x: tensor<1x8x8x8xf32>) -> (tensor<1x4x4x16xf32>, tensor<1x8x8x8xf32>) {
  // CHECK: kern.conv "conv.f32" {{.*}} {activation = "relu", dilations = array<i64: 1, 1>, kernel_size = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
  %w = nn.param @w : tensor<16x3x3x8xf32>
  %0 = nn.conv %x, %w {activation = "relu", dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
      : tensor<1x8x8x8xf32>, tensor<16x3x3x8xf32> -> tensor<1x4x4x16xf32>
  // CHECK: kern.depthwise_conv "depthwise_conv.f32"
  %d = nn.param @d : tensor<8x3x3x1xf32>
  %1 = nn.conv %x, %d {dilations = array<i64: 1, 1>, groups = 8 : i64, layout = #nn.layout<nhwc>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
      : tensor<1x8x8x8xf32>, tensor<8x3x3x1xf32> -> tensor<1x8x8x8xf32>
  return %0, %1 : tensor<1x4x4x16xf32>, tensor<1x8x8x8xf32>
}

// -----
!w = !qnt.packed<16x72, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w
nn.data @s {file = "m.weights", offset = 1152 : i64} : tensor<16x1xf32>
// Static activations: scale and zero point become attributes.
// CHECK-LABEL: @static
func.func @static(%x: tensor<1x8x8x8xf32>) -> tensor<1x6x6x16xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<-3> : tensor<i8>
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // CHECK: kern.quantize "quantize.tensor" {{.*}} {scale = 5.000000e-01 : f32, zero_point = -3 : i64}
  %q = qnt.quantize %x, %sx zero_point %zx <code = int, bits = 8, zero_point = true>
      : tensor<1x8x8x8xf32>, tensor<f32>, tensor<i8> -> tensor<1x8x8x8xi8>
  // CHECK: kern.conv "conv.a8" {{.*}}bits = 8 : i64{{.*}}input_scale = 5.000000e-01 : f32, input_zero_point = -3 : i64
  %0 = qnt.conv %q scale %sx offset %zx weight %w, %s {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x8xi8>, tensor<f32>, tensor<i8>, !w, tensor<16x1xf32>) -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// -----
nn.data @t {file = "m.weights", offset = 0 : i64} : tensor<100x8xf32>
nn.data @g {file = "m.weights", offset = 3200 : i64} : tensor<8xf32>
nn.data @pw {file = "m.weights", offset = 4096 : i64} : !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
nn.data @ps {file = "m.weights", offset = 8192 : i64} : tensor<4x1xf32>
// CHECK-LABEL: @rows
func.func @rows(%i: tensor<1x?xi64>) -> (tensor<1x?xf32>, tensor<1x?x8xi8>, tensor<1x?x4xf32>) {
  // CHECK: %[[T:.*]] = kern.constant "t.rows"
  // CHECK: kern.embedding "embedding" ins(%{{.*}}, %[[T]]
  %t = nn.param @t : tensor<100x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %0 = nn.embedding %i, %t : tensor<1x?xi64>, tensor<100x8xf32> -> tensor<1x?x8xf32>
  // CHECK: kern.norm "norm.rms" {{.*}} {epsilon =
  %1 = nn.rms_norm %0, %g {epsilon = 1.0e-05 : f32} : tensor<1x?x8xf32>, tensor<8xf32> -> tensor<1x?x8xf32>
  // CHECK: kern.norm "norm.layer" {{.*}}has_beta
  %2 = nn.layer_norm %1, %g beta %g {epsilon = 1.0e-05 : f32} : tensor<1x?x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<1x?x8xf32>
  // CHECK: kern.softmax "softmax.f32"
  %3 = nn.softmax %2 {axis = 2 : i64} : tensor<1x?x8xf32> -> tensor<1x?x8xf32>
  // CHECK: kern.observe "observe" {{.*}} {id = 7 : i64}
  %4 = qnt.observe %3 {id = 7 : i64} : tensor<1x?x8xf32>
  // CHECK: kern.quantize "quantize.token" {{.*}} outs(%{{.*}}, %{{.*}} : tensor<1x?x8xi8>, tensor<1x?xf32>)
  %q, %s = qnt.quantize_dynamic %4 <code = int, bits = 8, granularity = token, dynamic = true>
      : tensor<1x?x8xf32> -> tensor<1x?x8xi8>, tensor<1x?xf32>
  // CHECK: kern.quantize "quantize.token" {{.*}} outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?xi8>)
  %q2, %s2, %z2 = qnt.quantize_dynamic %4 <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true>
      : tensor<1x?x8xf32> -> tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?xi8>
  // CHECK: kern.matmul "matmul.a8" ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?xi8>, tensor<1x2x64xi8>, tensor<1x1x16xf32>, tensor<1x1x16xf32>) {{.*}} {bits = 8 : i64, group_size = 8 : i64, has_row_zero_points}
  %pw = nn.param @pw : !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
  %ps = nn.param @ps : tensor<4x1xf32>
  %6 = qnt.matmul %q2 scale %s2 offset %z2 weight %pw, %ps sums %ps : (tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?xi8>,
      !qnt.packed<4x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>, tensor<4x1xf32>, tensor<4x1xf32>) -> tensor<1x?x4xf32>
  // CHECK: kern.reduce "reduce.max" {{.*}} {axes = array<i64: 2>, keepdims = false}
  %5 = nn.reduce max %4 {axes = array<i64: 2>} : tensor<1x?x8xf32> -> tensor<1x?xf32>
  return %5, %q, %6 : tensor<1x?xf32>, tensor<1x?x8xi8>, tensor<1x?x4xf32>
}

// -----
// The branch of a product: its first half a kernel, the other one in panels, in
// front of the bias.
nn.data @w {file = "f", offset = 0 : i64} : !qnt.packed<20x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
nn.data @s {file = "f", offset = 0 : i64} : tensor<20x1xf32>
nn.data @a {file = "f", offset = 0 : i64} : tensor<5x8xf16>
nn.data @u {file = "f", offset = 0 : i64} : tensor<5x20xf16>
nn.data @b {file = "f", offset = 0 : i64} : tensor<20xf32>
// CHECK-LABEL: @branch
// CHECK: %[[A:.*]] = kern.constant "a.rows" {{.*}} : tensor<5x8xf16>
// CHECK: %[[T:.*]] = kern.project "project.f16" ins(%arg0, %[[A]] : tensor<1x?x8xf32>, tensor<5x8xf16>) outs(%{{.*}} : tensor<1x?x5xf32>)
// CHECK: %[[U:.*]] = kern.constant "u.panels_kn" {{.*}} : tensor<2x5x16xf16>
// CHECK: kern.matmul "matmul.a16" ins(%arg0, %{{.*}}, %{{.*}}, %[[T]], %[[U]], %{{.*}} : {{.*}}) {{.*}} {bits = 8 : i64, group_size = 8 : i64, has_bias, has_branch}
func.func @branch(%x: tensor<1x?x8xf32>) -> tensor<1x?x20xf32> {
  %w = nn.param @w : !qnt.packed<20x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>
  %s = nn.param @s : tensor<20x1xf32>
  %a = nn.param @a : tensor<5x8xf16>
  %u = nn.param @u : tensor<5x20xf16>
  %b = nn.param @b : tensor<20xf32>
  %t = qnt.project %x, %a : tensor<1x?x8xf32>, tensor<5x8xf16> -> tensor<1x?x5xf32>
  %y = qnt.matmul %x weight %w, %s branch %t, %u bias %b : (tensor<1x?x8xf32>, !qnt.packed<20x8, <code = uint, bits = 8, granularity = channel>, <panel16k4>>,
      tensor<20x1xf32>, tensor<1x?x5xf32>, tensor<5x20xf16>, tensor<20xf32>) -> tensor<1x?x20xf32>
  return %y : tensor<1x?x20xf32>
}

// -----
// So do channels that are taken, and where others read them, too, they are taken by
// a kernel of their own.
nn.data @c {value = dense<[7, 0, 7]> : tensor<3xi32>} : tensor<3xi32>
// CHECK-LABEL: @channels
func.func @channels(%x: tensor<1x?x8xf32>) -> (tensor<1x?x11xi8>, tensor<1x?xf32>, tensor<1x?x3xf32>, tensor<1x?x3xi8>) {
  %c = nn.param @c : tensor<3xi32>
  // CHECK: %[[Q:.*]]:2 = kern.quantize "quantize.taken" ins(%arg0, %{{.*}} : tensor<1x?x8xf32>, tensor<3xi32>) outs(%{{.*}}, %{{.*}} : tensor<1x?x11xi8>, tensor<1x?xf32>) {append}
  %0 = qnt.take_channels %x at %c {append} : tensor<1x?x8xf32>, tensor<3xi32> -> tensor<1x?x11xf32>
  %q, %s = qnt.quantize_dynamic %0 <code = int, bits = 8, granularity = token, dynamic = true>
      : tensor<1x?x11xf32> -> tensor<1x?x11xi8>, tensor<1x?xf32>
  // CHECK: %[[T:.*]] = kern.take "take.channels" ins(%arg0, %{{.*}} : tensor<1x?x8xf32>, tensor<3xi32>)
  // CHECK: kern.quantize "quantize.token" ins(%[[T]]
  %1 = qnt.take_channels %x at %c : tensor<1x?x8xf32>, tensor<3xi32> -> tensor<1x?x3xf32>
  %q1, %s1 = qnt.quantize_dynamic %1 <code = int, bits = 8, granularity = token, dynamic = true>
      : tensor<1x?x3xf32> -> tensor<1x?x3xi8>, tensor<1x?xf32>
  return %q, %s, %1, %q1 : tensor<1x?x11xi8>, tensor<1x?xf32>, tensor<1x?x3xf32>, tensor<1x?x3xi8>
}

// -----
// A rotation joins the quantizer that reads it alone.
// CHECK-LABEL: @rotations
func.func @rotations(%x: tensor<1x?x8xf32>) -> (tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?x8xf32>, tensor<1x?x8xi8>) {
  // CHECK: %[[Q:.*]]:2 = kern.quantize "quantize.rotated" ins(%arg0 : {{.*}}) {{.*}} {bits = 4 : i64, block = 8 : i64, seed = 5 : i64}
  %0 = qnt.rotate %x {block = 8 : i64, seed = 5 : i64} : tensor<1x?x8xf32>
  %q, %s = qnt.quantize_dynamic %0 <code = int, bits = 4, granularity = token, dynamic = true>
      : tensor<1x?x8xf32> -> tensor<1x?x8xi8>, tensor<1x?xf32>
  // CHECK: %[[R:.*]] = kern.rotate "rotate.hadamard" ins(%arg0 : {{.*}}) {{.*}} {block = 4 : i64, seed = 0 : i64}
  // CHECK: kern.quantize "quantize.token" ins(%[[R]]
  %1 = qnt.rotate %x {block = 4 : i64} : tensor<1x?x8xf32>
  %q1, %s1 = qnt.quantize_dynamic %1 <code = int, bits = 8, granularity = token, dynamic = true>
      : tensor<1x?x8xf32> -> tensor<1x?x8xi8>, tensor<1x?xf32>
  return %q, %s, %1, %q1 : tensor<1x?x8xi8>, tensor<1x?xf32>, tensor<1x?x8xf32>, tensor<1x?x8xi8>
}

// -----
// CHECK-LABEL: @attention
func.func @attention(%q: tensor<1x4x?x8xf32>, %k: tensor<1x2x?x8xf32>, %n: tensor<1x2x?x8xf32>, %c: tensor<?x4xf32>,
                     %m: tensor<?x?xf32>) -> tensor<1x4x?x8xf32> {
  // CHECK: kern.rope "rope.f32" {{.*}} {interleaved}
  %0 = nn.rope %q, %c, %c interleaved : tensor<1x4x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<1x4x?x8xf32>
  // The stateless append copies both parts.
  // CHECK: tensor.insert_slice
  // CHECK: tensor.insert_slice
  %1 = nn.kv_append %k, %n {axis = 2 : i64} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> tensor<1x2x?x8xf32>
  // CHECK: kern.attention "attention.f32" ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : {{.*}}) outs({{.*}}) {has_mask, scale = 3.535530e-01 : f32}
  %2 = nn.attention %0, %1, %1 mask %m {scale = 3.535530e-01 : f32}
      : tensor<1x4x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<?x?xf32> -> tensor<1x4x?x8xf32>
  return %2 : tensor<1x4x?x8xf32>
}

// -----
// CHECK-LABEL: @pool
func.func @pool(%x: tensor<1x8x8x4xf32>) -> (tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>) {
  // CHECK: kern.pool "pool.max" {{.*}} {count_include_pad = false, dilations = array<i64: 1, 1>, kernel_size = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  // CHECK: kern.pool "pool.avg" {{.*}} {count_include_pad = true
  %1 = nn.avg_pool %x {count_include_pad = true, dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>,
      layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  return %0, %1 : tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>
}

// -----
// Operands of a batched product get the same rank.
// CHECK-LABEL: @ranks
// CHECK: %[[B:.*]] = tensor.expand_shape %arg1 {{\[\[}}0, 1], [2]] output_shape [1, %{{.*}}, 5] : tensor<?x5xf32> into tensor<1x?x5xf32>
// CHECK: kern.batch_matmul "batch_matmul.f32" ins(%arg0, %[[B]] : tensor<2x3x?xf32>, tensor<1x?x5xf32>)
func.func @ranks(%a: tensor<2x3x?xf32>, %b: tensor<?x5xf32>) -> tensor<2x3x5xf32> {
  %0 = nn.matmul %a, %b : tensor<2x3x?xf32>, tensor<?x5xf32> -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}

// -----
!w = !qnt.packed<16x9, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w
nn.data @s {file = "m.weights", offset = 192 : i64} : tensor<16x1xf32>
// One filter a channel: a line has four taps of 16 channels.
// CHECK-LABEL: @quantized_depthwise
func.func @quantized_depthwise(%x: tensor<1x8x8x16xi8>) -> tensor<1x6x6x16xf32> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x1xf32>
  // CHECK: kern.depthwise_conv "depthwise_conv.a8" ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x8x8x16xi8>, tensor<1x3x64xi8>, tensor<1x1x16xf32>)
  // CHECK-SAME: bits = 8 : i64
  // CHECK-SAME: input_scale = 5.000000e-01 : f32
  %0 = qnt.conv %x scale %sx weight %w, %s {dilations = array<i64: 1, 1>, groups = 16 : i64, kernel = array<i64: 3, 3>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x16xi8>, tensor<f32>, !w, tensor<16x1xf32>) -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// -----
!w = !qnt.packed<16x72, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w
nn.data @s {file = "m.weights", offset = 576 : i64} : tensor<16x2xf32>
nn.data @z {file = "m.weights", offset = 704 : i64} : tensor<16x2xi8>
// Numbers times codes of four bits, in groups with zero points.
// CHECK-LABEL: @low_bit_conv
func.func @low_bit_conv(%x: tensor<1x8x8x8xf32>) -> tensor<1x6x6x16xf32> {
  %w = nn.param @w : !w
  %s = nn.param @s : tensor<16x2xf32>
  %z = nn.param @z : tensor<16x2xi8>
  // CHECK: kern.conv "conv.a16" ins(%{{.*}} : tensor<1x8x8x8xf32>, tensor<1x9x64xi8>, tensor<1x2x16xf32>, tensor<1x2x8xi8>)
  // CHECK-SAME: bits = 4 : i64
  // CHECK-SAME: group_size = 64 : i64, has_zero_points
  %0 = qnt.conv %x weight %w, %s zero_point %z {dilations = array<i64: 1, 1>, groups = 1 : i64, kernel = array<i64: 3, 3>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : (tensor<1x8x8x8xf32>, !w, tensor<16x2xf32>, tensor<16x2xi8>) -> tensor<1x6x6x16xf32>
  return %0 : tensor<1x6x6x16xf32>
}

// -----
nn.data @t {file = "m.weights", offset = 0 : i64} : tensor<100x8xf32>
// A table that is also the weight of a product is stored once.
// CHECK: kern.weight @t.panels_nk from @t pack "panels_nk" at 0 : tensor<7x8x16xf32>
// CHECK-NOT: kern.weight
// CHECK-LABEL: @tied
func.func @tied(%i: tensor<1x?xi64>) -> tensor<1x?x100xf32> {
  %t = nn.param @t : tensor<100x8xf32>
  // CHECK: kern.embedding "embedding.panels" ins(%{{.*}}, %{{.*}} : tensor<1x?xi64>, tensor<7x8x16xf32>) {{.*}} {rows = 100 : i64}
  %0 = nn.embedding %i, %t : tensor<1x?xi64>, tensor<100x8xf32> -> tensor<1x?x8xf32>
  // CHECK: kern.matmul "matmul.f32" ins(%{{.*}}, %{{.*}} : tensor<1x?x8xf32>, tensor<7x8x16xf32>)
  %1 = nn.matmul %0, %t {transpose_rhs} : tensor<1x?x8xf32>, tensor<100x8xf32> -> tensor<1x?x100xf32>
  return %1 : tensor<1x?x100xf32>
}

// -----
nn.data @c {file = "m.weights", offset = 0 : i64} : tensor<40x3x3x4xf32>
// Each group starts a new panel.
// CHECK-LABEL: @groups
func.func @groups(%x: tensor<1x8x8x8xf32>) -> tensor<1x6x6x40xf32> {
  // CHECK: kern.constant "c.panels_gnk" at 0 : tensor<2x2x36x16xf32>
  // CHECK: kern.conv "conv.f32" {{.*}}groups = 2 : i64
  %w = nn.param @c : tensor<40x3x3x4xf32>
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, groups = 2 : i64, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x8x8x8xf32>, tensor<40x3x3x4xf32> -> tensor<1x6x6x40xf32>
  return %0 : tensor<1x6x6x40xf32>
}

// -----

// Scales of f16 are stored in 2 bytes, a line of 3 bits in 192.
// CHECK-DAG: kern.weight @s.panels_ng_f16 from @s pack "panels_ng_f16" at {{.*}} : tensor<1x3x16xf16>
// CHECK-DAG: kern.weight @w.rows from @w pack "rows" at 0 : tensor<1x3x192xi8>
!w3 = !qnt.packed<16x72, <code = uint, bits = 3, granularity = group, axis = 1, group_size = 32, scale = f16>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w3
nn.data @s {file = "m.weights", offset = 576 : i64} : tensor<16x3xf32>
// CHECK-LABEL: @three_bits
func.func @three_bits(%x: tensor<1x72xf32>) -> tensor<1x16xf32> {
  %w = nn.param @w : !w3
  %s = nn.param @s : tensor<16x3xf32>
  // CHECK: kern.matmul "matmul.a16" {{.*}}bits = 3 : i64, group_size = 32 : i64
  %0 = qnt.matmul %x weight %w, %s : (tensor<1x72xf32>, !w3, tensor<16x3xf32>) -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}

// -----
!t = !qnt.packed<100x8, <code = uint, bits = 8, granularity = channel, axis = 1>, <panel16k4>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !t
nn.data @s {file = "m.weights", offset = 0 : i64} : tensor<100x1xf32>
// A table is stored once for the embedding and the product.
// CHECK-LABEL: @tied
func.func @tied(%i: tensor<1x?xi64>) -> tensor<1x?x100xf32> {
  %w = nn.param @w : !t
  %s = nn.param @s : tensor<100x1xf32>
  // CHECK: %[[W:.*]] = kern.constant "[[NAME:.*]]" at 0 : tensor<7x2x64xi8>
  // CHECK: kern.embedding "embedding.codes" ins(%arg0, %[[W]], %{{.*}} : tensor<1x?xi64>, tensor<7x2x64xi8>, tensor<7x1x16xf32>) {{.*}} {bits = 8 : i64, group_size = 8 : i64, rows = 100 : i64}
  %x = qnt.embedding %i table %w, %s : (tensor<1x?xi64>, !t, tensor<100x1xf32>) -> tensor<1x?x8xf32>
  // CHECK: kern.constant "[[NAME]]" at 0
  // CHECK: kern.matmul "matmul.a16"
  %y = qnt.matmul %x weight %w, %s : (tensor<1x?x8xf32>, !t, tensor<100x1xf32>) -> tensor<1x?x100xf32>
  return %y : tensor<1x?x100xf32>
}

// -----
!k = !qnt.packed<100x128, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64>, <column64>>
nn.data @k {file = "m.weights", offset = 0 : i64} : !k
nn.data @s {file = "m.weights", offset = 8192 : i64} : tensor<100x2xf32>
nn.data @t {value = dense<0.5> : tensor<1xf32>} : tensor<1xf32>
// A product with a weight in columns applies the threshold of one row itself;
// that of all rows is applied before it.
// CHECK-LABEL: @sparse
// CHECK-SAME: %[[X:.*]]: tensor<1x?x128xf32>
func.func @sparse(%x: tensor<1x?x128xf32>) -> (tensor<1x?x100xf32>, tensor<1x?x100xf32>, tensor<1x?x128xf32>, tensor<1x?x128xf32>) {
  %w = nn.param @k : !k
  %s = nn.param @s : tensor<100x2xf32>
  %t = nn.param @t : tensor<1xf32>
  // CHECK-NOT: qnt.
  // CHECK: kern.matmul "matmul.sparse" ins(%[[X]], %{{.*}}, %{{.*}}, %{{.*}} : tensor<1x?x128xf32>, tensor<128x2x32xi8>, tensor<7x2x16xf32>, tensor<1xf32>)
  // CHECK-SAME: bits = 4 : i64, group_size = 64 : i64
  %0 = qnt.threshold %x above %t {one_row} : tensor<1x?x128xf32>, tensor<1xf32>
  %1 = qnt.matmul %0 weight %w, %s : (tensor<1x?x128xf32>, !k, tensor<100x2xf32>) -> tensor<1x?x100xf32>
  // CHECK: %[[CUT:.*]] = linalg.generic
  // CHECK: arith.cmpf ugt
  // CHECK: arith.select
  // CHECK: kern.matmul "matmul.sparse" ins(%[[CUT]],
  %2 = qnt.threshold %x above %t : tensor<1x?x128xf32>, tensor<1xf32>
  %3 = qnt.matmul %2 weight %w, %s : (tensor<1x?x128xf32>, !k, tensor<100x2xf32>) -> tensor<1x?x100xf32>
  // One that no product applies looks at the number of rows.
  // CHECK: linalg.generic
  // CHECK: arith.cmpi ne
  // CHECK: arith.ori
  // CHECK: arith.select %{{.*}}, %in, %cst{{.*}} : f32
  %4 = qnt.threshold %x above %t {one_row} : tensor<1x?x128xf32>, tensor<1xf32>
  // What is left out is what is small.
  // CHECK: arith.cmpf ugt
  // CHECK: arith.ori
  // CHECK: arith.select %{{.*}}, %cst{{.*}}, %in : f32
  %5 = qnt.threshold %x above %t {left_out, one_row} : tensor<1x?x128xf32>, tensor<1xf32>
  return %1, %3, %4, %5 : tensor<1x?x100xf32>, tensor<1x?x100xf32>, tensor<1x?x128xf32>, tensor<1x?x128xf32>
}

// -----
// A filter in panels of 16 channels, its scales or thresholds beside it.
// CHECK-DAG: kern.weight @w.rows from @w pack "rows" at 0 : tensor<2x13x16xi64>
// CHECK-DAG: kern.weight @s.panels_ng from @s pack "panels_ng" at {{.*}} : tensor<2x1x16xf32>
// CHECK-DAG: kern.weight @f.rows from @f pack "rows" at {{.*}} : tensor<1x18x16xi64>
// CHECK-DAG: kern.weight @t.panels_ng from @t pack "panels_ng" at {{.*}} : tensor<1x2x16xi32>
#b = #qnt.scheme<code = binary, bits = 1, granularity = channel>
!w = !qnt.packed<20x1x784, #b, <panel16b64>>
!f = !qnt.packed<8x9x70, #b, <panel16b64>>
nn.data @w {file = "m.weights", offset = 0 : i64} : !w
nn.data @f {file = "m.weights", offset = 0 : i64} : !f
nn.data @s {file = "m.weights", offset = 0 : i64} : tensor<20x1xf32>
nn.data @b {file = "m.weights", offset = 0 : i64} : tensor<20xf32>
nn.data @t {file = "m.weights", offset = 0 : i64} : tensor<8x2xi32>
// CHECK-LABEL: @signs
func.func @signs(%x: tensor<?x784xf32>, %c: tensor<1x5x5x70xi8>) -> (tensor<?x20xf32>, tensor<1x5x5x1xi64>) {
  %w = nn.param @w : !w
  %f = nn.param @f : !f
  %s = nn.param @s : tensor<20x1xf32>
  %b = nn.param @b : tensor<20xf32>
  %t = nn.param @t : tensor<8x2xi32>
  %scale = arith.constant dense<2.5e-01> : tensor<f32>
  // CHECK: kern.pack_signs "pack_signs.f32" ins(%arg0 : tensor<?x784xf32>) outs(%{{.*}} : tensor<?x13xi64>)
  %0 = qnt.pack_signs %x : tensor<?x784xf32> -> tensor<?x13xi64>
  // CHECK: kern.binary_matmul "binary_matmul.b1" {{.*}} {columns = 784 : i64, has_bias, input_scale = 2.500000e-01 : f32}
  %1 = qnt.binary_matmul %0 scale %scale weight %w scales %s bias %b : (tensor<?x13xi64>, tensor<f32>, !w, tensor<20x1xf32>, tensor<20xf32>) -> tensor<?x20xf32>
  // CHECK: kern.pack_signs "pack_signs.codes" ins(%arg1 : tensor<1x5x5x70xi8>) outs(%{{.*}} : tensor<1x5x5x2xi64>)
  %2 = qnt.pack_signs %c : tensor<1x5x5x70xi8> -> tensor<1x5x5x2xi64>
  // CHECK: kern.binary_conv "binary_conv.b1" {{.*}} {columns = 70 : i64, dilations = array<i64: 1, 1>, has_thresholds, kernel_size = array<i64: 3, 3>
  %3 = qnt.binary_conv %2 weight %f thresholds %t {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x5x5x2xi64>, !f, tensor<8x2xi32>) -> tensor<1x5x5x1xi64>
  return %1, %3 : tensor<?x20xf32>, tensor<1x5x5x1xi64>
}
