// Codes in blocks of 16 along K = 18: two blocks a row, the last one mostly padding.
// RUN: rm -f %t.work
// RUN: %python -c "open('%t.bin', 'wb').write(bytes([0x21] * 8 + [0x43] + [0] * 7))"
// RUN: sed "s|BLOCKS|%t.bin|" %s | quant-opt --quantize-weights=work-file=%t.work | FileCheck %s
// RUN: %python -c "import sys; print(open(sys.argv[1], 'rb').read().hex())" %t.work | FileCheck %s --check-prefix=BYTES

nn.data @w {file = "BLOCKS", offset = 0 : i64} : !qnt.packed<1x18, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 16>, <blocks>>

// CHECK: nn.data @w.codes {file = "{{.*}}.work", offset = 0 : i64} : !qnt.packed<1x18, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 16>, <panel16k4>>
// Three lines of eight inputs: 1 2 1 2 1 2 1 2 twice, then 3 4. Input 4 + i is in
// the high half of byte i. Missing channels and inputs have the code of zero, 8.
// BYTES: {{^}}11221122{{(88)+}}11221122{{(88)+}}83848888{{(88)+$}}
// CHECK-LABEL: @blocks
func.func @blocks(%x: tensor<?x18xf32>, %s: tensor<1x2xf32>) -> tensor<?x1xf32> {
  // CHECK: %[[W:.*]] = nn.param @w.codes
  // CHECK: qnt.matmul %{{.*}} weight %[[W]],
  %w = nn.param @w : !qnt.packed<1x18, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 16>, <blocks>>
  %0 = qnt.matmul %x weight %w, %s : (tensor<?x18xf32>, !qnt.packed<1x18, <code = uint, bits = 4, granularity = group, axis = 1, group_size = 16>, <blocks>>, tensor<1x2xf32>) -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}
