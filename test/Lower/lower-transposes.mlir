// RUN: quant-opt %s --lower-transposes | FileCheck %s

// Heads are read where they are, and written where they belong. The buffers serve
// two layers, one after the other.
// CHECK-LABEL: func.func @layers
// CHECK-SAME: (%[[ANGLES:.*]]: memref<?x32xf32>, %[[K:.*]]: memref<1x3x?x64xf32>, %[[T:.*]]: index)
// CHECK: %[[ROWS:.*]] = memref.alloc(%[[T]]) : memref<1x?x9x64xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[HEADS:.*]] = memref.transpose %[[ROWS]]
// CHECK: kern.rope "rope.f32" ins(%[[HEADS]], %[[ANGLES]], %[[ANGLES]] : memref<1x9x?x64xf32, strided<[?, 64, 576, 1]>>,
// CHECK: %[[OUT:.*]] = memref.alloc(%[[T]]) : memref<1x?x9x64xf32>
// CHECK: %[[PLACE:.*]] = memref.transpose %[[OUT]]
// CHECK: kern.attention {{.*}} outs(%[[PLACE]] : memref<1x9x?x64xf32, strided<[?, 64, 576, 1]>>)
// CHECK-NOT: linalg.transpose
// CHECK: linalg.add ins(%[[OUT]],
// CHECK-NOT: linalg.transpose
// CHECK: %[[NEXT:.*]] = memref.transpose %[[ROWS]]
// CHECK: kern.rope "rope.f32" ins(%[[NEXT]],
func.func @layers(%angles: memref<?x32xf32>, %k: memref<1x3x?x64xf32>, %t: index) {
  %zero = arith.constant 0.0 : f32
  %rows = memref.alloc(%t) : memref<1x?x9x64xf32>
  %heads = memref.alloc(%t) : memref<1x9x?x64xf32>
  %turned = memref.alloc(%t) : memref<1x9x?x64xf32>
  linalg.fill ins(%zero : f32) outs(%rows : memref<1x?x9x64xf32>)
  linalg.transpose ins(%rows : memref<1x?x9x64xf32>) outs(%heads : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
  kern.rope "rope.f32" ins(%heads, %angles, %angles : memref<1x9x?x64xf32>, memref<?x32xf32>, memref<?x32xf32>)
      outs(%turned : memref<1x9x?x64xf32>)
  kern.attention "attention.f32" ins(%turned, %k, %k : memref<1x9x?x64xf32>, memref<1x3x?x64xf32>, memref<1x3x?x64xf32>)
      outs(%heads : memref<1x9x?x64xf32>) {scale = 1.0 : f32}
  %out = memref.alloc(%t) : memref<1x?x9x64xf32>
  linalg.transpose ins(%heads : memref<1x9x?x64xf32>) outs(%out : memref<1x?x9x64xf32>) permutation = [0, 2, 1, 3]
  linalg.add ins(%out, %rows : memref<1x?x9x64xf32>, memref<1x?x9x64xf32>) outs(%rows : memref<1x?x9x64xf32>)
  linalg.transpose ins(%rows : memref<1x?x9x64xf32>) outs(%heads : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
  kern.rope "rope.f32" ins(%heads, %angles, %angles : memref<1x9x?x64xf32>, memref<?x32xf32>, memref<?x32xf32>)
      outs(%turned : memref<1x9x?x64xf32>)
  return
}

// The source changes before the copy is read; others read it; nobody replaces it
// before others do; the elements of a row would lie apart.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: memref.transpose
// CHECK-COUNT-5: linalg.transpose
// CHECK-NOT: memref.transpose
func.func @stay(%angles: memref<?x32xf32>, %k: memref<1x3x?x64xf32>, %y: memref<1x9x?x64xf32>, %z: memref<1x9x64x?xf32>,
                %t: index) {
  %zero = arith.constant 0.0 : f32
  %rows = memref.alloc(%t) : memref<1x?x9x64xf32>
  %heads = memref.alloc(%t) : memref<1x9x?x64xf32>
  linalg.fill ins(%zero : f32) outs(%rows : memref<1x?x9x64xf32>)
  linalg.transpose ins(%rows : memref<1x?x9x64xf32>) outs(%heads : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
  linalg.fill ins(%zero : f32) outs(%rows : memref<1x?x9x64xf32>)
  kern.rope "rope.f32" ins(%heads, %angles, %angles : memref<1x9x?x64xf32>, memref<?x32xf32>, memref<?x32xf32>)
      outs(%y : memref<1x9x?x64xf32>)
  %more = memref.alloc(%t) : memref<1x9x?x64xf32>
  linalg.transpose ins(%rows : memref<1x?x9x64xf32>) outs(%more : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
  linalg.add ins(%more, %y : memref<1x9x?x64xf32>, memref<1x9x?x64xf32>) outs(%y : memref<1x9x?x64xf32>)
  %results = memref.alloc(%t) : memref<1x9x?x64xf32>
  kern.attention "attention.f32" ins(%y, %k, %k : memref<1x9x?x64xf32>, memref<1x3x?x64xf32>, memref<1x3x?x64xf32>)
      outs(%results : memref<1x9x?x64xf32>) {scale = 1.0 : f32}
  linalg.transpose ins(%results : memref<1x9x?x64xf32>) outs(%rows : memref<1x?x9x64xf32>) permutation = [0, 2, 1, 3]
  linalg.add ins(%results, %y : memref<1x9x?x64xf32>, memref<1x9x?x64xf32>) outs(%y : memref<1x9x?x64xf32>)
  %used = memref.alloc(%t) : memref<1x9x?x64xf32>
  kern.attention "attention.f32" ins(%y, %k, %k : memref<1x9x?x64xf32>, memref<1x3x?x64xf32>, memref<1x3x?x64xf32>)
      outs(%used : memref<1x9x?x64xf32>) {scale = 1.0 : f32}
  linalg.fill ins(%zero : f32) outs(%rows : memref<1x?x9x64xf32>)
  linalg.transpose ins(%used : memref<1x9x?x64xf32>) outs(%rows : memref<1x?x9x64xf32>) permutation = [0, 2, 1, 3]
  linalg.transpose ins(%y : memref<1x9x?x64xf32>) outs(%z : memref<1x9x64x?xf32>) permutation = [0, 1, 3, 2]
  return
}
