// RUN: quant-opt %s --lower-cpu-kernels=level=v3 --canonicalize --cse | FileCheck %s
// RUN: %python %S/matmul.py matmul.a16

// One row: codes are masked where they stand and become the fraction of the power
// of two whose last place that is; no code is extracted by its own shift.
// CHECK-LABEL: @decode
// CHECK-DAG: %[[NIBBLE:.*]] = arith.constant dense<240> : vector<16xi32>
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<16> : vector<16xi32>
// CHECK-DAG: %[[POWER:.*]] = arith.constant dense<1224736768> : vector<16xi32>
// CHECK-DAG: %[[BIAS:.*]] = arith.constant dense<5.242880e+05> : vector<16xf32>
// CHECK: scf.for
// CHECK: %[[BYTES:.*]] = vector.load %{{.*}} : memref<3x8x64xi8>, vector<64xi8>
// CHECK: %[[WORDS:.*]] = vector.bitcast %[[BYTES]] : vector<64xi8> to vector<16xi32>
// CHECK: arith.shrui %[[WORDS]], %[[HALF]]
// CHECK: %[[MASKED:.*]] = arith.andi %[[WORDS]], %[[NIBBLE]]
// CHECK: %[[RAISED:.*]] = arith.ori %[[MASKED]], %[[POWER]]
// CHECK: %[[OFFSET:.*]] = arith.subf %{{.*}}, %[[BIAS]]
// CHECK: %[[NUMBER:.*]] = arith.bitcast %[[RAISED]]
// CHECK: arith.addf %[[NUMBER]], %[[OFFSET]]
// CHECK-NOT: kern.
func.func private @decode(%x: memref<1x64xf32>, %w: memref<3x8x64xi8>, %s: memref<3x2x16xf32>,
                          %z: memref<3x2x16xi8>, %y: memref<1x48xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s, %z : memref<1x64xf32>, memref<3x8x64xi8>, memref<3x2x16xf32>, memref<3x2x16xi8>)
      outs(%y : memref<1x48xf32>) {bits = 4 : i64, group_size = 32 : i64, has_zero_points}
  return
}

// Many rows share decoded weights: a group of a panel in scratch.
// CHECK-LABEL: @prefill
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<1x32x16xf32>
func.func private @prefill(%x: memref<?x64xf32>, %w: memref<3x8x64xi8>, %s: memref<3x2x16xf32>,
                           %y: memref<?x48xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<?x64xf32>, memref<3x8x64xi8>, memref<3x2x16xf32>)
      outs(%y : memref<?x48xf32>) {bits = 4 : i64, group_size = 32 : i64}
  return
}
