// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s

// Every attribute, type and operation of qnt keeps its form.

// CHECK-LABEL: func @schemes
func.func @schemes() attributes {
  // CHECK-DAG: #qnt.scheme<code = int, bits = 8>
  a = #qnt.scheme<code = int, bits = 8>,
  // CHECK-DAG: #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>
  b = #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>,
  // CHECK-DAG: #qnt.scheme<code = ternary, bits = 2, granularity = channel, scale = f16>
  c = #qnt.scheme<code = ternary, bits = 2, granularity = channel, scale = f16>,
  // CHECK-DAG: #qnt.scheme<code = e2m1, bits = 4, granularity = group, group_size = 32, scale = e8m0>
  d = #qnt.scheme<code = e2m1, bits = 4, granularity = group, group_size = 32, scale = e8m0>,
  // CHECK-DAG: #qnt.scheme<code = e2m1, bits = 4, granularity = group, group_size = 16, scale = e4m3>
  e = #qnt.scheme<code = e2m1, bits = 4, granularity = group, group_size = 16, scale = e4m3>,
  // CHECK-DAG: #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 128, scale = two_level>
  f = #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 128, scale = two_level>,
  // CHECK-DAG: #qnt.scheme<code = codebook, bits = 8, codebook_size = 256, codebook_dim = 8>
  g = #qnt.scheme<code = codebook, bits = 8, codebook_size = 256, codebook_dim = 8>,
  // CHECK-DAG: #qnt.scheme<code = binary, bits = 1, granularity = channel>
  h = #qnt.scheme<code = binary, bits = 1, granularity = channel>,
  // CHECK-DAG: #qnt.scheme<code = planes, bits = 8, granularity = channel, widths = [8, 4, 2]>
  i = #qnt.scheme<code = planes, bits = 8, granularity = channel, widths = [8, 4, 2]>,
  // CHECK-DAG: #qnt.scheme<code = none, reason = "too small">
  j = #qnt.scheme<code = none, reason = "too small">,
  // CHECK-DAG: #qnt.scheme<code = odd, bits = 2, granularity = group, axis = 1, group_size = 32, scale = e4m3>
  l = #qnt.scheme<code = odd, bits = 2, granularity = group, axis = 1, group_size = 32, scale = e4m3>,
  // CHECK-DAG: #qnt.layout<panel16k4>
  k = #qnt.layout<panel16k4>
} { return }

#a8 = #qnt.scheme<code = int, bits = 8, zero_point = true>
#dyn = #qnt.scheme<code = int, bits = 8, granularity = token, dynamic = true>
#w4 = #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>
#w8 = #qnt.scheme<code = uint, bits = 8, granularity = channel>

// CHECK-LABEL: func @codes
func.func @codes(%x: tensor<1x?x576xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // CHECK: qnt.quantize %{{.*}}, %{{.*}} zero_point %{{.*}} <code = int, bits = 8, zero_point = true>
  %0 = qnt.quantize %x, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<1x?x576xf32>, tensor<f32>, tensor<i8> -> tensor<1x?x576xi8>
  // CHECK: qnt.dequantize %{{.*}}, %{{.*}} zero_point
  %1 = qnt.dequantize %0, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<1x?x576xi8>, tensor<f32>, tensor<i8> -> tensor<1x?x576xf32>
  // CHECK: qnt.quantize_dynamic
  %2, %3 = qnt.quantize_dynamic %1 <code = int, bits = 8, granularity = token, dynamic = true> : tensor<1x?x576xf32> -> tensor<1x?x576xi8>, tensor<1x?xf32>
  // CHECK: qnt.quantize_dynamic {{.*}}, tensor<1x?xf32>, tensor<1x?xi8>
  %6, %7, %8 = qnt.quantize_dynamic %1 <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<1x?x576xf32> -> tensor<1x?x576xi8>, tensor<1x?xf32>, tensor<1x?xi8>
  // CHECK: qnt.assign
  %4 = qnt.assign %1 <code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true> {method = "rtn"} : tensor<1x?x576xf32>
  // CHECK: qnt.observe %{{.*}} {id = 3 : i64}
  %5 = qnt.observe %4 {id = 3 : i64} : tensor<1x?x576xf32>
  // CHECK: qnt.rotate %{{.*}} {block = 64 : i64, seed = 1 : i64} : tensor<1x?x576xf32>
  %9 = qnt.rotate %5 {block = 64 : i64, seed = 1 : i64} : tensor<1x?x576xf32>
  return
}

// CHECK-LABEL: func @products
func.func @products(%x: tensor<1x?x576xf32>, %q: tensor<1x?x576xi8>, %qs: tensor<1x?xf32>,
    %w: !qnt.packed<192x576, #w4, <panel16k4>>, %s: tensor<192x9xf32>, %z: tensor<192x9xi8>,
    %b: tensor<192xf32>, %i: tensor<1x32x32x16xi8>, %is: tensor<f32>, %iz: tensor<i8>,
    %f: !qnt.packed<16x144, #w8, <panel16k4>>, %fs: tensor<16x1xf32>) {
  // CHECK: qnt.matmul %{{.*}} weight %{{.*}}, %{{.*}} zero_point %{{.*}} :
  %0 = qnt.matmul %x weight %w, %s zero_point %z : (tensor<1x?x576xf32>, !qnt.packed<192x576, #w4, <panel16k4>>,
      tensor<192x9xf32>, tensor<192x9xi8>) -> tensor<1x?x192xf32>
  // CHECK: qnt.matmul %{{.*}} scale %{{.*}} weight %{{.*}}, %{{.*}} zero_point %{{.*}} bias %{{.*}} :
  %1 = qnt.matmul %q scale %qs weight %w, %s zero_point %z bias %b : (tensor<1x?x576xi8>, tensor<1x?xf32>,
      !qnt.packed<192x576, #w4, <panel16k4>>, tensor<192x9xf32>, tensor<192x9xi8>, tensor<192xf32>) -> tensor<1x?x192xf32>
  // CHECK: qnt.conv %{{.*}} scale %{{.*}} offset %{{.*}} weight
  %2 = qnt.conv %i scale %is offset %iz weight %f, %fs {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>,
      pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x32x32x16xi8>, tensor<f32>, tensor<i8>,
      !qnt.packed<16x144, #w8, <panel16k4>>, tensor<16x1xf32>) -> tensor<1x32x32x16xf32>
  return
}

// CHECK-LABEL: func @transforms
func.func @transforms(%w: tensor<576x192xf32>, %g: tensor<576xf32>) -> tensor<576x192xf32> {
  // CHECK: qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64} : tensor<576x192xf32>, tensor<576xf32>
  %0 = qnt.transform scale %w by %g {axis = 0 : i64} : tensor<576x192xf32>, tensor<576xf32>
  // CHECK: qnt.transform scale %{{.*}} by %{{.*}} {axis = 0 : i64, inverse}
  %1 = qnt.transform scale %0 by %g {axis = 0 : i64, inverse} : tensor<576x192xf32>, tensor<576xf32>
  // CHECK: qnt.transform hadamard %{{.*}} {axis = 1 : i64, block = 64 : i64, seed = 7 : i64} : tensor<576x192xf32>
  %2 = qnt.transform hadamard %1 {axis = 1 : i64, block = 64 : i64, seed = 7 : i64} : tensor<576x192xf32>
  // CHECK: qnt.transform center %{{.*}} {axis = 1 : i64} : tensor<576x192xf32>
  %3 = qnt.transform center %2 {axis = 1 : i64} : tensor<576x192xf32>
  return %3 : tensor<576x192xf32>
}

// What takes channels says how many there are then.
// CHECK-LABEL: func @channels
func.func @channels(%w: tensor<576x192xf32>, %x: tensor<1x?x576xf32>, %c: tensor<64xi32>) -> (tensor<576x64xf32>, tensor<640x192xf32>) {
  // CHECK: qnt.transform take %{{.*}} by %{{.*}} {axis = 1 : i64} : tensor<576x192xf32>, tensor<64xi32> -> tensor<576x64xf32>
  %0 = qnt.transform take %w by %c {axis = 1 : i64} : tensor<576x192xf32>, tensor<64xi32> -> tensor<576x64xf32>
  // CHECK: qnt.transform split %{{.*}} by %{{.*}} {axis = 0 : i64, scheme = #qnt.scheme<code = uint, bits = 3, granularity = group, group_size = 32>} : tensor<576x192xf32>, tensor<64xi32> -> tensor<640x192xf32>
  %1 = qnt.transform split %w by %c {axis = 0 : i64, scheme = #qnt.scheme<code = uint, bits = 3, granularity = group, group_size = 32>} : tensor<576x192xf32>, tensor<64xi32> -> tensor<640x192xf32>
  // CHECK: qnt.take_channels %{{.*}} at %{{.*}} {append} : tensor<1x?x576xf32>, tensor<64xi32> -> tensor<1x?x640xf32>
  %2 = qnt.take_channels %x at %c {append} : tensor<1x?x576xf32>, tensor<64xi32> -> tensor<1x?x640xf32>
  // CHECK: qnt.take_channels %{{.*}} at %{{.*}} : tensor<1x?x576xf32>, tensor<64xi32> -> tensor<1x?x64xf32>
  %3 = qnt.take_channels %x at %c : tensor<1x?x576xf32>, tensor<64xi32> -> tensor<1x?x64xf32>
  return %0, %1 : tensor<576x64xf32>, tensor<640x192xf32>
}

// CHECK-LABEL: func @branch
func.func @branch(%x: tensor<1x?x576xf32>, %w: !qnt.packed<192x576, #w4, <panel16k4>>, %s: tensor<192x9xf32>, %z: tensor<192x9xi8>,
    %a: tensor<12x576xf16>, %u: tensor<12x192xf16>, %b: tensor<192xf32>) -> tensor<1x?x192xf32> {
  // CHECK: %[[T:.*]] = qnt.project %arg0, %arg4 : tensor<1x?x576xf32>, tensor<12x576xf16> -> tensor<1x?x12xf32>
  %t = qnt.project %x, %a : tensor<1x?x576xf32>, tensor<12x576xf16> -> tensor<1x?x12xf32>
  // CHECK: qnt.matmul %arg0 weight %arg1, %arg2 zero_point %arg3 branch %[[T]], %arg5 bias %arg6 : (
  %0 = qnt.matmul %x weight %w, %s zero_point %z branch %t, %u bias %b : (tensor<1x?x576xf32>, !qnt.packed<192x576, #w4, <panel16k4>>,
      tensor<192x9xf32>, tensor<192x9xi8>, tensor<1x?x12xf32>, tensor<12x192xf16>, tensor<192xf32>) -> tensor<1x?x192xf32>
  return %0 : tensor<1x?x192xf32>
}

// CHECK-LABEL: func @embedding
func.func @embedding(%i: tensor<1x?xi64>, %w: !qnt.packed<100x8, <code = uint, bits = 8, granularity = channel, axis = 1, zero_point = true>, <panel16k4>>,
    %s: tensor<100x1xf32>, %z: tensor<100x1xi8>) -> tensor<1x?x8xf32> {
  // CHECK: qnt.embedding %arg0 table %arg1, %arg2 zero_point %arg3 : (tensor<1x?xi64>
  %0 = qnt.embedding %i table %w, %s zero_point %z : (tensor<1x?xi64>, !qnt.packed<100x8,
      <code = uint, bits = 8, granularity = channel, axis = 1, zero_point = true>, <panel16k4>>, tensor<100x1xf32>, tensor<100x1xi8>) -> tensor<1x?x8xf32>
  return %0 : tensor<1x?x8xf32>
}

#mxfp4 = #qnt.scheme<code = e2m1, bits = 4, granularity = group, axis = 1, group_size = 32, scale = e8m0>
// CHECK-LABEL: func @scale_units
func.func @scale_units(%x: tensor<1x64xf32>, %i: tensor<2xi64>, %w: !qnt.packed<16x64, #mxfp4, <panel16k4>>,
                       %s: tensor<16x2xf8E8M0FNU>, %u: tensor<1x1xf32>) -> (tensor<1x16xf32>, tensor<2x64xf32>) {
  // CHECK: qnt.matmul %{{.*}} weight %{{.*}}, %{{.*}} unit %{{.*}} :
  %0 = qnt.matmul %x weight %w, %s unit %u : (tensor<1x64xf32>, !qnt.packed<16x64, #mxfp4, <panel16k4>>,
      tensor<16x2xf8E8M0FNU>, tensor<1x1xf32>) -> tensor<1x16xf32>
  // CHECK: qnt.embedding %{{.*}} table %{{.*}}, %{{.*}} unit %{{.*}} :
  %1 = qnt.embedding %i table %w, %s unit %u : (tensor<2xi64>, !qnt.packed<16x64, #mxfp4, <panel16k4>>,
      tensor<16x2xf8E8M0FNU>, tensor<1x1xf32>) -> tensor<2x64xf32>
  return %0, %1 : tensor<1x16xf32>, tensor<2x64xf32>
}

// CHECK-LABEL: func @threshold
func.func @threshold(%x: tensor<1x?x576xf32>, %t: tensor<1xf32>, %w: !qnt.packed<100x576, <code = uint, bits = 4>, <column64>>)
    -> tensor<1x?x576xf32> {
  // CHECK: qnt.threshold %arg0 above %arg1 {one_row} : tensor<1x?x576xf32>, tensor<1xf32>
  %0 = qnt.threshold %x above %t {one_row} : tensor<1x?x576xf32>, tensor<1xf32>
  // CHECK: qnt.threshold %{{.*}} above %arg1 : tensor<1x?x576xf32>, tensor<1xf32>
  %1 = qnt.threshold %0 above %t : tensor<1x?x576xf32>, tensor<1xf32>
  return %1 : tensor<1x?x576xf32>
}

// CHECK-LABEL: func @signs
func.func @signs(%x: tensor<?x784xf32>, %c: tensor<1x14x14x70xi8>, %w: !qnt.packed<64x1x784, <code = binary, bits = 1, granularity = channel>, <panel16b64>>,
    %f: !qnt.packed<65x9x70, <code = binary, bits = 1, granularity = channel>, <panel16b64>>, %s: tensor<f32>, %ws: tensor<64x1xf32>, %t: tensor<65x2xi32>, %b: tensor<64xf32>) {
  // CHECK: %[[X:.*]] = qnt.pack_signs %arg0 : tensor<?x784xf32> -> tensor<?x13xi64>
  %0 = qnt.pack_signs %x : tensor<?x784xf32> -> tensor<?x13xi64>
  // CHECK: qnt.binary_matmul %[[X]] scale %{{.*}} weight %{{.*}} scales %{{.*}} bias %{{.*}} :
  %1 = qnt.binary_matmul %0 scale %s weight %w scales %ws bias %b : (tensor<?x13xi64>, tensor<f32>, !qnt.packed<64x1x784,
      <code = binary, bits = 1, granularity = channel>, <panel16b64>>, tensor<64x1xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  // CHECK: qnt.pack_signs %arg1 : tensor<1x14x14x70xi8> -> tensor<1x14x14x2xi64>
  %2 = qnt.pack_signs %c : tensor<1x14x14x70xi8> -> tensor<1x14x14x2xi64>
  // CHECK: qnt.binary_conv %{{.*}} weight %{{.*}} thresholds %{{.*}} {dilations = array<i64: 1, 1>
  %3 = qnt.binary_conv %2 weight %f thresholds %t {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
      strides = array<i64: 1, 1>} : (tensor<1x14x14x2xi64>, !qnt.packed<65x9x70, <code = binary, bits = 1, granularity = channel>, <panel16b64>>,
      tensor<65x2xi32>) -> tensor<1x14x14x2xi64>
  // CHECK: qnt.quantize %arg0, %{{.*}} <code = int, bits = 2> {narrow, rounding = #qnt<rounding half_down>}
  %4 = qnt.quantize %x, %s <code = int, bits = 2> {narrow, rounding = #qnt<rounding half_down>} : tensor<?x784xf32>, tensor<f32> -> tensor<?x784xi8>
  return
}

!nested = !qnt.packed<16x40, <code = planes, bits = 8, granularity = group, axis = 1, group_size = 32, widths = [8, 2]>, <panel16planes>>

// CHECK-LABEL: func @planes
// CHECK-SAME: !qnt.packed<16x40, <code = planes, bits = 8, granularity = group, axis = 1, group_size = 32, widths = [8, 2]>, <panel16planes>>
func.func @planes(%x: tensor<?x40xi8>, %r: tensor<?xf32>, %o: tensor<?xi8>, %w: !nested, %s: tensor<2x16x2xf32>, %u: tensor<2x16x1xf32>) -> tensor<?x16xf32> {
  // CHECK: qnt.matmul %{{.*}} scale %{{.*}} offset %{{.*}} weight %{{.*}}, %{{.*}} sums %{{.*}} :
  %0 = qnt.matmul %x scale %r offset %o weight %w, %s sums %u : (tensor<?x40xi8>, tensor<?xf32>, tensor<?xi8>, !nested,
      tensor<2x16x2xf32>, tensor<2x16x1xf32>) -> tensor<?x16xf32>
  return %0 : tensor<?x16xf32>
}
