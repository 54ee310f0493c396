// RUN: quant-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expects either a file or a value}}
nn.data @a : tensor<2xf32>

// -----
// expected-error@+1 {{expects 'stored' to be f16 or bf16 for a file's f32 constant, found 'f64' for 'tensor<2xf32>'}}
nn.data @wide {file = "m", offset = 0 : i64, stored = f64} : tensor<2xf32>

// -----
// expected-error@+1 {{expects a non-negative offset beside the file}}
nn.data @a {file = "w"} : tensor<2xf32>

// -----
// expected-error@+1 {{holds a value of type 'tensor<3xf32>', expected 'tensor<2xf32>'}}
nn.data @a {value = dense<0.0> : tensor<3xf32>} : tensor<2xf32>

// -----
func.func @f() {
  // expected-error@+1 {{names @missing, which no nn.data defines}}
  %0 = nn.param @missing : tensor<2xf32>
  return
}

// -----
nn.data @a {value = dense<0.0> : tensor<2xf32>} : tensor<2xf32>
func.func @f() {
  // expected-error@+1 {{has type 'tensor<3xf32>', but @a has 'tensor<2xf32>'}}
  %0 = nn.param @a : tensor<3xf32>
  return
}

// -----
func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error@+1 {{reduces over 3 elements of the left and 4 of the right operand}}
  %0 = nn.matmul %a, %b : tensor<2x3xf32>, tensor<4x5xf32> -> tensor<2x5xf32>
  return
}

// -----
func.func @f(%a: tensor<3xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+2 {{expects operands of rank 2 or more}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<3xf32>, tensor<3x5xf32> -> tensor<5xf32>
  return
}

// -----
func.func @f(%a: tensor<2x1x3xf32>, %b: tensor<3x3x5xf32>) {
  // expected-error@+2 {{do not broadcast}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<2x1x3xf32>, tensor<3x3x5xf32> -> tensor<2x1x5xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{has 3 input channels, but the filter takes 1 groups of 2}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32> -> tensor<1x4x6x6xf32>
  return
}

// -----
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error@+1 {{has 5 filters, not a multiple of its 2 groups}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, groups = 2 : i64, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x4x8x8xf32>, tensor<5x2x3x3xf32> -> tensor<1x5x6x6xf32>
  return
}

// -----
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<5x4x3x3xf32>) {
  // expected-error@+1 {{expects a positive number of groups, found 0}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, groups = 0 : i64, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x4x8x8xf32>, tensor<5x4x3x3xf32> -> tensor<1x5x6x6xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expects a bias of 4 elements, found 'tensor<3xf32>'}}
  %0 = nn.conv %x, %w bias %b {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<3xf32> -> tensor<1x4x6x6xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x2x2xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+2 {{the window of 3 does not fit into}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x3x2x2xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x1x1xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x27xf32>) {
  // expected-error@+2 {{expects a filter of rank 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.conv %x, %w {dilations = array<i64: 1, 1>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x3x8x8xf32>, tensor<4x27xf32> -> tensor<1x4x6x6xf32>
  return
}

// -----
func.func @f(%x: tensor<3x8x8xf32>) {
  // expected-error@+2 {{expects an input of rank 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<3x8x8xf32> -> tensor<3x4x4xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+2 {{expects 2 kernel sizes, 2 strides, 2 dilations and 4 pads}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.max_pool %x {dilations = array<i64: 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : tensor<1x3x8x8xf32> -> tensor<1x3x4x4xf32>
  return
}

// -----
func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+2 {{expects positive strides and dilations and no negative pads}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, layout = #nn.layout<nchw>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 0, 2>} : tensor<1x3x8x8xf32> -> tensor<1x3x4x4xf32>
  return
}

// -----
func.func @f(%i: tensor<2xi64>, %t: tensor<f32>) {
  // expected-error@+2 {{expects a table of rank 1 or more}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.embedding %i, %t : tensor<2xi64>, tensor<f32> -> tensor<2xf32>
  return
}

// -----
func.func @f(%x: tensor<2x8xf32>, %g: tensor<7xf32>) {
  // expected-error@+1 {{expects gamma of 8 elements, found 'tensor<7xf32>'}}
  %0 = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<2x8xf32>, tensor<7xf32> -> tensor<2x8xf32>
  return
}

// -----
func.func @f(%x: tensor<f32>, %g: tensor<7xf32>) {
  // expected-error@+1 {{expects an input of rank 1 or more}}
  %0 = nn.rms_norm %x, %g {epsilon = 1.0e-05 : f32} : tensor<f32>, tensor<7xf32> -> tensor<f32>
  return
}

// -----
func.func @f(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{expects an axis from 0 to 1, found 2}}
  %0 = nn.softmax %x {axis = 2 : i64} : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----
func.func @f(%x: tensor<1x2x8xf32>, %c: tensor<2x4xf32>) {
  // expected-error@+1 {{expects an input of rank 4, found 'tensor<1x2x8xf32>'}}
  %0 = nn.rope %x, %c, %c : tensor<1x2x8xf32>, tensor<2x4xf32>, tensor<2x4xf32> -> tensor<1x2x8xf32>
  return
}

// -----
func.func @f(%x: tensor<1x2x2x8xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{expects cosines and sines of rank 2 or 3}}
  %0 = nn.rope %x, %c, %c : tensor<1x2x2x8xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<1x2x2x8xf32>
  return
}

// -----
func.func @f(%x: tensor<1x2x2x8xf32>, %c: tensor<2x3xf32>) {
  // expected-error@+1 {{expects 4 angles for heads of 8, found 3}}
  %0 = nn.rope %x, %c, %c : tensor<1x2x2x8xf32>, tensor<2x3xf32>, tensor<2x3xf32> -> tensor<1x2x2x8xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x8xf32>, %k: tensor<1x2x2x8xf32>) {
  // expected-error@+2 {{expects query and value of rank 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.attention %q, %k, %k {scale = 1.0 : f32} : tensor<1x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32> -> tensor<1x2x8xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x2x8xf32>, %k: tensor<1x2x8xf32>) {
  // expected-error@+1 {{expects a key of rank 4, found 'tensor<1x2x8xf32>'}}
  %0 = nn.attention %q, %k, %q {scale = 1.0 : f32} : tensor<1x2x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x2x8xf32> -> tensor<1x2x2x8xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x2x8xf32>, %k: tensor<1x2x2x4xf32>) {
  // expected-error@+1 {{has query heads of 8 and key heads of 4 elements}}
  %0 = nn.attention %q, %k, %k {scale = 1.0 : f32} : tensor<1x2x2x8xf32>, tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32> -> tensor<1x2x2x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x3x2x8xf32>, %k: tensor<1x2x2x8xf32>) {
  // expected-error@+1 {{has 3 query heads, not a multiple of its 2 key heads}}
  %0 = nn.attention %q, %k, %k {scale = 1.0 : f32} : tensor<1x3x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32> -> tensor<1x3x2x8xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x2x8xf32>, %k: tensor<1x2x2x8xf32>, %v: tensor<1x2x3x8xf32>) {
  // expected-error@+1 {{that do not go together}}
  %0 = nn.attention %q, %k, %v {scale = 1.0 : f32} : tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x2x8xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x2x8xf32>, %m: tensor<1x1x1x2x2xf32>) {
  // expected-error@+1 {{expects a mask of at most rank 4}}
  %0 = nn.attention %q, %q, %q mask %m {scale = 1.0 : f32} : tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x1x1x2x2xf32> -> tensor<1x2x2x8xf32>
  return
}

// -----
func.func @f(%p: tensor<1x3x4x8xf32>, %n: tensor<1x2x4x8xf32>) {
  // expected-error@+1 {{dimension 1 differs}}
  %0 = nn.kv_append %p, %n {axis = 2 : i64} : tensor<1x3x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x3x8x8xf32>
  return
}

// -----
func.func @f(%p: tensor<1x3x4x8xf32>, %n: tensor<1x2x4x8xf32>) {
  // expected-error@+2 {{along axis 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.kv_append %p, %n {axis = 4 : i64} : tensor<1x3x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x3x8x8xf32>
  return
}

// -----
func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expects ascending axes from 0 to 1, found 2}}
  %0 = nn.reduce sum %x {axes = array<i64: 2>} : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----
func.func @matmul(%a: tensor<2x3x4xf32>, %b: tensor<5x4x3xf32>) {
  // expected-error@+2 {{'nn.matmul' op failed to infer returned types}}
  // expected-error@+1 {{batch dimensions of 'tensor<2x3x4xf32>' and 'tensor<5x4x3xf32>' do not broadcast}}
  %0 = nn.matmul %a, %b : tensor<2x3x4xf32>, tensor<5x4x3xf32> -> tensor<5x3x3xf32>
  return
}

// -----
func.func @kv_append(%p: tensor<1x2x5x8xf32>, %n: tensor<2x1x8xf32>) {
  // expected-error@+2 {{'nn.kv_append' op failed to infer returned types}}
  // expected-error@+1 {{cannot append 'tensor<2x1x8xf32>' to 'tensor<1x2x5x8xf32>' along axis 2}}
  %0 = nn.kv_append %p, %n {axis = 2 : i64} : tensor<1x2x5x8xf32>, tensor<2x1x8xf32> -> tensor<1x2x6x8xf32>
  return
}

// -----
func.func @kv_append(%p: tensor<1x2x5x8xf32>, %n: tensor<1x3x1x8xf32>) {
  // expected-error@+1 {{cannot append 'tensor<1x3x1x8xf32>' to 'tensor<1x2x5x8xf32>': dimension 1 differs}}
  %0 = nn.kv_append %p, %n {axis = 2 : i64} : tensor<1x2x5x8xf32>, tensor<1x3x1x8xf32> -> tensor<1x2x6x8xf32>
  return
}
