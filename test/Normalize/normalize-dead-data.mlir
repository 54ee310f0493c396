// RUN: %quant-opt --normalize-dead-data %s | FileCheck %s

// CHECK-NOT: @unused
// CHECK: nn.data @used
// CHECK-NOT: @unused
// CHECK-NOT: @named_only
nn.data @unused {value = dense<2> : tensor<1xi64>} : tensor<1xi64>
nn.data @used {value = dense<2> : tensor<1xi64>} : tensor<1xi64>
nn.data @named_only {value = dense<2> : tensor<1xi64>} : tensor<1xi64>

func.func @main() -> tensor<1xi64> {
  %0 = nn.param @used : tensor<1xi64>
  %1 = nn.param @named_only : tensor<1xi64>
  return %0 : tensor<1xi64>
}
