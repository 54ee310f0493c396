// The inner loop of fp32 products: twelve sums of 8 lanes on x86-64-v3, 24 of 16
// lanes on x86-64-v4, four steps each; nothing is kept on the stack.
// RUN: %python %S/assembly.py %s v3 vfmadd | FileCheck %s --check-prefix=V3
// RUN: %python %S/assembly.py %s v4 vfmadd | FileCheck %s --check-prefix=V4

// V3: 48 matches, {{1[0-2][0-9]}} instructions, {{[0-2]}} spills
// V3-COUNT-48: vfmadd{{.*}} ymm
// V4: 96 matches, {{1[0-9][0-9]}} instructions, {{[0-2]}} spills
// V4-COUNT-96: vfmadd{{.*}} zmm
func.func @k(%x: memref<?x576xf32>, %w: memref<96x576x16xf32>, %y: memref<?x1536xf32>) {
  kern.matmul "matmul.f32" ins(%x, %w : memref<?x576xf32>, memref<96x576x16xf32>) outs(%y : memref<?x1536xf32>)
  return
}
