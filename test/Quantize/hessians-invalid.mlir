// RUN: echo short > %t.hessians
// RUN: sed s,FILE,%t.hessians, %s > %t.mlir
// RUN: rm -f %t.data
// RUN: not quant-opt %t.mlir --split-input-file --quantize-weights=work-file=%t.data 2>&1 | FileCheck %s

// CHECK: error: weight 'w': '{{.*}}.hessians' ends before the 64 bytes of a Hessian at 128
nn.data @w {value = dense<0.5> : tensor<4x16xf32>} : tensor<4x16xf32>
func.func @short(%x: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : tensor<4x16xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "gptq", qnt.hessian_file = "FILE", qnt.hessian_offset = 128 : i64} : tensor<4x16xf32>
  %y = nn.matmul %x, %a : tensor<2x4xf32>, tensor<4x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// -----

// CHECK: error: weight 'w': the method 'gptq' needs the Hessian of the inputs
nn.data @w {value = dense<0.5> : tensor<4x16xf32>} : tensor<4x16xf32>
func.func @missing(%x: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : tensor<4x16xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "gptq"} : tensor<4x16xf32>
  %y = nn.matmul %x, %a : tensor<2x4xf32>, tensor<4x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// -----

// CHECK: error: weight 'w': '{{.*}}.hessians'
nn.data @w {value = dense<0.5> : tensor<4x16xf32>} : tensor<4x16xf32>
func.func @no_codes(%x: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : tensor<4x16xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "gptq", qnt.codes_file = "FILE"} : tensor<4x16xf32>
  %y = nn.matmul %x, %a : tensor<2x4xf32>, tensor<4x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// -----

// CHECK: error: weight 'w': the low-rank method 'eora' needs the Hessian of the inputs
nn.data @w {value = dense<0.5> : tensor<4x16xf32>} : tensor<4x16xf32>
func.func @branch(%x: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : tensor<4x16xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn", qnt.low_rank = "eora", qnt.rank = 2 : i64} : tensor<4x16xf32>
  %y = nn.matmul %x, %a : tensor<2x4xf32>, tensor<4x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// -----

// CHECK: error: weight 'w': '{{.*}}.hessians'
nn.data @w {value = dense<0.5> : tensor<4x16xf32>} : tensor<4x16xf32>
func.func @no_branch(%x: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %w = nn.param @w : tensor<4x16xf32>
  %a = qnt.assign %w <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn", qnt.branch_file = "FILE", qnt.low_rank = "eora", qnt.rank = 2 : i64} : tensor<4x16xf32>
  %y = nn.matmul %x, %a : tensor<2x4xf32>, tensor<4x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}
