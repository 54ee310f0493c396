// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/quantize.py

// The largest magnitude is found on the bits, where NaN is above all numbers; a
// code is the low byte of x * inverse + 1.5 * 2^23.
// CHECK-LABEL: @token
// CHECK-DAG: %[[MAGIC:.*]] = arith.constant dense<0x4B400000> : vector<16xf32>
// CHECK: scf.parallel
// CHECK: arith.maxsi {{.*}} : vector<16xi32>
// CHECK: %[[MOST:.*]] = vector.reduction <maxsi>
// CHECK: arith.divf
// CHECK: arith.divf
// CHECK: arith.addf {{.*}}, %[[MAGIC]]
// CHECK: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
// CHECK-NOT: kern.
func.func private @token(%x: memref<1x?x576xf32>, %q: memref<1x?x576xi8>, %s: memref<1x?xf32>) {
  kern.quantize "quantize.token" ins(%x : memref<1x?x576xf32>) outs(%q, %s : memref<1x?x576xi8>, memref<1x?xf32>)
  return
}

// With zero points the range is found, zero inside it, and codes end at 127.
// CHECK-LABEL: @token_with_zero
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK: vector.reduction <minnumf>
// CHECK: vector.reduction <maxnumf>
// CHECK: arith.minsi {{.*}} : vector<16xi32>
func.func private @token_with_zero(%x: memref<1x?x576xf32>, %q: memref<1x?x576xi8>, %s: memref<1x?xf32>, %z: memref<1x?xi8>) {
  kern.quantize "quantize.token" ins(%x : memref<1x?x576xf32>) outs(%q, %s, %z : memref<1x?x576xi8>, memref<1x?xf32>, memref<1x?xi8>)
  return
}

// CHECK-LABEL: @tensor
// CHECK-DAG: arith.constant dense<-1.210000e+02> : vector<16xf32>
// CHECK-DAG: arith.constant dense<1.340000e+02> : vector<16xf32>
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
// CHECK: arith.addf
func.func private @tensor(%x: memref<64xf32>, %q: memref<64xi8>) {
  kern.quantize "quantize.tensor" ins(%x : memref<64xf32>) outs(%q : memref<64xi8>) {scale = 5.0e-01 : f32, zero_point = -7 : i64}
  return
}
