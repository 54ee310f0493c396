// RUN: quant-opt %s --quantize-weights | FileCheck %s

// Constants that stay in floating point are written in their new basis, in fp64
// and rounded once. Of a chain only what is used is written.

nn.data @w {value = dense<[[8., 0., 0., 0.], [1., 2., 3., 4.]]> : tensor<2x4xf32>} : tensor<2x4xf32>
nn.data @g {value = dense<[2., 5.0e-01]> : tensor<2xf32>} : tensor<2xf32>

// CHECK-DAG: nn.data @w.transformed {value = dense<{{\[\[}}6.000000e+00, -2.000000e+00, -2.000000e+00, -2.000000e+00], [-1.500000e+00, -5.000000e-01, 5.000000e-01, 1.500000e+00]]>
// CHECK-DAG: nn.data @w.transformed_{{.*}} {value = dense<{{\[\[}}1.600000e+01, 0.000000e+00, 0.000000e+00, 0.000000e+00], [5.000000e-01, 1.000000e+00, 1.500000e+00, 2.000000e+00]]>
// CHECK-DAG: nn.data @w.transformed_{{.*}} {value = dense<{{\[\[}}-4.000000e+00, -4.000000e+00, -4.000000e+00, -4.000000e+00], [0.000000e+00, 2.000000e+00, 1.000000e+00, -5.000000e+00]]>
// CHECK-LABEL: func @f
// CHECK-NOT: qnt.transform
// CHECK: return
func.func @f() -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = nn.param @w : tensor<2x4xf32>
  %g = nn.param @g : tensor<2xf32>
  %0 = qnt.transform center %w {axis = 1 : i64} : tensor<2x4xf32>
  %1 = qnt.transform scale %w by %g {axis = 0 : i64} : tensor<2x4xf32>, tensor<2xf32>
  %2 = qnt.transform scale %w by %g {axis = 0 : i64, inverse} : tensor<2x4xf32>, tensor<2xf32>
  %3 = qnt.transform scale %2 by %g {axis = 0 : i64} : tensor<2x4xf32>, tensor<2xf32>
  %4 = qnt.transform hadamard %3 {axis = 1 : i64, block = 4 : i64, seed = 7 : i64} : tensor<2x4xf32>
  return %0, %1, %4 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
