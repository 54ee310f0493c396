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
