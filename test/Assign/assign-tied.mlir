// RUN: echo '{preset: w8a16, tied_embeddings: true}' > %t.yaml
// RUN: quant-opt %s --assign-recipe=recipe=%t.yaml | FileCheck %s
// RUN: echo '{preset: w8a16, tied_embeddings: true, rules: [{last: true, skip: true}]}' > %t.skip.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.skip.yaml 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: echo '{weights: {format: binary}, tied_embeddings: true}' > %t.signs.yaml
// RUN: not quant-opt %s --assign-recipe=recipe=%t.signs.yaml 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: the recipe says 'tied_embeddings', but the table of no embedding is, in the same order and without transforms, the weight of a product that is quantized

nn.data @table {file = "m", offset = 0 : i64} : tensor<100x8xf32>
nn.data @other {file = "m", offset = 3200 : i64} : tensor<100x8xf32>

// The table that the product reads gets its scheme; another table stays as it is.
// CHECK-LABEL: @main
// CHECK: %[[T:.*]] = qnt.assign %{{.*}} <code = uint, bits = 8, granularity = channel, axis = 1> {method = "rtn"} : tensor<100x8xf32>
// CHECK: nn.embedding %arg0, %[[T]]
// CHECK: %[[O:.*]] = nn.param @other
// CHECK: nn.embedding %arg0, %[[O]]
func.func @main(%i: tensor<1x?xi64>) -> (tensor<1x?x100xf32>, tensor<1x?x8xf32>) {
  %t = nn.param @table : tensor<100x8xf32>
  %x = nn.embedding %i, %t : tensor<1x?xi64>, tensor<100x8xf32> -> tensor<1x?x8xf32>
  %o = nn.param @other : tensor<100x8xf32>
  %z = nn.embedding %i, %o : tensor<1x?xi64>, tensor<100x8xf32> -> tensor<1x?x8xf32>
  %w = nn.param @table : tensor<100x8xf32>
  %y = nn.matmul %x, %w {transpose_rhs} : tensor<1x?x8xf32>, tensor<100x8xf32> -> tensor<1x?x100xf32>
  return %y, %z : tensor<1x?x100xf32>, tensor<1x?x8xf32>
}
