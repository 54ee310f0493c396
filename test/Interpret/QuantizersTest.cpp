//===- QuantizersTest.cpp - numbers to codes and back -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The formulas of qnt against numbers worked out by hand.

#include "RunIR.h"
#include "quantc/Dialect/Qnt/Rotation.h"
#include <cmath>

using namespace quantc;

namespace {
TEST(Quantizers, OneScale) {
  Program program(R"(
func.func @main(%x: tensor<6xf32>) -> (tensor<6xi8>, tensor<6xi8>, tensor<6xf32>) {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<i8>
  %q = qnt.quantize %x, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<6xf32>, tensor<f32>, tensor<i8> -> tensor<6xi8>
  %u = qnt.quantize %x, %s zero_point %z <code = uint, bits = 8, zero_point = true> : tensor<6xf32>, tensor<f32>, tensor<i8> -> tensor<6xi8>
  %y = qnt.dequantize %q, %s zero_point %z <code = int, bits = 8, zero_point = true> : tensor<6xi8>, tensor<f32>, tensor<i8> -> tensor<6xf32>
  return %q, %u, %y : tensor<6xi8>, tensor<6xi8>, tensor<6xf32>
})");
  auto y = program.run({program.floats({6}, {0, 0.25f, 0.75f, -1, 1000, NAN})});
  // Steps of 0.5, 1.5 and -2: ties to even.
  EXPECT_EQ(y[0].integers(), (Integers{3, 3, 5, 1, 127, -128}));
  EXPECT_EQ(y[1].integers(true), (Integers{3, 3, 5, 1, 255, 0}));
  EXPECT_EQ(y[2].floats(), (Floats{0, 0, 1, -1, 62, -65.5}));
}

TEST(Quantizers, DivisionRoundsOnce) {
  Program program(R"(
func.func @main(%x: tensor<3xf32>, %s: tensor<f32>) -> (tensor<3xi8>, tensor<3xi8>) {
  %q = qnt.quantize %x, %s <code = int, bits = 8> : tensor<3xf32>, tensor<f32> -> tensor<3xi8>
  %d = qnt.quantize %x, %s <code = int, bits = 8> {by_division} : tensor<3xf32>, tensor<f32> -> tensor<3xi8>
  return %q, %d : tensor<3xi8>, tensor<3xi8>
})");
  // 2.5 * s / s is 2.5, a tie that becomes 2; the reciprocal of s, rounded
  // down, times 2.5 s may miss it on either side.
  float scale = 0.3f, tie = 2.5f * scale;
  auto y = program.run(
      {program.floats({3}, {tie, -1000, NAN}), program.floats({}, {scale})});
  EXPECT_EQ(y[1].integers()[0], std::rint(tie / scale));
  EXPECT_EQ(y[0].integers()[0], std::rint(tie * (1.0f / scale)));
  EXPECT_EQ(y[1].integers()[1], -128);
  EXPECT_EQ(y[1].integers()[2], -128);
}

TEST(Quantizers, ChannelsAndGroups) {
  Program program(R"(
func.func @main(%q: tensor<2x4xi8>, %c: tensor<2xf32>, %g: tensor<2x2xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %a = qnt.dequantize %q, %c <code = int, bits = 8, granularity = channel, axis = 0> : tensor<2x4xi8>, tensor<2xf32> -> tensor<2x4xf32>
  %b = qnt.dequantize %q, %g <code = int, bits = 8, granularity = group, axis = 1, group_size = 3> : tensor<2x4xi8>, tensor<2x2xf32> -> tensor<2x4xf32>
  return %a, %b : tensor<2x4xf32>, tensor<2x4xf32>
})");
  auto y = program.run({program.integers(8, {2, 4}, Integers(8, 1)),
                        program.floats({2}, {2, 3}),
                        program.floats({2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(y[0].floats(), (Floats{2, 2, 2, 2, 3, 3, 3, 3}));
  EXPECT_EQ(y[1].floats(), (Floats{1, 1, 1, 2, 3, 3, 3, 4}));
}

TEST(Quantizers, Threshold) {
  Program program(R"(
nn.data @t {value = dense<0.5> : tensor<1xf32>} : tensor<1xf32>
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %t = nn.param @t : tensor<1xf32>
  %a = qnt.threshold %x above %t : tensor<?x4xf32>, tensor<1xf32>
  %b = qnt.threshold %x above %t {one_row} : tensor<?x4xf32>, tensor<1xf32>
  return %a, %b : tensor<?x4xf32>, tensor<?x4xf32>
})");
  // What is not above the threshold is 0; NaN stays.
  auto one = program.run({program.floats({1, 4}, {0.5f, -0.75f, -0.25f, NAN})});
  for (const Tensor &y : one) {
    EXPECT_EQ(y.floats()[0], 0);
    EXPECT_EQ(y.floats()[1], -0.75f);
    EXPECT_EQ(y.floats()[2], 0);
    EXPECT_TRUE(std::isnan(y.floats()[3]));
  }
  Floats x{0.25f, 1, 2, 3, -0.25f, 5, 6, 0};
  auto two = program.run({program.floats({2, 4}, x)});
  EXPECT_EQ(two[0].floats(), (Floats{0, 1, 2, 3, 0, 5, 6, 0}));
  EXPECT_EQ(two[1].floats(), x);
}

TEST(Quantizers, ThresholdGivesWhatIsLeftOut) {
  Program program(R"(
nn.data @t {value = dense<0.5> : tensor<1xf32>} : tensor<1xf32>
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %t = nn.param @t : tensor<1xf32>
  %a = qnt.threshold %x above %t {left_out} : tensor<?x4xf32>, tensor<1xf32>
  %b = qnt.threshold %x above %t {left_out, one_row} : tensor<?x4xf32>, tensor<1xf32>
  return %a, %b : tensor<?x4xf32>, tensor<?x4xf32>
})");
  for (const Tensor &y :
       program.run({program.floats({1, 4}, {0.5f, -0.75f, -0.25f, NAN})}))
    EXPECT_EQ(y.floats(), (Floats{0.5f, 0, -0.25f, 0}));
  // Of several rows nothing is left out.
  Floats x{0.25f, 1, 2, NAN, -0.25f, 5, 6, 0};
  auto two = program.run({program.floats({2, 4}, x)});
  EXPECT_EQ(two[0].floats(), (Floats{0.25f, 0, 0, 0, -0.25f, 0, 0, 0}));
  EXPECT_EQ(two[1].floats(), Floats(8, 0));
}

TEST(Quantizers, FloatCodes) {
  Program program(R"(
func.func @main(%q: tensor<2xi8>, %s: tensor<f32>) -> tensor<2xf32> {
  %a = qnt.dequantize %q, %s <code = e4m3, bits = 8> : tensor<2xi8>, tensor<f32> -> tensor<2xf32>
  return %a : tensor<2xf32>
})");
  // 0x38 is 1, 0xC0 is -2.
  EXPECT_EQ(program
                .run({program.integers(8, {2}, {0x38, 0xC0}),
                      program.floats({}, {3})})[0]
                .floats(),
            (Floats{3, -6}));
}

TEST(Quantizers, PackedRows) {
  Program program(llvm::formatv(R"(
#s = #qnt.scheme<code = int, bits = 4, granularity = channel, axis = 0>
nn.data @w {0} : !qnt.packed<2x3, #s, <rows>>
nn.data @s {{value = dense<[1.0, 10.0]> : tensor<2xf32>} : tensor<2xf32>
func.func @main() -> tensor<2x3xf32> {{
  %w = nn.param @w : !qnt.packed<2x3, #s, <rows>>
  %s = nn.param @s : tensor<2xf32>
  %y = qnt.dequantize %w, %s <code = int, bits = 4, granularity = channel, axis = 0> : !qnt.packed<2x3, #s, <rows>>, tensor<2xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
})",
                                inFile({0x21, 0x0F, 0x87, 0x03}))
                      .str());
  EXPECT_EQ(program.run({})[0].floats(), (Floats{1, 2, -1, 70, -80, 30}));
}

TEST(Quantizers, RowsOfTheirOwnScale) {
  Program program(R"(
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x2xi8>, tensor<?xf32>, tensor<?x2xi8>, tensor<?xf32>, tensor<?xi8>) {
  %q, %s = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, dynamic = true> : tensor<?x2xf32> -> tensor<?x2xi8>, tensor<?xf32>
  %p, %t, %z = qnt.quantize_dynamic %x <code = int, bits = 8, granularity = token, zero_point = true, dynamic = true> : tensor<?x2xf32> -> tensor<?x2xi8>, tensor<?xf32>, tensor<?xi8>
  return %q, %s, %p, %t, %z : tensor<?x2xi8>, tensor<?xf32>, tensor<?x2xi8>, tensor<?xf32>, tensor<?xi8>
})");
  auto y = program.run({program.floats({3, 2}, {254, -127, 0, 0, 0, 510})});
  EXPECT_EQ(y[0].integers(), (Integers{127, -64, 0, 0, 0, 127}));
  EXPECT_EQ(y[1].floats(), (Floats{2, 0, 510.0f / 127}));
  // The ranges are -127 to 254, nothing, and 0 to 510.
  EXPECT_EQ(y[2].integers(), (Integers{127, -128, 0, 0, -128, 127}));
  EXPECT_EQ(y[3].floats(), (Floats{381.0f / 255, 0, 2}));
  EXPECT_EQ(y[4].integers(), (Integers{-43, 0, -128}));
}

TEST(Quantizers, FourBits) {
  Program program(R"(
func.func @main(%x: tensor<2x2xf32>) -> (tensor<2x2xi8>, tensor<2xf32>, tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>) {
  %q, %s = qnt.quantize_dynamic %x <code = int, bits = 4, granularity = token, dynamic = true> : tensor<2x2xf32> -> tensor<2x2xi8>, tensor<2xf32>
  %p, %t, %z = qnt.quantize_dynamic %x <code = int, bits = 4, granularity = token, zero_point = true, dynamic = true> : tensor<2x2xf32> -> tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>
  return %q, %s, %p, %t, %z : tensor<2x2xi8>, tensor<2xf32>, tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>
})");
  auto y = program.run({program.floats({2, 2}, {14, -7, 0, 30})});
  EXPECT_EQ(y[0].integers(), (Integers{7, -4, 0, 7}));
  EXPECT_EQ(y[1].floats(), (Floats{2, 30.0f / 7}));
  // The ranges are -7 to 14 in steps of 1.4, and 0 to 30 in steps of 2.
  EXPECT_EQ(y[2].integers(), (Integers{7, -8, -8, 7}));
  EXPECT_EQ(y[3].floats(), (Floats{21.0f / 15, 2}));
  EXPECT_EQ(y[4].integers(), (Integers{-3, -8}));
}

TEST(Quantizers, RotatesBlocks) {
  Program program(R"(
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = qnt.rotate %x {block = 4 : i64} : tensor<?x8xf32>
  return %y : tensor<?x8xf32>
})");
  // The signs of seed 0 are -1, 1, -1, 1; the root is 2.
  auto y = program.run({program.floats({1, 8}, {8, 1, 2, 3, 8, 0, 0, 0})});
  EXPECT_EQ(y[0].floats(), (Floats{-3, -7, -4, -2, -4, -4, -4, -4}));
}

TEST(Quantizers, RotatesInDoublePrecision) {
  auto rotation = qnt::Rotation::of(12, 5);
  ASSERT_TRUE(rotation);
  std::vector<double> x(24);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(double(i));
  std::vector<double> rotated = x;
  rotation->apply(rotated);
  for (size_t j = 0; j < x.size(); ++j) {
    double sum = 0;
    for (size_t i = 0; i < 12; ++i)
      sum += (rotation->factors[i] < 0 ? -1 : 1) *
             rotation->matrix.entry(i, j % 12) * x[j / 12 * 12 + i];
    EXPECT_NEAR(rotated[j], sum / std::sqrt(12.0), 1e-15);
  }
}

TEST(Quantizers, NoHadamardMatrixOfEveryOrder) {
  Program program(R"(
func.func @main(%x: tensor<1x92xf32>) -> tensor<1x92xf32> {
  %y = qnt.rotate %x {block = 92 : i64} : tensor<1x92xf32>
  return %y : tensor<1x92xf32>
})");
  EXPECT_EQ(program.complaint({program.floats({1, 92}, Floats(92))}),
            "rotates blocks of 92, for which no Hadamard matrix is known");
}

TEST(Quantizers, TakesChannels) {
  Program program(R"(
func.func @main(%x: tensor<?x3xf32>, %c: tensor<4xi32>) -> (tensor<?x4xf32>, tensor<?x7xf32>) {
  %0 = qnt.take_channels %x at %c : tensor<?x3xf32>, tensor<4xi32> -> tensor<?x4xf32>
  %1 = qnt.take_channels %x at %c {append} : tensor<?x3xf32>, tensor<4xi32> -> tensor<?x7xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x7xf32>
})");
  Tensor x = program.floats({2, 3}, {1, 2, 3, 4, 5, 6});
  auto y = program.run({x, program.integers(32, {4}, {2, 0, 2, 1})});
  EXPECT_EQ(y[0].floats(), (Floats{3, 1, 3, 2, 6, 4, 6, 5}));
  EXPECT_EQ(y[1].floats(), (Floats{1, 2, 3, 3, 1, 3, 2, 4, 5, 6, 6, 4, 6, 5}));
  EXPECT_EQ(program.complaint({x, program.integers(32, {4}, {2, 0, 3, 1})}),
            "takes channel 3 of 3");
  EXPECT_EQ(program.complaint({x, program.integers(32, {4}, {2, 0, -1, 1})}),
            "takes channel -1 of 3");
}

TEST(Quantizers, AssignAndObserveAreTheIdentity) {
  Program program(R"(
func.func @main(%x: tensor<1xf32>) -> tensor<1xf32> {
  %a = qnt.assign %x <code = uint, bits = 1> : tensor<1xf32>
  %b = qnt.observe %a {id = 0 : i64} : tensor<1xf32>
  return %b : tensor<1xf32>
})");
  EXPECT_EQ(program.run({program.floats({1}, {0.3f})})[0].floats(),
            Floats{0.3f});
}
} // namespace
