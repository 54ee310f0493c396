// RUN: quant-opt %s --lower-entry-points=level=v3 | FileCheck %s

// An entry of buffers with one dynamic size becomes the two functions of
// quantc-c/program.h; everything else is internal.
// CHECK: llvm.func internal @main(
llvm.func @main(%arena: !llvm.ptr, %a1: !llvm.ptr, %a2: i64, %a3: i64, %a4: i64,
                %weights: !llvm.ptr, %w1: !llvm.ptr, %w2: i64, %w3: i64, %w4: i64,
                %in: !llvm.ptr, %i1: !llvm.ptr, %i2: i64, %i3: i64, %i4: i64, %i5: i64, %i6: i64,
                %length: i64,
                %out: !llvm.ptr, %o1: !llvm.ptr, %o2: i64, %o3: i64, %o4: i64)
    attributes {kern.arguments = [
      {role = "arena", shape = array<i64: -9223372036854775808>},
      {role = "weights", shape = array<i64: -9223372036854775808>},
      {role = "input", shape = array<i64: -9223372036854775808, 8>},
      {role = "length", shape = array<i64>},
      {role = "output", shape = array<i64: -9223372036854775808>}]} {
  llvm.return
}
// CHECK: llvm.func internal @main_shapes(
llvm.func @main_shapes(%n: i64, %eight: i64, %length: i64) -> !llvm.struct<(i64, i64, i64)> {
  %0 = llvm.mlir.undef : !llvm.struct<(i64, i64, i64)>
  llvm.return %0 : !llvm.struct<(i64, i64, i64)>
}

// CHECK: llvm.func hidden @qc_main_v3_run(%{{.*}}: !llvm.ptr, %[[ARENA:.*]]: !llvm.ptr, %[[WEIGHTS:.*]]: !llvm.ptr, %[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr, %[[INDIMS:.*]]: !llvm.ptr, %[[OUTDIMS:.*]]: !llvm.ptr) -> i32
// The first size of the input, its pointer, and the length behind both sizes:
// CHECK: %[[P0:.*]] = llvm.getelementptr %[[INDIMS]][0]
// CHECK: %[[N:.*]] = llvm.load %[[P0]] : !llvm.ptr -> i64
// CHECK: %[[EIGHT:.*]] = llvm.mlir.constant(8 : i64)
// CHECK: llvm.getelementptr %[[IN]][0]
// CHECK: %[[X:.*]] = llvm.load
// CHECK: %[[P2:.*]] = llvm.getelementptr %[[INDIMS]][2]
// CHECK: %[[LENGTH:.*]] = llvm.load %[[P2]]
// CHECK: llvm.getelementptr %[[OUTDIMS]][0]
// CHECK: llvm.getelementptr %[[OUT]][0]
// CHECK: llvm.call @main(%[[ARENA]], %[[ARENA]], {{.*}}, %[[WEIGHTS]], %[[WEIGHTS]], {{.*}}, %[[X]], %[[X]], %{{.*}}, %[[N]], %[[EIGHT]], {{.*}}, %[[LENGTH]], {{.*}})
// CHECK: llvm.mlir.constant(0 : i32)

// CHECK: llvm.func hidden @qc_main_v3_shapes(%[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr, %[[BYTES:.*]]: !llvm.ptr) -> i32
// CHECK: %[[R:.*]] = llvm.call @main_shapes
// CHECK: %[[SIZE:.*]] = llvm.extractvalue %[[R]][0]
// CHECK: %[[CHECK:.*]] = llvm.extractvalue %[[R]][1]
// CHECK: %[[ALL:.*]] = llvm.extractvalue %[[R]][2]
// CHECK: %[[P:.*]] = llvm.getelementptr %[[OUT]][0]
// CHECK: llvm.store %[[SIZE]], %[[P]]
// CHECK: %[[Q:.*]] = llvm.getelementptr %[[BYTES]][0]
// CHECK: llvm.store %[[ALL]], %[[Q]]
// CHECK: %[[STATUS:.*]] = llvm.trunc %[[CHECK]] : i64 to i32
// CHECK: llvm.return %[[STATUS]]
