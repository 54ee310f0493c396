// RUN: quant-opt %s --lower-memory-plan --canonicalize --split-input-file | FileCheck %s

// Three buffers one after the other need two slots: the third lies where the first was.
// CHECK: func.func @main(%[[ARENA:.*]]: memref<?xi8>, %[[WEIGHTS:.*]]: memref<?xi8>, %[[X:.*]]: memref<1x?x8xf32>, %{{.*}}: memref<1x?x8xf32> {kern.output})
// CHECK-SAME: kern.arguments = [{role = "arena", shape = array<i64: -9223372036854775808>}, {role = "weights", shape = array<i64: -9223372036854775808>}, {role = "input", shape = array<i64: 1, -9223372036854775808, 8>}, {role = "output", shape = array<i64: 1, -9223372036854775808, 8>}]
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C4096:.*]] = arith.constant 4096 : index
// CHECK: %[[A:.*]] = memref.view %[[ARENA]][%[[C0]]][%{{.*}}] : memref<?xi8> to memref<1x?x8xf32>
// CHECK: %[[G:.*]] = memref.view %[[WEIGHTS]][%[[C4096]]][] : memref<?xi8> to memref<8xf32>
// CHECK: kern.norm "norm.rms" ins(%[[X]], %[[G]] {{.*}} outs(%[[A]] :
// CHECK: %[[B:.*]] = memref.view %[[ARENA]][%{{[^c].*}}][%{{.*}}] : memref<?xi8> to memref<1x?x8xf32>
// CHECK: kern.softmax "softmax.f32" ins(%[[A]] {{.*}} outs(%[[B]]
// CHECK: %[[C:.*]] = memref.view %[[ARENA]][%[[C0]]][%{{.*}}] : memref<?xi8> to memref<1x?x8xf32>
// CHECK: kern.softmax "softmax.f32" ins(%[[B]] {{.*}} outs(%[[C]]
func.func @main(%x: memref<1x?x8xf32>, %y: memref<1x?x8xf32> {kern.output}) {
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c1 : memref<1x?x8xf32>
  %a = memref.alloc(%n) : memref<1x?x8xf32>
  %g = kern.constant "g" at 4096 : memref<8xf32>
  kern.norm "norm.rms" ins(%x, %g : memref<1x?x8xf32>, memref<8xf32>) outs(%a : memref<1x?x8xf32>) {epsilon = 1.0e-05 : f32}
  %b = memref.alloc(%n) : memref<1x?x8xf32>
  kern.softmax "softmax.f32" ins(%a : memref<1x?x8xf32>) outs(%b : memref<1x?x8xf32>)
  %c = memref.alloc(%n) : memref<1x?x8xf32>
  kern.softmax "softmax.f32" ins(%b : memref<1x?x8xf32>) outs(%c : memref<1x?x8xf32>)
  kern.softmax "softmax.f32" ins(%c : memref<1x?x8xf32>) outs(%y : memref<1x?x8xf32>)
  return
}
// The arena is two slots of n * 32 bytes, each rounded up to a cache line.
// CHECK: func.func private @main_shapes(%[[D0:.*]]: index, %[[N:.*]]: index, %[[D2:.*]]: index) -> (index, index, index, index)
// CHECK: return %[[D0]], %[[N]], %[[D2]], %{{.*}} : index, index, index, index
func.func private @main_shapes(%d0: index, %n: index, %d2: index) -> (index, index, index) {
  return %d0, %n, %d2 : index, index, index
}

// -----
// Sizes that are known: the arena has 2 slots of 64 and 128 bytes.
// CHECK: func.func private @main_shapes() -> (index, index)
// CHECK-DAG: %[[C192:.*]] = arith.constant 192
// CHECK: return %{{.*}}, %[[C192]]
func.func @main(%y: memref<20xf32> {kern.output}) {
  %a = memref.alloc() : memref<1xf32>
  %b = memref.alloc() : memref<20xf32>
  kern.softmax "softmax.f32" ins(%a : memref<1xf32>) outs(%b : memref<20xf32>)
  memref.copy %b, %y : memref<20xf32> to memref<20xf32>
  return
}
func.func private @main_shapes() -> index {
  %c20 = arith.constant 20 : index
  return %c20 : index
}
