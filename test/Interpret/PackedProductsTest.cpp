//===- PackedProductsTest.cpp - products with packed weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definitions of qnt.matmul and qnt.conv against numbers worked out by
// hand, and the order of their roundings.

#include "RunIR.h"
#include "quantc/Formats/IndexLayout.h"
#include "quantc/Formats/PlaneLayout.h"
#include <cmath>

using namespace quantc;

namespace {
std::string panels(llvm::ArrayRef<uint8_t> codes, int64_t n, int64_t k,
                   unsigned bits) {
  std::vector<uint8_t> lines(panel16K4Bytes(n, k, bits));
  packPanel16K4(codes, n, k, bits, 0, lines);
  return inFile(lines);
}

/// @main(x, scales of the weight ...) with the weight `w` of this type. The
/// body defines %y of the type `result`.
std::string withWeight(llvm::StringRef data, llvm::StringRef packed,
                       llvm::StringRef arguments, llvm::StringRef result,
                       llvm::StringRef body) {
  return llvm::formatv(R"(
!w = !qnt.packed<{1}>
nn.data @w {0} : !w
func.func @main({2}) -> {3} {{
  %w = nn.param @w : !w
  {4}
  return %y : {3}
})",
                       data, packed, arguments, result, body)
      .str();
}

TEST(PackedProducts, CodesInGroups) {
  // Two channels, groups of 8 and 1 columns, 4 bits without zero points.
  std::vector<uint8_t> codes{8, 8, 8, 8, 8, 8, 8, 9, 15, //
                             0, 8, 8, 8, 8, 8, 8, 8, 10};
  Program program(withWeight(
      panels(codes, 2, 9, 4),
      "2x9, <code = uint, bits = 4, granularity = group, axis = 1, group_size "
      "= 8>, <panel16k4>",
      "%x: tensor<?x9xi8>, %a: tensor<?xf32>, %s: tensor<2x2xf32>, %b: "
      "tensor<2xf32>",
      "tensor<?x2xf32>",
      "%y = qnt.matmul %x scale %a weight %w, %s bias %b {activation = "
      "\"relu\"} : (tensor<?x9xi8>, tensor<?xf32>, !w, tensor<2x2xf32>, "
      "tensor<2xf32>) -> tensor<?x2xf32>"));
  Integers x{1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  auto y = program.run({program.integers(8, {2, 9}, x),
                        program.floats({2}, {0.5, 2}),
                        program.floats({2, 2}, {1, 10, 100, 1000}),
                        program.floats({2}, {1, 2})});
  // Channel 0: 8 * 1 * 1 + 9 * 7 * 10; channel 1: -8 * 100 + 18 * 1000.
  EXPECT_EQ(y[0].floats(), (Floats{320, 8602, 1, 1602}));
}

TEST(PackedProducts, LowRankBranch) {
  std::vector<uint8_t> codes{9, 8, 10, 8};
  Program program(withWeight(
      panels(codes, 2, 2, 4),
      "2x2, <code = uint, bits = 4, granularity = channel, axis = 1>, "
      "<panel16k4>",
      "%x: tensor<?x2xi8>, %a: tensor<?xf32>, %s: tensor<2x1xf32>, %t: "
      "tensor<?x2xf32>, %u: tensor<2x2xf16>, %b: tensor<2xf32>",
      "tensor<?x2xf32>",
      "%y = qnt.matmul %x scale %a weight %w, %s branch %t, %u bias %b : "
      "(tensor<?x2xi8>, tensor<?xf32>, !w, tensor<2x1xf32>, tensor<?x2xf32>, "
      "tensor<2x2xf16>, tensor<2xf32>) -> tensor<?x2xf32>"));
  auto half = [&](Floats numbers) {
    return Tensor::ofFloats(program.types().getF16Type(), {2, 2}, numbers);
  };
  auto y = program.run(
      {program.integers(8, {1, 2}, {3, 5}), program.floats({1}, {0.5}),
       program.floats({2, 1}, {1, 10}), program.floats({1, 2}, {2, 3}),
       half({1, 4, 0.5, -1}), program.floats({2}, {100, 200})});
  // 3 * 1 * 0.5 + 2 * 1 + 3 * 0.5 + 100 and 3 * 2 * 10 * 0.5 + 2 * 4 - 3 + 200.
  EXPECT_EQ(y[0].floats(), (Floats{105, 235}));
}

TEST(PackedProducts, BranchIsAddedRankByRankBeforeTheBias) {
  Program program(withWeight(
      panels({8}, 1, 1, 4),
      "1x1, <code = uint, bits = 4, granularity = channel, axis = 1>, "
      "<panel16k4>",
      "%x: tensor<1x1xf32>, %s: tensor<1x1xf32>, %t: tensor<1x2xf32>, %u: "
      "tensor<2x1xf16>, %b: tensor<1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s branch %t, %u bias %b : "
      "(tensor<1x1xf32>, !w, tensor<1x1xf32>, tensor<1x2xf32>, "
      "tensor<2x1xf16>, tensor<1xf32>) -> tensor<1x1xf32>"));
  auto up =
      Tensor::ofFloats(program.types().getF16Type(), {2, 1}, Floats{1, 1});
  // 1 is lost beside 2^25, which the second rank and the bias take away again.
  auto run = [&](Floats t, float bias) {
    return program
        .run({program.floats({1, 1}, {0}), program.floats({1, 1}, {1}),
              program.floats({1, 2}, t), up, program.floats({1}, {bias})})[0]
        .floats()[0];
  };
  EXPECT_EQ(run({0x1p25, 1}, -0x1p25), 0);
  EXPECT_EQ(run({0x1p25, -0x1p25}, 1), 1);
  EXPECT_EQ(run({1, 0x1p25}, -0x1p25), 0);
}

TEST(PackedProducts, BranchOfOtherRows) {
  Program program(withWeight(
      panels({8}, 1, 1, 4),
      "1x1, <code = uint, bits = 4, granularity = channel, axis = 1>, "
      "<panel16k4>",
      "%x: tensor<?x1xf32>, %s: tensor<1x1xf32>, %t: tensor<?x2xf32>, %u: "
      "tensor<2x1xf16>",
      "tensor<?x1xf32>",
      "%y = qnt.matmul %x weight %w, %s branch %t, %u : (tensor<?x1xf32>, !w, "
      "tensor<1x1xf32>, tensor<?x2xf32>, tensor<2x1xf16>) -> tensor<?x1xf32>"));
  auto up = Tensor::ofFloats(program.types().getF16Type(), {2, 1}, {1, 1});
  EXPECT_EQ(program.complaint({program.floats({2, 1}, {0, 0}),
                               program.floats({1, 1}, {1}),
                               program.floats({1, 2}, {1, 1}), up}),
            "has 2 rows and a low-rank branch of [1, 2], expected rows of 2");
}

TEST(PackedProducts, ProjectionHasSixteenPartialSums) {
  Program program(R"(
func.func @main(%x: tensor<?x18xf32>, %a: tensor<2x18xf16>) -> tensor<?x2xf32> {
  %y = qnt.project %x, %a : tensor<?x18xf32>, tensor<2x18xf16> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
})");
  Floats factors(36, 1);
  for (int64_t i = 0; i < 18; ++i)
    factors[18 + i] = float(i);
  auto a = Tensor::ofFloats(program.types().getF16Type(), {2, 18}, factors);
  auto first = [&](const Floats &x) {
    return program.run({program.floats({1, 18}, x), a})[0].floats()[0];
  };
  auto y = program.run({program.floats({2, 18}, Floats(36, 1)), a});
  EXPECT_EQ(y[0].floats(), (Floats{18, 153, 18, 153}));
  // 1 is lost where it meets 2^25 first. Columns 0 and 16 have one sum, those 8
  // apart are added next, neighbours last.
  Floats x(18, 0);
  x[0] = 0x1p25, x[16] = -0x1p25, x[1] = 1;
  EXPECT_EQ(first(x), 1);
  x[16] = 0, x[8] = -0x1p25;
  EXPECT_EQ(first(x), 1);
  x[8] = 0, x[9] = -0x1p25;
  EXPECT_EQ(first(x), 0);
}

TEST(PackedProducts, ZeroPointsOfBothSides) {
  std::vector<uint8_t> codes{200, 100};
  Program program(withWeight(
      panels(codes, 1, 2, 8),
      "1x2, <code = uint, bits = 8, granularity = channel, axis = 1, "
      "zero_point "
      "= true>, <panel16k4>",
      "%x: tensor<1x2xi8>, %a: tensor<f32>, %o: tensor<i8>, %s: "
      "tensor<1x1xf32>, %z: tensor<1x1xi8>, %u: tensor<1x1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x scale %a offset %o weight %w, %s zero_point %z sums "
      "%u : (tensor<1x2xi8>, tensor<f32>, tensor<i8>, !w, tensor<1x1xf32>, "
      "tensor<1x1xi8>, tensor<1x1xf32>) -> tensor<1x1xf32>"));
  // (200 - 150) * (7 - 5) + (100 - 150) * (-1 - 5), times 0.5 * 4. The sum that
  // is passed is wrong: it has to be found in the codes.
  auto y = program.run(
      {program.integers(8, {1, 2}, {7, -1}), program.floats({}, {4}),
       program.integers(8, {}, {5}), program.floats({1, 1}, {0.5}),
       program.integers(8, {1, 1}, {150}), program.floats({1, 1}, {999})});
  EXPECT_EQ(y[0].floats(), Floats{800});
}

/// One row of three numbers times a weight with zero points that are numbers.
std::string realZeros(llvm::StringRef data, llvm::StringRef type) {
  return withWeight(
      data, type,
      "%x: tensor<1x3xf32>, %s: tensor<1x1xf32>, %z: tensor<1x1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s zero_point %z : (tensor<1x3xf32>, !w, "
      "tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>");
}

/// The same with int8 codes that have a scale and a zero point.
std::string realZerosOfBytes(llvm::StringRef data, llvm::StringRef type) {
  return withWeight(
      data, type,
      "%x: tensor<1x3xi8>, %a: tensor<1xf32>, %o: tensor<1xi8>, %s: "
      "tensor<1x1xf32>, %z: tensor<1x1xf32>, %u: tensor<1x1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x scale %a offset %o weight %w, %s zero_point %z sums "
      "%u : (tensor<1x3xi8>, tensor<1xf32>, tensor<1xi8>, !w, tensor<1x1xf32>, "
      "tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>");
}

TEST(PackedProducts, SignsWithRealZeroPoints) {
  std::vector<uint8_t> codes{1, 0, 1};
  std::string type = "1x3, <code = binary, bits = 1, granularity = channel, "
                     "axis = 1, zero_point = true>, <panel16k4>";
  Program numbers(realZeros(panels(codes, 1, 3, 1), type));
  // (1 - .25) * 2 + (-1 - .25) * 3 + (1 - .25) * 10, times 4.
  auto y =
      numbers.run({numbers.floats({1, 3}, {2, 3, 10}),
                   numbers.floats({1, 1}, {4}), numbers.floats({1, 1}, {.25})});
  EXPECT_EQ(y[0].floats(), Floats{21});
  Program integers(realZerosOfBytes(panels(codes, 1, 3, 1), type));
  // Of 2, 3, 10: 9 - .25 * 15 = 5.25. Of ones: 1 - .25 * 3 = .25. Both times 4;
  // the zero point 2 takes twice the second, the scale is .5.
  y = integers.run(
      {integers.integers(8, {1, 3}, {2, 3, 10}), integers.floats({1}, {.5}),
       integers.integers(8, {1}, {2}), integers.floats({1, 1}, {4}),
       integers.floats({1, 1}, {.25}), integers.floats({1, 1}, {999})});
  EXPECT_EQ(y[0].floats(), Floats{(21 - 2) * .5f});
}

TEST(PackedProducts, CodesWithRealZeroPoints) {
  std::vector<uint8_t> codes{3, 0, 15};
  std::string type = "1x3, <code = uint, bits = 4, granularity = channel, "
                     "axis = 1, zero_point = true, zero = f16>, <panel16k4>";
  Program numbers(realZeros(panels(codes, 1, 3, 4), type));
  // (3 - 2.25) * 2 + (0 - 2.25) * 3 + (15 - 2.25) * 10, times 4.
  auto y = numbers.run({numbers.floats({1, 3}, {2, 3, 10}),
                        numbers.floats({1, 1}, {4}),
                        numbers.floats({1, 1}, {2.25})});
  EXPECT_EQ(y[0].floats(), Floats{489});
  Program integers(realZerosOfBytes(panels(codes, 1, 3, 4), type));
  // Of ones: 18 - 2.25 * 3 = 11.25, times 4; the zero point 2 takes it twice.
  // The sum that is passed is wrong: it has to be found in the codes.
  y = integers.run(
      {integers.integers(8, {1, 3}, {2, 3, 10}), integers.floats({1}, {.5}),
       integers.integers(8, {1}, {2}), integers.floats({1, 1}, {4}),
       integers.floats({1, 1}, {2.25}), integers.floats({1, 1}, {999})});
  EXPECT_EQ(y[0].floats(), Floats{(489 - 2 * 45) * .5f});
}

TEST(PackedProducts, RealZeroPointsRoundInOrder) {
  Program program(withWeight(
      panels({1, 255}, 1, 2, 8),
      "1x2, <code = uint, bits = 8, granularity = channel, axis = 1, "
      "zero_point = true, zero = f16>, <panel16k4>",
      "%x: tensor<1x2xf32>, %s: tensor<1x1xf32>, %z: tensor<1x1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s zero_point %z : (tensor<1x2xf32>, !w, "
      "tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>"));
  // -255 (1 - 2^-20) is -255 + 2^-12 as fp32. 255 - 2^-20 is 255 before it is
  // multiplied: otherwise 2^-20 less would be left.
  auto y = program.run({program.floats({1, 2}, {-255, 1}),
                        program.floats({1, 1}, {1}),
                        program.floats({1, 1}, {0x1p-20f})});
  EXPECT_EQ(y[0].floats(), Floats{0x1p-12f});
}

TEST(PackedProducts, RowsWithRealZeroPoints) {
  Program program(withWeight(
      panels({1, 2, 3, 0}, 2, 2, 2),
      "2x2, <code = uint, bits = 2, granularity = channel, axis = 1, "
      "zero_point = true, zero = f16>, <panel16k4>",
      "%i: tensor<2xi64>, %s: tensor<2x1xf32>, %z: tensor<2x1xf32>",
      "tensor<2x2xf32>",
      "%y = qnt.embedding %i table %w, %s zero_point %z : (tensor<2xi64>, !w, "
      "tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>"));
  auto y = program.run({program.integers(64, {2}, {-1, 0}),
                        program.floats({2, 1}, {2, 10}),
                        program.floats({2, 1}, {.5, -1.5})});
  EXPECT_EQ(y[0].floats(), (Floats{45, 15, 1, 3}));
}

TEST(PackedProducts, PatternsOfSigns) {
  // Five columns are a pattern and two thirds of one.
  std::vector<uint16_t> indices{1, 2, 0, 3};
  std::vector<uint8_t> lines(panelIndexBytes(2, 2, 2));
  packPanelIndices(indices, 2, 2, 2, lines);
  Program program(withWeight(
      inFile(lines),
      "2x5, <code = codebook, bits = 2, granularity = channel, axis = 1, "
      "codebook_size = 4, codebook_dim = 3>, <panel16index>",
      "%x: tensor<1x5xf32>, %s: tensor<2x1xf32>, %c: tensor<4xi16>",
      "tensor<1x2xf32>",
      "%y = qnt.matmul %x weight %w, %s codebook %c : (tensor<1x5xf32>, !w, "
      "tensor<2x1xf32>, tensor<4xi16>) -> tensor<1x2xf32>"));
  // Patterns ---, +-+, ++-, -++ (the first sign is the lowest bit).
  auto y = program.run({program.floats({1, 5}, {1, 2, 4, 8, 16}),
                        program.floats({2, 1}, {1, 10}),
                        program.integers(16, {4}, {0, 5, 3, 6})});
  EXPECT_EQ(y[0].floats(), (Floats{1 - 2 + 4 + 8 + 16, -70 + 80}));
}

TEST(PackedProducts, PlanesAtEveryPrecision) {
  std::vector<uint8_t> codes{255, 168, 136, 8},
      planes(panelPlanesBytes(1, 4, 8));
  packPlanes(codes, 1, 4, 8, planes);
  Program program(withWeight(
      inFile(planes),
      "1x4, <code = planes, bits = 8, granularity = channel, axis = 1, widths "
      "= [8, 4, 2]>, <panel16planes>",
      "%x: tensor<1x4xf32>, %s: tensor<3x1x1xf32>", "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s : (tensor<1x4xf32>, !w, "
      "tensor<3x1x1xf32>) -> tensor<1x1xf32>"));
  std::vector<Tensor> inputs{program.floats({1, 4}, {1, 10, 100, 1000}),
                             program.floats({3, 1, 1}, {1, 0.5, 2})};
  auto at = [&](int64_t precision) {
    return program.run(inputs, nullptr, precision)[0].floats();
  };
  // Steps 119 32 0 -128; 7 2 0 -8; 11 3 3 -13.
  EXPECT_EQ(at(8), Floats{119 + 320 - 128000});
  EXPECT_EQ(at(0), at(8)) << "all bits, unless asked for fewer";
  EXPECT_EQ(at(4), Floats{(7 + 20 - 8000) * .5f});
  EXPECT_EQ(at(2), Floats{(11 + 30 + 300 - 13000) * 2});
  EXPECT_EQ(program.complaint(inputs, 3),
            "cannot be read at 3 bits, expected one of [8, 4, 2]");
}

TEST(PackedProducts, PlanesWithCodesOfActivations) {
  std::vector<uint8_t> codes{12, 3}, planes(panelPlanesBytes(1, 2, 4));
  packPlanes(codes, 1, 2, 4, planes);
  Program program(withWeight(
      inFile(planes),
      "1x2, <code = planes, bits = 4, granularity = channel, axis = 1, widths "
      "= [4, 2]>, <panel16planes>",
      "%x: tensor<1x2xi8>, %a: tensor<1xf32>, %o: tensor<1xi8>, %s: "
      "tensor<2x1x1xf32>, %u: tensor<2x1x1xf32>",
      "tensor<1x1xf32>",
      "%y = qnt.matmul %x scale %a offset %o weight %w, %s sums %u : "
      "(tensor<1x2xi8>, tensor<1xf32>, tensor<1xi8>, !w, tensor<2x1x1xf32>, "
      "tensor<2x1x1xf32>) -> tensor<1x1xf32>"));
  std::vector<Tensor> inputs{
      program.integers(8, {1, 2}, {5, 7}), program.floats({1}, {.5}),
      program.integers(8, {1}, {3}), program.floats({2, 1, 1}, {1, 10}),
      program.floats({2, 1, 1}, {999, 999})};
  // Steps 4 -5: 20 - 35, less three times their sum -1. Then 3 -3 times 10.
  EXPECT_EQ(program.run(inputs)[0].floats(), Floats{(-15 + 3) * .5f});
  EXPECT_EQ(program.run(inputs, nullptr, 2)[0].floats(), Floats{-60 * .5f});
}

TEST(PackedProducts, NumbersRoundInOrder) {
  std::vector<uint8_t> codes{9, 9, 9, 9};
  Program program(withWeight(
      panels(codes, 1, 4, 4),
      "1x4, <code = uint, bits = 4, granularity = channel, axis = 1>, "
      "<panel16k4>",
      "%x: tensor<1x4xf32>, %s: tensor<1x1xf32>", "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s : (tensor<1x4xf32>, !w, "
      "tensor<1x1xf32>) -> tensor<1x1xf32>"));
  // 2^24 + 1 loses the 1; in another order it would not.
  EXPECT_EQ(program
                .run({program.floats({1, 4}, {0x1p24f, 1, -0x1p24f, 0.5f}),
                      program.floats({1, 1}, {2})})[0]
                .floats(),
            Floats{1});
}

TEST(PackedProducts, BlocksAndRows) {
  // Blocks of 4 codes of 2 bits; the second block is filled up.
  std::vector<uint8_t> bytes{0b11100100, 0b00000001};
  for (llvm::StringRef layout : {"<blocks>", "<rows>"}) {
    Program program(withWeight(
        inFile(bytes),
        ("1x5, <code = uint, bits = 2, granularity = group, axis = 1, "
         "group_size = 4>, " +
         layout)
            .str(),
        "%x: tensor<1x5xf32>, %s: tensor<1x2xf32>", "tensor<1x1xf32>",
        "%y = qnt.matmul %x weight %w, %s : (tensor<1x5xf32>, !w, "
        "tensor<1x2xf32>) -> tensor<1x1xf32>"));
    // Codes 0 1 2 3 | 1, that is -2 -1 0 1 | -1.
    EXPECT_EQ(program
                  .run({program.floats({1, 5}, {1, 10, 100, 1000, 5}),
                        program.floats({1, 2}, {1, 3})})[0]
                  .floats(),
              Floats{973});
  }
}

TEST(PackedProducts, BlocksOfThreeBits) {
  // Codes 1 2 3 4 5 6 7 0: three lie in two bytes.
  uint32_t word = 0;
  for (unsigned i = 0; i < 8; ++i)
    word |= ((i + 1) % 8) << (3 * i);
  std::vector<uint8_t> bytes{uint8_t(word), uint8_t(word >> 8),
                             uint8_t(word >> 16)};
  Program program(withWeight(
      inFile(bytes),
      "1x8, <code = uint, bits = 3, granularity = group, axis = 1, group_size "
      "= 8>, <blocks>",
      "%x: tensor<1x8xf32>, %s: tensor<1x1xf32>", "tensor<1x1xf32>",
      "%y = qnt.matmul %x weight %w, %s : (tensor<1x8xf32>, !w, "
      "tensor<1x1xf32>) -> tensor<1x1xf32>"));
  EXPECT_EQ(
      program
          .run({program.floats({1, 8}, {1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1}),
                program.floats({1, 1}, {1})})[0]
          .floats(),
      Floats{-3e7f - 2e6f - 1e5f + 1e3f + 2e2f + 30 - 4});
}

TEST(PackedProducts, ConvOfCodes) {
  // One channel, a kernel of 1x2, one column of padding in front.
  std::vector<uint8_t> codes{129, 131};
  Program program(withWeight(
      panels(codes, 1, 2, 8),
      "1x2, <code = int, bits = 8, granularity = channel, axis = 0>, "
      "<panel16k4>",
      "%x: tensor<1x1x2x1xi8>, %a: tensor<f32>, %o: tensor<i8>, %s: "
      "tensor<1x1xf32>, %b: tensor<1xf32>",
      "tensor<1x1x2x1xf32>",
      "%y = qnt.conv %x scale %a offset %o weight %w, %s bias %b {dilations = "
      "array<i64: 1, 1>, groups = 1 : i64, kernel = array<i64: 1, 2>, pads = "
      "array<i64: 0, 1, 0, 0>, strides = array<i64: 1, 1>} : "
      "(tensor<1x1x2x1xi8>, tensor<f32>, tensor<i8>, !w, tensor<1x1xf32>, "
      "tensor<1xf32>) -> tensor<1x1x2x1xf32>"));
  auto y = program.run({program.integers(8, {1, 1, 2, 1}, {10, -4}),
                        program.floats({}, {0.5}), program.integers(8, {}, {2}),
                        program.floats({1, 1}, {3}), program.floats({1}, {1})});
  // (3 * 8) * 3 * 0.5 + 1; padding is zero. Then (1 * 8 + 3 * -6) * 1.5 + 1.
  EXPECT_EQ(y[0].floats(), (Floats{37, -14}));
}
} // namespace
