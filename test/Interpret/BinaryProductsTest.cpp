//===- BinaryProductsTest.cpp - products of signs ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definitions of qnt.pack_signs, qnt.binary_matmul, qnt.binary_conv and of
// the rounding modes against numbers worked out by hand.

#include "RunIR.h"
#include "quantc/Formats/SignWords.h"
#include <cmath>

using namespace quantc;

namespace {
/// A weight `w` of these codes.
std::string signs(llvm::ArrayRef<uint8_t> codes, int64_t n, int64_t taps,
                  int64_t columns) {
  std::vector<uint8_t> words(panel16B64Bytes(n, taps, columns));
  packPanel16B64(codes, n, taps, columns, words);
  return llvm::formatv("!w = !qnt.packed<{1}x{2}x{3}, <code = binary, bits = "
                       "1, granularity = channel>, <panel16b64>>\n"
                       "nn.data @w {0} : !w\n",
                       inFile(words), n, taps, columns)
      .str();
}

TEST(BinaryProducts, SignsOfNumbersAndCodes) {
  Program program(R"(
func.func @main(%x: tensor<2x3xf32>, %c: tensor<1x65xi8>) -> (tensor<2x1xi64>, tensor<1x2xi64>) {
  %a = qnt.pack_signs %x : tensor<2x3xf32> -> tensor<2x1xi64>
  %b = qnt.pack_signs %c : tensor<1x65xi8> -> tensor<1x2xi64>
  return %a, %b : tensor<2x1xi64>, tensor<1x2xi64>
})");
  Integers codes(65, 0);
  codes[63] = codes[64] = 1;
  auto y = program.run({program.floats({2, 3}, {1, -0.0f, -1, NAN, -2, 0}),
                        program.integers(8, {1, 65}, codes)});
  EXPECT_EQ(y[0].integers(), (Integers{0b011, 0b100}));
  EXPECT_EQ(y[1].integers(), (Integers{INT64_MIN, 1}));
}

TEST(BinaryProducts, NumbersAndThresholds) {
  // + - + - and + + + -, so the sums with + + - - are 0 and 2.
  Program program(signs({1, 0, 1, 0, 1, 1, 1, 0}, 2, 1, 4) + R"(
func.func @main(%x: tensor<1x1xi64>, %s: tensor<2x1xf32>, %b: tensor<2xf32>, %t: tensor<2x2xi32>) -> (tensor<1x2xf32>, tensor<1x1xi64>) {
  %w = nn.param @w : !w
  %c = arith.constant dense<0.5> : tensor<f32>
  %y = qnt.binary_matmul %x scale %c weight %w scales %s bias %b : (tensor<1x1xi64>, tensor<f32>, !w, tensor<2x1xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %z = qnt.binary_matmul %x weight %w thresholds %t : (tensor<1x1xi64>, !w, tensor<2x2xi32>) -> tensor<1x1xi64>
  return %y, %z : tensor<1x2xf32>, tensor<1x1xi64>
})");
  auto run = [&](Integers limits) {
    return program.run(
        {program.integers(64, {1, 1}, {0b0011}), program.floats({2, 1}, {3, 5}),
         program.floats({2}, {1, -1}), program.integers(32, {2, 2}, limits)});
  };
  auto y = run({0, 1, 0, 2});
  EXPECT_EQ(y[0].floats(), (Floats{1, 4}));
  // The first channel is inside, the second at the end, which is outside.
  EXPECT_EQ(y[1].integers(), (Integers{0b01}));
  EXPECT_EQ(run({1, 9, 2, 3})[1].integers(), (Integers{0b10}));
  EXPECT_EQ(run({INT32_MIN, INT32_MAX, 0, 0})[1].integers(), (Integers{0b01}));
}

TEST(BinaryProducts, PaddingIsNoSign) {
  // A 3x3 filter of -1 on +1: -4 at corners, -6 at edges, -9 inside.
  Program program(signs(std::vector<uint8_t>(9, 0), 1, 9, 1) + R"(
func.func @main(%x: tensor<1x3x3x1xi64>, %s: tensor<1x1xf32>) -> tensor<1x3x3x1xf32> {
  %w = nn.param @w : !w
  %c = arith.constant dense<1.0> : tensor<f32>
  %y = qnt.binary_conv %x scale %c weight %w scales %s {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x3x3x1xi64>, tensor<f32>, !w, tensor<1x1xf32>) -> tensor<1x3x3x1xf32>
  return %y : tensor<1x3x3x1xf32>
})");
  auto y = program.run({program.integers(64, {1, 3, 3, 1}, Integers(9, 1)),
                        program.floats({1, 1}, {1})});
  EXPECT_EQ(y[0].floats(), (Floats{-4, -6, -4, -6, -9, -6, -4, -6, -4}));
}

TEST(BinaryProducts, WindowOutsideOfTheImage) {
  Program program(signs(std::vector<uint8_t>(9, 1), 1, 9, 1) + R"(
func.func @main(%x: tensor<1x?x2x1xi64>, %t: tensor<1x2xi32>) -> tensor<1x?x?x1xi64> {
  %w = nn.param @w : !w
  %y = qnt.binary_conv %x weight %w thresholds %t {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>} : (tensor<1x?x2x1xi64>, !w, tensor<1x2xi32>) -> tensor<1x?x?x1xi64>
  return %y : tensor<1x?x?x1xi64>
})");
  EXPECT_NE(program
                .complaint({program.integers(64, {1, 2, 2, 1}, Integers(4, 1)),
                            program.integers(32, {1, 2}, {0, 1})})
                .find("has a filter that does not fit an image [1, 2, 2, 1]"),
            std::string::npos);
}

TEST(Quantizers, RoundingModes) {
  Floats x{5.5, 2.5, 1.6f, 1.1f, 1, -1, -1.1f, -1.6f, -2.5, -5.5};
  // The table of QONNX's documentation.
  std::pair<const char *, Integers> modes[] = {
      {"half_even", {6, 2, 2, 1, 1, -1, -1, -2, -2, -6}},
      {"ceil", {6, 3, 2, 2, 1, -1, -1, -1, -2, -5}},
      {"floor", {5, 2, 1, 1, 1, -1, -2, -2, -3, -6}},
      {"up", {6, 3, 2, 2, 1, -1, -2, -2, -3, -6}},
      {"down", {5, 2, 1, 1, 1, -1, -1, -1, -2, -5}},
      {"half_up", {6, 3, 2, 1, 1, -1, -1, -2, -3, -6}},
      {"half_down", {5, 2, 2, 1, 1, -1, -1, -2, -2, -5}}};
  for (auto &[mode, expected] : modes) {
    Program program(llvm::formatv(R"(
func.func @main(%x: tensor<10xf32>) -> tensor<10xi8> {{
  %s = arith.constant dense<1.0> : tensor<f32>
  %q = qnt.quantize %x, %s <code = int, bits = 8> {{rounding = #qnt<rounding {0}>} : tensor<10xf32>, tensor<f32> -> tensor<10xi8>
  return %q : tensor<10xi8>
})",
                                  mode)
                        .str());
    EXPECT_EQ(program.run({program.floats({10}, x)})[0].integers(), expected)
        << mode;
  }
}

TEST(Quantizers, ZeroPointBeforeRounding) {
  Program program(R"(
func.func @main(%x: tensor<5xf32>) -> (tensor<5xi8>, tensor<5xi8>, tensor<5xi8>) {
  %s = arith.constant dense<1.0> : tensor<f32>
  %z = arith.constant dense<1> : tensor<i8>
  %a = qnt.quantize %x, %s zero_point %z <code = int, bits = 2, zero_point = true> {rounding = #qnt<rounding half_even>} : tensor<5xf32>, tensor<f32>, tensor<i8> -> tensor<5xi8>
  %b = qnt.quantize %x, %s zero_point %z <code = int, bits = 2, zero_point = true> {rounding = #qnt<rounding half_even>, narrow} : tensor<5xf32>, tensor<f32>, tensor<i8> -> tensor<5xi8>
  %c = qnt.quantize %x, %s <code = uint, bits = 2> {rounding = #qnt<rounding ceil>, narrow} : tensor<5xf32>, tensor<f32> -> tensor<5xi8>
  return %a, %b, %c : tensor<5xi8>, tensor<5xi8>, tensor<5xi8>
})");
  auto y = program.run({program.floats({5}, {-0.5f, -1.5f, 9, -9, NAN})});
  // -0.5 + 1 is a tie that becomes 0; rint(-0.5) + 1 would be 1.
  EXPECT_EQ(y[0].integers(), (Integers{0, 0, 1, -2, -2}));
  EXPECT_EQ(y[1].integers(), (Integers{0, 0, 1, -1, -1}));
  EXPECT_EQ(y[2].integers(), (Integers{0, 0, 2, 0, 0}));
}

TEST(Quantizers, BinaryCodes) {
  Program program(R"(
func.func @main(%x: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xf32>) {
  %s = arith.constant dense<-0.5> : tensor<f32>
  %q = qnt.quantize %x, %s <code = binary, bits = 1> : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  %y = qnt.dequantize %q, %s <code = binary, bits = 1> : tensor<4xi8>, tensor<f32> -> tensor<4xf32>
  return %q, %y : tensor<4xi8>, tensor<4xf32>
})");
  auto y = program.run({program.floats({4}, {0, -0.0f, -1e-40f, NAN})});
  EXPECT_EQ(y[0].integers(), (Integers{1, 1, 0, 0}));
  EXPECT_EQ(y[1].floats(), (Floats{-0.5, -0.5, 0.5, 0.5}));
}
} // namespace
