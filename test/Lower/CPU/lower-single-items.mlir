// RUN: quant-opt %s --convert-scf-to-openmp --lower-single-items --cse | FileCheck %s

// CHECK-LABEL: @dynamic
// CHECK-SAME: %[[COUNT:.*]]: index,
// CHECK: %[[MANY:.*]] = arith.cmpi sgt, %[[COUNT]], %c1
// CHECK: omp.parallel if(%[[MANY]]) {
func.func @dynamic(%n: index, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %v, %y[%i] : memref<?xf32>
  }
  return
}

// Known to be many.
// CHECK-LABEL: @static
// CHECK: omp.parallel {
func.func @static(%y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %v = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%c9) step (%c1) {
    memref.store %v, %y[%i] : memref<?xf32>
  }
  return
}

// Not what kernels make: steps of two.
// CHECK-LABEL: @steps
// CHECK: omp.parallel {
func.func @steps(%n: index, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %v = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c2) {
    memref.store %v, %y[%i] : memref<?xf32>
  }
  return
}
