// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: not quant-opt %s --lower-cpu-kernels=level=v7 2>&1 | FileCheck %s --check-prefix=LEVEL

// LEVEL: unknown level 'v7' of lower-cpu-kernels; expected generic, v3, v4 or device

// x = (code - 3) * 0.5, whole vectors and then the rest of the chunk.
// CHECK-LABEL: @dequantize
// CHECK-DAG: %[[SCALE:.*]] = arith.constant dense<5.000000e-01> : vector<16xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<3> : vector<16xi32>
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK: %[[CODES:.*]] = vector.load %{{.*}} : memref<?xi8>, vector<16xi8>
// CHECK: %[[WIDE:.*]] = arith.extsi %[[CODES]]
// CHECK: %[[STEPS:.*]] = arith.subi %[[WIDE]], %[[ZERO]]
// CHECK: %[[FLOAT:.*]] = arith.sitofp %[[STEPS]]
// CHECK: arith.mulf %[[FLOAT]], %[[SCALE]]
// CHECK: vector.store
// CHECK: scf.if
// CHECK: vector.maskedstore
// CHECK-NOT: kern.
func.func private @dequantize(%x: memref<?x37xi8>, %y: memref<?x37xf32>) {
  kern.dequantize "dequantize.tensor" ins(%x : memref<?x37xi8>) outs(%y : memref<?x37xf32>)
      {scale = 5.0e-01 : f32, zero_point = 3 : i64}
  return
}
