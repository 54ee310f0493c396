// RUN: quant-opt %s --split-input-file --transform-explain --verify-diagnostics -o /dev/null

// A block with norms in front: the stream and the values of attention may be
// rotated; queries and keys are turned by positions, the gate is no linear
// function.
nn.data @e {file = "m", offset = 0 : i64} : tensor<32x16xf32>
nn.data @g {value = dense<[1., 2., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.]> : tensor<16xf32>} : tensor<16xf32>
nn.data @wq {file = "m", offset = 0 : i64} : tensor<16x16xf32>
nn.data @wk {file = "m", offset = 0 : i64} : tensor<16x8xf32>
nn.data @wu {file = "m", offset = 0 : i64} : tensor<16x24xf32>
nn.data @wd {file = "m", offset = 0 : i64} : tensor<24x16xf32>
nn.data @cos {file = "m", offset = 0 : i64} : tensor<5x2xf32>
func.func @block(%ids: tensor<1x5xi64>) -> tensor<1x5x32xf32> {
  %e = nn.param @e : tensor<32x16xf32>
  %g = nn.param @g : tensor<16xf32>
  %wq = nn.param @wq : tensor<16x16xf32>
  %wk = nn.param @wk : tensor<16x8xf32>
  %wu = nn.param @wu : tensor<16x24xf32>
  %wd = nn.param @wd : tensor<24x16xf32>
  %cos = nn.param @cos : tensor<5x2xf32>
  // expected-remark@+1 {{16 features can be rotated: 3 writers, 6 readers, 3 norms}}
  %x = nn.embedding %ids, %e : tensor<1x5xi64>, tensor<32x16xf32> -> tensor<1x5x16xf32>
  %n = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<1x5x16xf32>, tensor<16xf32> -> tensor<1x5x16xf32>
  %q = nn.matmul %n, %wq : tensor<1x5x16xf32>, tensor<16x16xf32> -> tensor<1x5x16xf32>
  %k = nn.matmul %n, %wk : tensor<1x5x16xf32>, tensor<16x8xf32> -> tensor<1x5x8xf32>
  // expected-remark@+1 {{16 features in blocks of 4 can be rotated: 1 writers, 1 readers, 0 norms}}
  %v = nn.matmul %n, %wk : tensor<1x5x16xf32>, tensor<16x8xf32> -> tensor<1x5x8xf32>
  %q4 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [1, 5, 4, 4] : tensor<1x5x16xf32> into tensor<1x5x4x4xf32>
  %k4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [1, 5, 2, 4] : tensor<1x5x8xf32> into tensor<1x5x2x4xf32>
  %v4 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [1, 5, 2, 4] : tensor<1x5x8xf32> into tensor<1x5x2x4xf32>
  %e4 = tensor.empty() : tensor<1x4x5x4xf32>
  %e2 = tensor.empty() : tensor<1x2x5x4xf32>
  %qt = linalg.transpose ins(%q4 : tensor<1x5x4x4xf32>) outs(%e4 : tensor<1x4x5x4xf32>) permutation = [0, 2, 1, 3]
  %kt = linalg.transpose ins(%k4 : tensor<1x5x2x4xf32>) outs(%e2 : tensor<1x2x5x4xf32>) permutation = [0, 2, 1, 3]
  %vt = linalg.transpose ins(%v4 : tensor<1x5x2x4xf32>) outs(%e2 : tensor<1x2x5x4xf32>) permutation = [0, 2, 1, 3]
  // expected-remark@+2 {{16 features in blocks of 4 cannot be rotated: turns pairs of features by the position}}
  // expected-remark@+1 {{8 features in blocks of 4 cannot be rotated: turns pairs of features by the position}}
  %qr = nn.rope %qt, %cos, %cos : tensor<1x4x5x4xf32>, tensor<5x2xf32>, tensor<5x2xf32> -> tensor<1x4x5x4xf32>
  %a = nn.attention %qr, %kt, %vt causal {scale = 5.0e-01 : f32} : tensor<1x4x5x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x4x5x4xf32>
  %t4 = tensor.empty() : tensor<1x5x4x4xf32>
  %at = linalg.transpose ins(%a : tensor<1x4x5x4xf32>) outs(%t4 : tensor<1x5x4x4xf32>) permutation = [0, 2, 1, 3]
  %o = tensor.collapse_shape %at [[0], [1], [2, 3]] : tensor<1x5x4x4xf32> into tensor<1x5x16xf32>
  %y = nn.matmul %o, %wq : tensor<1x5x16xf32>, tensor<16x16xf32> -> tensor<1x5x16xf32>
  %z = tensor.empty() : tensor<1x5x16xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %y : tensor<1x5x16xf32>, tensor<1x5x16xf32>) outs(%z : tensor<1x5x16xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<1x5x16xf32>
  %m = nn.rms_norm %r, %g {epsilon = 1.0e-05 : f32} : tensor<1x5x16xf32>, tensor<16xf32> -> tensor<1x5x16xf32>
  %u = nn.matmul %m, %wu : tensor<1x5x16xf32>, tensor<16x24xf32> -> tensor<1x5x24xf32>
  %w = nn.matmul %m, %wu : tensor<1x5x16xf32>, tensor<16x24xf32> -> tensor<1x5x24xf32>
  // expected-remark@+1 {{24 features cannot be rotated: computes silu of each feature}}
  %c = nn.activation silu %w : tensor<1x5x24xf32>
  %p = tensor.empty() : tensor<1x5x24xf32>
  // expected-remark@+1 {{24 features cannot be rotated: multiplies each feature by a number of its own}}
  %h = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%u, %c : tensor<1x5x24xf32>, tensor<1x5x24xf32>) outs(%p : tensor<1x5x24xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.mulf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<1x5x24xf32>
  %d = nn.matmul %h, %wd : tensor<1x5x24xf32>, tensor<24x16xf32> -> tensor<1x5x16xf32>
  %r2 = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%r, %d : tensor<1x5x16xf32>, tensor<1x5x16xf32>) outs(%z : tensor<1x5x16xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<1x5x16xf32>
  %f = nn.rms_norm %r2, %g {epsilon = 1.0e-05 : f32} : tensor<1x5x16xf32>, tensor<16xf32> -> tensor<1x5x16xf32>
  %l = nn.matmul %f, %e transpose_rhs : tensor<1x5x16xf32>, tensor<32x16xf32> -> tensor<1x5x32xf32>
  // expected-remark@+1 {{32 features cannot be rotated: is an output of the model}}
  return %l : tensor<1x5x32xf32>
}

// -----
// A gamma between what writes the stream and the stream, all features alike.
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x8xf32>
nn.data @two {value = dense<2.> : tensor<8xf32>} : tensor<8xf32>
func.func @sandwich_uniform(%ids: tensor<5xi64>) -> tensor<5x8xf32> {
  %w = nn.param @w : tensor<8x8xf32>
  %g = nn.param @two : tensor<8xf32>
  // expected-remark@+1 {{8 features can be rotated: 2 writers, 2 readers, 1 norms}}
  %x = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  %f = nn.matmul %x, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  %n = nn.rms_norm %f, %g {epsilon = 1.0e-05 : f32} : tensor<5x8xf32>, tensor<8xf32> -> tensor<5x8xf32>
  %z = tensor.empty() : tensor<5x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %n : tensor<5x8xf32>, tensor<5x8xf32>) outs(%z : tensor<5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<5x8xf32>
  %l = nn.matmul %r, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: is an output of the model}}
  return %l : tensor<5x8xf32>
}

// -----
// The same with a gamma for each feature.
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x8xf32>
nn.data @g {value = dense<[1., 2., 1., 1., 1., 1., 1., 1.]> : tensor<8xf32>} : tensor<8xf32>
func.func @sandwich(%ids: tensor<5xi64>) -> tensor<5x8xf32> {
  %w = nn.param @w : tensor<8x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %x = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  %f = nn.matmul %x, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: is a norm whose gamma 'linalg.generic' cannot take over}}
  %n = nn.rms_norm %f, %g {epsilon = 1.0e-05 : f32} : tensor<5x8xf32>, tensor<8xf32> -> tensor<5x8xf32>
  %z = tensor.empty() : tensor<5x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %n : tensor<5x8xf32>, tensor<5x8xf32>) outs(%z : tensor<5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<5x8xf32>
  %l = nn.matmul %r, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: is an output of the model}}
  return %l : tensor<5x8xf32>
}

// -----
// A number for each feature on the stream itself; a stream that leaves the model.
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x8xf32>
nn.data @g {file = "m", offset = 0 : i64} : tensor<8xf32>
func.func @multiplied(%ids: tensor<5xi64>) -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %w = nn.param @w : tensor<8x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %x = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  %z = tensor.empty() : tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: multiplies each feature by a number of its own}}
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %g : tensor<5x8xf32>, tensor<8xf32>) outs(%z : tensor<5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.mulf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<5x8xf32>
  %l = nn.matmul %r, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  %y = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: is an output of the model}}
  return %l, %y : tensor<5x8xf32>, tensor<5x8xf32>
}

// -----
// A vision transformer: a class token and positions are constants that write.
nn.data @patch {file = "m", offset = 0 : i64} : tensor<8x4x4x3xf32>
nn.data @bias {file = "m", offset = 0 : i64} : tensor<8xf32>
nn.data @token {file = "m", offset = 0 : i64} : tensor<1x1x8xf32>
nn.data @places {file = "m", offset = 0 : i64} : tensor<1x5x8xf32>
nn.data @g {value = dense<[1., 2., 1., 1., 1., 1., 1., 1.]> : tensor<8xf32>} : tensor<8xf32>
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x6xf32>
// expected-remark@+1 {{3 features cannot be rotated: is an input of the model}}
func.func @vit(%image: tensor<1x8x8x3xf32>) -> tensor<1x5x6xf32> {
  %p = nn.param @patch : tensor<8x4x4x3xf32>
  %b = nn.param @bias : tensor<8xf32>
  %t = nn.param @token : tensor<1x1x8xf32>
  %q = nn.param @places : tensor<1x5x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %w = nn.param @w : tensor<8x6xf32>
  // expected-remark@+1 {{8 features can be rotated: 4 writers, 1 readers, 1 norms}}
  %c = nn.conv %image, %p bias %b {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 4, 4>}
      : tensor<1x8x8x3xf32>, tensor<8x4x4x3xf32>, tensor<8xf32> -> tensor<1x2x2x8xf32>
  %f = tensor.collapse_shape %c [[0], [1, 2], [3]] : tensor<1x2x2x8xf32> into tensor<1x4x8xf32>
  %s = tensor.concat dim(1) %t, %f : (tensor<1x1x8xf32>, tensor<1x4x8xf32>) -> tensor<1x5x8xf32>
  %z = tensor.empty() : tensor<1x5x8xf32>
  %x = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%s, %q : tensor<1x5x8xf32>, tensor<1x5x8xf32>) outs(%z : tensor<1x5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %0 = arith.addf %i, %j : f32
    linalg.yield %0 : f32
  } -> tensor<1x5x8xf32>
  %n = nn.layer_norm %x, %g beta %b {epsilon = 1.0e-05 : f32} : tensor<1x5x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<1x5x8xf32>
  %l = nn.matmul %n, %w : tensor<1x5x8xf32>, tensor<8x6xf32> -> tensor<1x5x6xf32>
  // expected-remark@+1 {{6 features cannot be rotated: is an output of the model}}
  return %l : tensor<1x5x6xf32>
}

// -----
// Two streams side by side, and a mean that is needed elsewhere too.
nn.data @w {file = "m", offset = 0 : i64} : tensor<8x8xf32>
nn.data @v {file = "m", offset = 0 : i64} : tensor<16x8xf32>
nn.data @g {value = dense<1.> : tensor<8xf32>} : tensor<8xf32>
func.func @others(%ids: tensor<5xi64>) -> tensor<5x8xf32> {
  %w = nn.param @w : tensor<8x8xf32>
  %v = nn.param @v : tensor<16x8xf32>
  %g = nn.param @g : tensor<8xf32>
  %x = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  %y = nn.embedding %ids, %w : tensor<5xi64>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+1 {{8 features cannot be rotated: is a layer norm of a stream whose mean is needed}}
  %n = nn.layer_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<5x8xf32>, tensor<8xf32> -> tensor<5x8xf32>
  %a = nn.matmul %n, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  %b = nn.matmul %x, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  // expected-remark@+2 {{8 features cannot be rotated: puts features side by side}}
  // expected-remark@+1 {{16 features cannot be rotated: puts features side by side}}
  %c = tensor.concat dim(1) %y, %b : (tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x16xf32>
  %d = nn.matmul %c, %v : tensor<5x16xf32>, tensor<16x8xf32> -> tensor<5x8xf32>
  %z = tensor.empty() : tensor<5x8xf32>
  // expected-remark@+1 {{computes arith.maximumf of each feature}}
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%a, %d : tensor<5x8xf32>, tensor<5x8xf32>) outs(%z : tensor<5x8xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.maximumf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}
