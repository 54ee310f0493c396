// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work --split-input-file --verify-diagnostics
// RUN: not quant-opt %S/quantize-weights.mlir --quantize-weights 2>&1 | FileCheck %s --check-prefix=NOFILE
// RUN: not quant-opt %S/quantize-weights.mlir --quantize-weights=work-file=%t.missing/work 2>&1 | FileCheck %s --check-prefix=FOLDER
// NOFILE: packed weights need a work file (--quantize-weights=work-file=FILE)
// FOLDER: cannot write '{{.*}}.missing/work': No such file or directory

nn.data @w {value = dense<[[1.0, 2.0], [0x7FC00000, 3.0]]> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @nan(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<2x2xf32>
  %a = qnt.assign %w <code = int, bits = 4, granularity = channel> {method = "rtn"} : tensor<2x2xf32>
  // expected-error@+1 {{weight 'w': }}
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @method(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<2x2xf32>
  %a = qnt.assign %w <code = int, bits = 4, granularity = channel> {method = "rnt"} : tensor<2x2xf32>
  // expected-error@+1 {{there is no quantization method 'rnt'}}
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @ternary(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<2x2xf32>
  %a = qnt.assign %w <code = e2m1, bits = 4, granularity = channel> {method = "twn"} : tensor<2x2xf32>
  // expected-error@+1 {{weight 'w': the method 'twn' takes ternary weights only, not e2m1 ones of 4 bits}}
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----
func.func @model(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel> {method = "model"} : tensor<2x2xf32>
  // expected-error@+1 {{only constant codes can be a model's own weight}}
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----
nn.data @c {file = "missing", offset = 0 : i64} : tensor<2x2xi8>
func.func @missing() -> tensor<2x2xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %c = nn.param @c : tensor<2x2xi8>
  // expected-error@+1 {{cannot read 'missing'}}
  %0 = qnt.dequantize %c, %s <code = int, bits = 8> : tensor<2x2xi8>, tensor<f32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----
nn.data @c {file = "missing", offset = 0 : i64} : !qnt.packed<2x32, <code = int, bits = 4, granularity = group, axis = 1, group_size = 32>, <blocks>>
nn.data @s {value = dense<1.0> : tensor<2x1xf32>} : tensor<2x1xf32>
func.func @blocks() -> tensor<2x32xf32> {
  %c = nn.param @c : !qnt.packed<2x32, <code = int, bits = 4, granularity = group, axis = 1, group_size = 32>, <blocks>>
  %s = nn.param @s : tensor<2x1xf32>
  // expected-error@+1 {{codes are not packed in rows}}
  %0 = qnt.dequantize %c, %s <code = int, bits = 4, granularity = group, axis = 1, group_size = 32>
      : !qnt.packed<2x32, <code = int, bits = 4, granularity = group, axis = 1, group_size = 32>, <blocks>>, tensor<2x1xf32> -> tensor<2x32xf32>
  return %0 : tensor<2x32xf32>
}

// -----
nn.data @w {value = dense<1.0> : tensor<2x2xf32>} : tensor<2x2xf32>
func.func @signs(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = nn.param @w : tensor<2x2xf32>
  %a = qnt.assign %w <code = binary, bits = 1, granularity = channel> {method = "rtn"} : tensor<2x2xf32>
  // expected-error@+1 {{weight 'w': the method 'rtn' gives no binary weights; those that do are arb, arb_rc, arb_x}}
  %0 = nn.matmul %x, %a : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----
nn.data @w {value = dense<4.0e6> : tensor<4x1xf32>} : tensor<4x1xf32>
func.func @planes(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %w = nn.param @w : tensor<4x1xf32>
  %a = qnt.assign %w <code = planes, bits = 8, granularity = channel, scale = f16, widths = [8, 2]> {method = "rtn"} : tensor<4x1xf32>
  // expected-error@+1 {{weight 'w': the range of the weights in row 0, group 0 is too wide for a scale of 16 bits}}
  %0 = nn.matmul %x, %a : tensor<?x4xf32>, tensor<4x1xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}
