// RUN: %quant-opt --normalize-attention --canonicalize --split-input-file %s | FileCheck %s

#s = affine_map<(b, h, t, s) -> (b, h, t, s)>
#mask = affine_map<(b, h, t, s) -> (t, s)>
#two = affine_map<(t, s) -> (t, s)>
#key = affine_map<(t, s) -> (s)>
#query = affine_map<(t, s) -> (t, 0)>
#one = affine_map<(i) -> (i)>
#copy = affine_map<(b, k, g, s, d) -> (b, k, 0, s, d)>
#five = affine_map<(b, k, g, s, d) -> (b, k, g, s, d)>

// A decoder with a cache of P positions and T new ones: three heads share one
// key/value head, key j <= P + i is visible.
// CHECK-LABEL: func @decoder
// CHECK-SAME: (%[[Q:.*]]: tensor<1x9x?x8xf32> {{.*}}, %[[PAST:.*]]: tensor<1x3x?x8xf32> {{.*}}, %[[NEW:.*]]: tensor<1x3x?x8xf32>
// CHECK: %[[K:.*]] = nn.kv_append
// CHECK-NEXT: %[[Y:.*]] = nn.attention %[[Q]], %[[K]], %[[K]] causal {scale = 1.250000e-01 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @decoder(%q: tensor<1x9x?x8xf32> {nn.dims = ["", "", "T", ""]}, %past: tensor<1x3x?x8xf32> {nn.dims = ["", "", "P", ""]},
                   %new: tensor<1x3x?x8xf32> {nn.dims = ["", "", "T", ""]}) -> tensor<1x9x?x8xf32> {
  %c2 = arith.constant 2 : index
  %t = tensor.dim %q, %c2 : tensor<1x9x?x8xf32>
  %p = tensor.dim %past, %c2 : tensor<1x3x?x8xf32>
  %all = arith.addi %p, %t : index
  %positions_init = tensor.empty(%t) : tensor<?xi64>
  %positions = linalg.generic {indexing_maps = [#one], iterator_types = ["parallel"]} outs(%positions_init : tensor<?xi64>) {
  ^bb0(%0: i64):
    %i = linalg.index 0 : index
    %j = arith.addi %i, %p : index
    %n = arith.index_cast %j : index to i64
    linalg.yield %n : i64
  } -> tensor<?xi64>
  %keys_init = tensor.empty(%all) : tensor<?xi64>
  %keys = linalg.generic {indexing_maps = [#one], iterator_types = ["parallel"]} outs(%keys_init : tensor<?xi64>) {
  ^bb0(%0: i64):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i64
    linalg.yield %n : i64
  } -> tensor<?xi64>
  %column = tensor.expand_shape %positions [[0, 1]] output_shape [%t, 1] : tensor<?xi64> into tensor<?x1xi64>
  %visible_init = tensor.empty(%t, %all) : tensor<?x?xi1>
  %visible = linalg.generic {indexing_maps = [#key, #query, #two], iterator_types = ["parallel", "parallel"]}
      ins(%keys, %column : tensor<?xi64>, tensor<?x1xi64>) outs(%visible_init : tensor<?x?xi1>) {
  ^bb0(%0: i64, %1: i64, %2: i1):
    %3 = arith.cmpi sle, %0, %1 : i64
    linalg.yield %3 : i1
  } -> tensor<?x?xi1>
  %mask_init = tensor.empty(%t, %all) : tensor<?x?xf32>
  %mask = linalg.generic {indexing_maps = [#two, #two], iterator_types = ["parallel", "parallel"]}
      ins(%visible : tensor<?x?xi1>) outs(%mask_init : tensor<?x?xf32>) {
  ^bb0(%0: i1, %1: f32):
    %shown = arith.constant 0.0 : f32
    %hidden = arith.constant -3.40282347E+38 : f32
    %2 = arith.select %0, %shown, %hidden : f32
    linalg.yield %2 : f32
  } -> tensor<?x?xf32>
  %cache = nn.kv_append %past, %new {axis = 2 : i64} : tensor<1x3x?x8xf32>, tensor<1x3x?x8xf32> -> tensor<1x3x?x8xf32>
  %wide = tensor.expand_shape %cache [[0], [1, 2], [3], [4]] output_shape [1, 3, 1, %all, 8] : tensor<1x3x?x8xf32> into tensor<1x3x1x?x8xf32>
  %copies_init = tensor.empty(%all) : tensor<1x3x3x?x8xf32>
  %copies = linalg.generic {indexing_maps = [#copy, #five], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%wide : tensor<1x3x1x?x8xf32>) outs(%copies_init : tensor<1x3x3x?x8xf32>) {
  ^bb0(%0: f32, %1: f32):
    linalg.yield %0 : f32
  } -> tensor<1x3x3x?x8xf32>
  %heads = tensor.collapse_shape %copies [[0], [1, 2], [3], [4]] : tensor<1x3x3x?x8xf32> into tensor<1x9x?x8xf32>
  %scores = nn.matmul %q, %heads transpose_rhs : tensor<1x9x?x8xf32>, tensor<1x9x?x8xf32> -> tensor<1x9x?x?xf32>
  %scores_init = tensor.empty(%t, %all) : tensor<1x9x?x?xf32>
  %scaled = linalg.generic {indexing_maps = [#s, #s], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<1x9x?x?xf32>) outs(%scores_init : tensor<1x9x?x?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %scale = arith.constant 0.125 : f32
    %2 = arith.mulf %0, %scale : f32
    linalg.yield %2 : f32
  } -> tensor<1x9x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#s, #mask, #s], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %mask : tensor<1x9x?x?xf32>, tensor<?x?xf32>) outs(%scores_init : tensor<1x9x?x?xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<1x9x?x?xf32>
  %weights = nn.softmax %masked {axis = 3 : i64} : tensor<1x9x?x?xf32> -> tensor<1x9x?x?xf32>
  %y = nn.matmul %weights, %heads : tensor<1x9x?x?xf32>, tensor<1x9x?x8xf32> -> tensor<1x9x?x8xf32>
  return %y : tensor<1x9x?x8xf32>
}

// -----

#s = affine_map<(b, h, t, s) -> (b, h, t, s)>
#mask = affine_map<(b, h, t, s) -> (b, 0, 0, s)>

// An encoder: division by sqrt(d), and a mask of padding that stays a mask.
// CHECK-LABEL: func @encoder
// CHECK: nn.attention %arg0, %arg1, %arg2 mask %arg3 {scale = 2.500000e-01 : f32}
func.func @encoder(%q: tensor<?x2x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>, %mask: tensor<?x1x1x?xf32>,
                   %o: tensor<?x2x?x?xf32>) -> tensor<?x2x?x8xf32> {
  %scores = nn.matmul %q, %k transpose_rhs : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> tensor<?x2x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#s, #mask, #s], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %mask : tensor<?x2x?x?xf32>, tensor<?x1x1x?xf32>) outs(%o : tensor<?x2x?x?xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %four = arith.constant 4.0 : f32
    %3 = arith.divf %0, %four : f32
    %4 = arith.addf %1, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<?x2x?x?xf32>
  %weights = nn.softmax %masked {axis = 3 : i64} : tensor<?x2x?x?xf32> -> tensor<?x2x?x?xf32>
  %y = nn.matmul %weights, %v : tensor<?x2x?x?xf32>, tensor<?x2x?x8xf32> -> tensor<?x2x?x8xf32>
  return %y : tensor<?x2x?x8xf32>
}

// -----

#x = affine_map<(b, h, t, d) -> (b, h, t, d)>

// The query is scaled instead of the scores.
// CHECK-LABEL: func @scaled_query
// CHECK: nn.attention %arg0, %arg1, %arg1 {scale = 5.000000e-01 : f32}
func.func @scaled_query(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x6x8xf32>, %o: tensor<1x2x5x8xf32>) -> tensor<1x2x5x8xf32> {
  %small = linalg.generic {indexing_maps = [#x, #x], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%q : tensor<1x2x5x8xf32>) outs(%o : tensor<1x2x5x8xf32>) {
  ^bb0(%0: f32, %1: f32):
    %half = arith.constant 0.5 : f32
    %2 = arith.mulf %0, %half : f32
    linalg.yield %2 : f32
  } -> tensor<1x2x5x8xf32>
  %scores = nn.matmul %small, %k transpose_rhs : tensor<1x2x5x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x6xf32>
  %weights = nn.softmax %scores {axis = 3 : i64} : tensor<1x2x5x6xf32> -> tensor<1x2x5x6xf32>
  %y = nn.matmul %weights, %k : tensor<1x2x5x6xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x8xf32>
  return %y : tensor<1x2x5x8xf32>
}

// -----

// A table of zeros up to the diagonal is read.
nn.data @table {value = dense<[[0.0, -1.0e9, -1.0e9], [0.0, 0.0, -1.0e9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>} : tensor<3x3xf32>
// CHECK-LABEL: func @triangle
// CHECK: nn.attention %arg0, %arg1, %arg1 causal
func.func @triangle(%q: tensor<1x2x?x8xf32> {nn.dims = ["", "", "T", ""]}, %k: tensor<1x2x?x8xf32> {nn.dims = ["", "", "T", ""]}, %n: index) -> tensor<1x2x?x8xf32> {
  %table = nn.param @table : tensor<3x3xf32>
  %mask = tensor.extract_slice %table[0, 0] [%n, %n] [1, 1] : tensor<3x3xf32> to tensor<?x?xf32>
  %y = nn.attention %q, %k, %k mask %mask {scale = 1.0 : f32} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<?x?xf32> -> tensor<1x2x?x8xf32>
  return %y : tensor<1x2x?x8xf32>
}

// -----

// The second row hides its own position.
nn.data @table {value = dense<[[0.0, -1.0e9, -1.0e9], [0.0, -1.0e9, -1.0e9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>} : tensor<3x3xf32>
// CHECK-LABEL: func @no_triangle
// CHECK: nn.attention {{.*}} mask
func.func @no_triangle(%q: tensor<1x2x?x8xf32> {nn.dims = ["", "", "T", ""]}, %k: tensor<1x2x?x8xf32> {nn.dims = ["", "", "T", ""]}, %n: index) -> tensor<1x2x?x8xf32> {
  %table = nn.param @table : tensor<3x3xf32>
  %mask = tensor.extract_slice %table[0, 0] [%n, %n] [1, 1] : tensor<3x3xf32> to tensor<?x?xf32>
  %y = nn.attention %q, %k, %k mask %mask {scale = 1.0 : f32} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<?x?xf32> -> tensor<1x2x?x8xf32>
  return %y : tensor<1x2x?x8xf32>
}

// -----

// The same table where keys may be more than queries.
nn.data @table {value = dense<[[0.0, -1.0e9, -1.0e9], [0.0, 0.0, -1.0e9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>} : tensor<3x3xf32>
// CHECK-LABEL: func @triangle_of_other_sizes
// CHECK: nn.attention {{.*}} mask
func.func @triangle_of_other_sizes(%q: tensor<1x2x?x8xf32> {nn.dims = ["", "", "T", ""]}, %k: tensor<1x2x?x8xf32> {nn.dims = ["", "", "S", ""]}, %n: index, %m: index) -> tensor<1x2x?x8xf32> {
  %table = nn.param @table : tensor<3x3xf32>
  %mask = tensor.extract_slice %table[0, 0] [%n, %m] [1, 1] : tensor<3x3xf32> to tensor<?x?xf32>
  %y = nn.attention %q, %k, %k mask %mask {scale = 1.0 : f32} : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<?x?xf32> -> tensor<1x2x?x8xf32>
  return %y : tensor<1x2x?x8xf32>
}

// -----

#two = affine_map<(t, s) -> (t, s)>

// key <= query, but the keys begin before the queries.
// CHECK-LABEL: func @misses_the_past
// CHECK: nn.attention {{.*}} mask
func.func @misses_the_past(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x7x8xf32>, %o: tensor<5x7xf32>) -> tensor<1x2x5x8xf32> {
  %mask = linalg.generic {indexing_maps = [#two], iterator_types = ["parallel", "parallel"]} outs(%o : tensor<5x7xf32>) {
  ^bb0(%0: f32):
    %shown = arith.constant 0.0 : f32
    %hidden = arith.constant -3.40282347E+38 : f32
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.cmpi sle, %j, %i : index
    %2 = arith.select %1, %shown, %hidden : f32
    linalg.yield %2 : f32
  } -> tensor<5x7xf32>
  %y = nn.attention %q, %k, %k mask %mask {scale = 1.0 : f32} : tensor<1x2x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x8xf32>, tensor<5x7xf32> -> tensor<1x2x5x8xf32>
  return %y : tensor<1x2x5x8xf32>
}

// -----

#two = affine_map<(t, s) -> (t, s)>

// query + 3 > key is key <= query + 2.
// CHECK-LABEL: func @in_one_payload
// CHECK: nn.attention {{.*}} causal
func.func @in_one_payload(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x7x8xf32>, %o: tensor<5x7xf32>) -> tensor<1x2x5x8xf32> {
  %mask = linalg.generic {indexing_maps = [#two], iterator_types = ["parallel", "parallel"]} outs(%o : tensor<5x7xf32>) {
  ^bb0(%0: f32):
    %shown = arith.constant 0.0 : f32
    %hidden = arith.constant 0xFF800000 : f32
    %three = arith.constant 3 : index
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %later = arith.addi %i, %three : index
    %1 = arith.cmpi sgt, %later, %j : index
    %2 = arith.select %1, %shown, %hidden : f32
    linalg.yield %2 : f32
  } -> tensor<5x7xf32>
  %y = nn.attention %q, %k, %k mask %mask {scale = 1.0 : f32} : tensor<1x2x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x8xf32>, tensor<5x7xf32> -> tensor<1x2x5x8xf32>
  return %y : tensor<1x2x5x8xf32>
}

// -----

// The weights are a result of the model too.
// CHECK-LABEL: func @weights_used
// CHECK-NOT: nn.attention
func.func @weights_used(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x6x8xf32>) -> (tensor<1x2x5x8xf32>, tensor<1x2x5x6xf32>) {
  %scores = nn.matmul %q, %k transpose_rhs : tensor<1x2x5x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x6xf32>
  %weights = nn.softmax %scores {axis = 3 : i64} : tensor<1x2x5x6xf32> -> tensor<1x2x5x6xf32>
  %y = nn.matmul %weights, %k : tensor<1x2x5x6xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x8xf32>
  return %y, %weights : tensor<1x2x5x8xf32>, tensor<1x2x5x6xf32>
}

// -----

// The softmax runs over the queries.
// CHECK-LABEL: func @other_axis
// CHECK-NOT: nn.attention
func.func @other_axis(%q: tensor<1x2x5x8xf32>, %k: tensor<1x2x6x8xf32>) -> tensor<1x2x5x8xf32> {
  %scores = nn.matmul %q, %k transpose_rhs : tensor<1x2x5x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x6xf32>
  %weights = nn.softmax %scores {axis = 2 : i64} : tensor<1x2x5x6xf32> -> tensor<1x2x5x6xf32>
  %y = nn.matmul %weights, %k : tensor<1x2x5x6xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x5x8xf32>
  return %y : tensor<1x2x5x8xf32>
}
