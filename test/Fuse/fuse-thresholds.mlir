// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: quant-opt %s --fuse-thresholds --canonicalize | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>
#image = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
!w = !qnt.packed<8x1x4, <code = binary, bits = 1, granularity = channel>, <panel16b64>>
!f = !qnt.packed<1x4x3, <code = binary, bits = 1, granularity = channel>, <panel16b64>>
module {
  nn.data @w {file = "none.bin", offset = 0 : i64} : !w
  nn.data @f {file = "none.bin", offset = 0 : i64} : !f
  nn.data @scales {value = dense<1.0> : tensor<8x1xf32>} : tensor<8x1xf32>
  nn.data @one {value = dense<-0.5> : tensor<1x1xf32>} : tensor<1x1xf32>
  nn.data @bias1 {value = dense<1.25> : tensor<1xf32>} : tensor<1xf32>
  nn.data @mul {value = dense<[-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]> : tensor<8xf32>} : tensor<8xf32>
  nn.data @bias {value = dense<[-10.0, 8.0, 0.4, 1.0, -0.01, 0.5, -1.0, 2.71]> : tensor<8xf32>} : tensor<8xf32>

// Larq's test vector (K = 4): a sum counts where mul * sum + bias >= 0. The factor
// of 0 never does; -4 * sum >= 10 up to -3, 3 * sum >= -2.71 from 0 on.
// CHECK: nn.data @w.thresholds {value = dense<{{\[\[}}-2147483648, -2], [-2147483648, 3], [-2147483648, 1], [-2147483648, 2], [0, 0], [0, 2147483647], [1, 2147483647], [0, 2147483647]]> : tensor<8x2xi32>}
// CHECK-LABEL: func @chain
// CHECK: %[[T:.*]] = nn.param @w.thresholds
// CHECK: %[[Y:.*]] = qnt.binary_matmul %arg0 weight %{{.*}} thresholds %[[T]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[Y]] : tensor<?x1xi64>
  func.func @chain(%x: tensor<?x1xi64>) -> tensor<?x1xi64> {
    %c = arith.constant dense<1.0> : tensor<f32>
    %w = nn.param @w : !w
    %s = nn.param @scales : tensor<8x1xf32>
    %m = nn.param @mul : tensor<8xf32>
    %b = nn.param @bias : tensor<8xf32>
    %y = qnt.binary_matmul %x scale %c weight %w scales %s : (tensor<?x1xi64>, tensor<f32>, !w, tensor<8x1xf32>) -> tensor<?x8xf32>
    %zero = arith.constant 0 : index
    %rows = tensor.dim %y, %zero : tensor<?x8xf32>
    %e = tensor.empty(%rows) : tensor<?x8xf32>
    %p = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %m : tensor<?x8xf32>, tensor<8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a: f32, %f: f32, %o: f32):
      %r = arith.mulf %a, %f : f32
      linalg.yield %r : f32
    } -> tensor<?x8xf32>
    %q = linalg.generic {indexing_maps = [#channel, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%b, %p : tensor<8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%f: f32, %a: f32, %o: f32):
      %r = arith.addf %a, %f : f32
      linalg.yield %r : f32
    } -> tensor<?x8xf32>
    %z = qnt.pack_signs %q : tensor<?x8xf32> -> tensor<?x1xi64>
    return %z : tensor<?x1xi64>
  }

// Scale -0.5 and bias 1.25, then a body of everything: max(-(y / 2 - 1), -3), and
// where that is below 1 its triple. Not negative from y <= 2, sum >= -1.5, on.
// CHECK-LABEL: func @window
// CHECK: qnt.binary_conv %arg0 weight %{{.*}} thresholds %{{.*}} {
// CHECK-NOT: qnt.pack_signs
  func.func @window(%x: tensor<1x2x2x1xi64>) -> tensor<1x1x1x1xi64> {
    %c = arith.constant dense<1.0> : tensor<f32>
    %w = nn.param @f : !f
    %s = nn.param @one : tensor<1x1xf32>
    %b = nn.param @bias1 : tensor<1xf32>
    %y = qnt.binary_conv %x scale %c weight %w scales %s bias %b {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x2x1xi64>, tensor<f32>, !f, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1x1x1xf32>
    %e = tensor.empty() : tensor<1x1x1x1xf32>
    %two = arith.constant 2.0 : f32
    %one = arith.constant 1.0 : f32
    %least = arith.constant -3.0 : f32
    %three = arith.constant 3.0 : f32
    %most = arith.constant 1.0e+02 : f32
    %q = linalg.generic {indexing_maps = [#image, #image], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y : tensor<1x1x1x1xf32>) outs(%e : tensor<1x1x1x1xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.divf %a, %two : f32
      %1 = arith.subf %0, %one : f32
      %2 = arith.negf %1 : f32
      %3 = arith.maximumf %2, %least : f32
      %4 = arith.minimumf %3, %most : f32
      %5 = arith.mulf %4, %three : f32
      %6 = arith.cmpf olt, %4, %one : f32
      %7 = arith.select %6, %5, %4 : f32
      linalg.yield %7 : f32
    } -> tensor<1x1x1x1xf32>
    %z = qnt.pack_signs %q : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xi64>
    return %z : tensor<1x1x1x1xi64>
  }

// A function with two intervals, numbers that are used elsewhere, a constant of each
// row, and an operation without a table stay.
// CHECK-LABEL: func @stays
// CHECK-COUNT-4: qnt.pack_signs
  func.func @stays(%x: tensor<8x1xi64>, %other: tensor<8x8xf32>) -> (tensor<8x1xi64>, tensor<8x1xi64>, tensor<8x8xf32>, tensor<8x1xi64>, tensor<8x1xi64>) {
    %c = arith.constant dense<1.0> : tensor<f32>
    %w = nn.param @w : !w
    %s = nn.param @scales : tensor<8x1xf32>
    %m = nn.param @mul : tensor<8xf32>
    %e = tensor.empty() : tensor<8x8xf32>
    %y0 = qnt.binary_matmul %x scale %c weight %w scales %s : (tensor<8x1xi64>, tensor<f32>, !w, tensor<8x1xf32>) -> tensor<8x8xf32>
    %q0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y0 : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.mulf %a, %a : f32
      %one = arith.constant 1.0 : f32
      %1 = arith.subf %0, %one : f32
      linalg.yield %1 : f32
    } -> tensor<8x8xf32>
    %z0 = qnt.pack_signs %q0 : tensor<8x8xf32> -> tensor<8x1xi64>
    %y1 = qnt.binary_matmul %x scale %c weight %w scales %s : (tensor<8x1xi64>, tensor<f32>, !w, tensor<8x1xf32>) -> tensor<8x8xf32>
    %z1 = qnt.pack_signs %y1 : tensor<8x8xf32> -> tensor<8x1xi64>
    %q2 = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d0)>, #id], iterator_types = ["parallel", "parallel"]} ins(%other, %m : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>) {
    ^bb0(%a: f32, %f: f32, %o: f32):
      %0 = arith.mulf %a, %f : f32
      linalg.yield %0 : f32
    } -> tensor<8x8xf32>
    %z2 = qnt.pack_signs %q2 : tensor<8x8xf32> -> tensor<8x1xi64>
    %y3 = qnt.binary_matmul %x scale %c weight %w scales %s : (tensor<8x1xi64>, tensor<f32>, !w, tensor<8x1xf32>) -> tensor<8x8xf32>
    %q3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y3 : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = math.exp %a : f32
      linalg.yield %0 : f32
    } -> tensor<8x8xf32>
    %z3 = qnt.pack_signs %q3 : tensor<8x8xf32> -> tensor<8x1xi64>
    return %z0, %z1, %y1, %z2, %z3 : tensor<8x1xi64>, tensor<8x1xi64>, tensor<8x8xf32>, tensor<8x1xi64>, tensor<8x1xi64>
  }
}
