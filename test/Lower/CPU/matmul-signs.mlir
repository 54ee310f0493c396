// RUN: quant-opt %s --lower-cpu-kernels=level=v4 --canonicalize --cse | FileCheck %s
// RUN: %python %S/signs.py

// Signs are moved to the sign of 1.0; no code is converted to a number.
// CHECK-LABEL: @binary
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1065353216> : vector<16xi32>
// CHECK-DAG: %[[SIGN:.*]] = arith.constant dense<-2147483648> : vector<16xi32>
// CHECK: %[[BYTES:.*]] = vector.load %{{.*}} : memref<1x2x64xi8>, vector<64xi8>
// CHECK: %[[WORDS:.*]] = vector.bitcast %[[BYTES]] : vector<64xi8> to vector<16xi32>
// CHECK: %[[NEGATIVE:.*]] = arith.xori %[[WORDS]]
// CHECK: %[[MOVED:.*]] = arith.shli %[[NEGATIVE]]
// CHECK: %[[OWN:.*]] = arith.andi %[[MOVED]], %[[SIGN]]
// CHECK: %[[BOTH:.*]] = arith.ori %[[OWN]], %[[ONE]]
// CHECK: arith.bitcast %[[BOTH]] : vector<16xi32> to vector<16xf32>
// CHECK-NOT: arith.sitofp
func.func @binary(%x: memref<1x64xf32>, %w: memref<1x2x64xi8>, %s: memref<1x1x16xf16>, %y: memref<1x16xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s : memref<1x64xf32>, memref<1x2x64xi8>, memref<1x1x16xf16>)
      outs(%y : memref<1x16xf32>) {bits = 1 : i64, code = "binary"}
  return
}

// Nine bits are a byte and a bit plane; two patterns stand in a word.
// CHECK-LABEL: @codebook
// CHECK: %[[LOW:.*]] = vector.load %{{.*}} : memref<1x7x18xi8>, vector<16xi8>
// CHECK: arith.extui %[[LOW]] : vector<16xi8> to vector<16xi32>
// CHECK: %[[PLANE:.*]] = vector.load %{{.*}} : memref<1x7x18xi8>, vector<2xi8>
// CHECK: vector.gather %{{.*}} : memref<1x256xi32>
func.func @codebook(%x: memref<1x64xf32>, %w: memref<1x7x18xi8>, %s: memref<1x1x16xf32>, %c: memref<1x256xi32>,
                    %y: memref<1x16xf32>) {
  kern.matmul "matmul.a16" ins(%x, %w, %s, %c : memref<1x64xf32>, memref<1x7x18xi8>, memref<1x1x16xf32>, memref<1x256xi32>)
      outs(%y : memref<1x16xf32>) {bits = 9 : i64, code = "codebook", codebook_dim = 10 : i64}
  return
}
