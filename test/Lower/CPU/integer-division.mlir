// RUN: quant-opt %s --lower-cpu-kernels=level=v3 | FileCheck %s

// The unused lanes of a partial vector would divide by 0, so integers are divided
// one by one.

// CHECK-LABEL: func private @remainder
// CHECK-NOT: vector
// CHECK: arith.remsi %{{.*}}, %{{.*}} : i64
// CHECK-NOT: vector
// CHECK: return
#map = affine_map<(d0) -> (d0)>
func.func private @remainder(%a: memref<2xi64>, %b: memref<2xi64>, %c: memref<2xi64>) {
  linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]}
      ins(%a, %b : memref<2xi64>, memref<2xi64>) outs(%c : memref<2xi64>) {
  ^bb0(%x: i64, %y: i64, %out: i64):
    %0 = arith.remsi %x, %y : i64
    linalg.yield %0 : i64
  }
  return
}
