//===- TransformsTest.cpp - parameters in another basis ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The formulas of qnt.transform against numbers worked out by hand, and against
// what they are for: products that do not change.

#include "RunIR.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include <cmath>

using namespace quantc;

namespace {
/// A program that returns `transform` of a 2 x 4 parameter.
std::vector<float> transformed(llvm::StringRef transform) {
  Program program(llvm::formatv(R"(
nn.data @w {{value = dense<[[8., 0., 0., 0.], [1., 2., 3., 4.]]> : tensor<2x4xf32>} : tensor<2x4xf32>
nn.data @g {{value = dense<[2., 4., 0.5, 1.]> : tensor<4xf32>} : tensor<4xf32>
func.func @main() -> tensor<2x4xf32> {{
  %w = nn.param @w : tensor<2x4xf32>
  %g = nn.param @g : tensor<4xf32>
  %0 = qnt.transform {0}
  return %0 : tensor<2x4xf32>
})",
                                transform)
                      .str());
  return program.run({})[0].floats();
}

TEST(Transforms, Scale) {
  EXPECT_EQ(transformed("scale %w by %g {axis = 1 : i64} : tensor<2x4xf32>, "
                        "tensor<4xf32>"),
            (Floats{16, 0, 0, 0, 2, 8, 1.5, 4}));
  EXPECT_EQ(transformed("scale %w by %g {axis = 1 : i64, inverse} : "
                        "tensor<2x4xf32>, tensor<4xf32>"),
            (Floats{4, 0, 0, 0, 0.5, 0.5, 6, 4}));
}

TEST(Transforms, Center) {
  EXPECT_EQ(transformed("center %w {axis = 1 : i64} : tensor<2x4xf32>"),
            (Floats{6, -2, -2, -2, -1.5, -0.5, 0.5, 1.5}));
  EXPECT_EQ(transformed("center %w {axis = 0 : i64} : tensor<2x4xf32>"),
            (Floats{3.5, -1, -1.5, -2, -3.5, 1, 1.5, 2}));
}

/// What `transform` of a 2 x 3 parameter by two channels gives, or complains
/// of.
struct Channels {
  Channels(llvm::StringRef transform, llvm::StringRef channels)
      : program(llvm::formatv(R"(
nn.data @w {{value = dense<[[6., 1., -2.], [8., 2., 3.]]> : tensor<2x3xf32>} : tensor<2x3xf32>
nn.data @c {{value = dense<{1}> : tensor<2xi32>} : tensor<2xi32>
func.func @main() -> tensor<*xf32> {{
  %w = nn.param @w : tensor<2x3xf32>
  %c = nn.param @c : tensor<2xi32>
  %0 = qnt.transform {0} : tensor<2x3xf32>, tensor<2xi32> -> tensor<{2}xf32>
  %1 = tensor.cast %0 : tensor<{2}xf32> to tensor<*xf32>
  return %1 : tensor<*xf32>
})",
                              transform, channels,
                              transform.contains("axis = 0")  ? "4x3"
                              : transform.starts_with("take") ? "2x2"
                                                              : "2x5")
                    .str()) {}
  Program program;
};

TEST(Transforms, Take) {
  EXPECT_EQ(Channels("take %w by %c {axis = 1 : i64}", "[2, 0]")
                .program.run({})[0]
                .floats(),
            (Floats{-2, 6, 3, 8}));
  EXPECT_EQ(Channels("take %w by %c {axis = 1 : i64}", "[1, 3]")
                .program.complaint({}),
            "a transform takes channel 3 of 3");
}

TEST(Transforms, Split) {
  // Rows in steps of 6/3 and 8/3; halves are a quarter of a step beside the
  // half.
  std::string scheme = "scheme = #qnt.scheme<code = uint, bits = 3, "
                       "granularity = channel>}";
  Floats row = Channels("split %w by %c {axis = 1 : i64, " + scheme, "[0, 2]")
                   .program.run({})[0]
                   .floats();
  Floats wanted{2.5f,         1, -1.5f,       3.5f,         -0.5f,
                10.0f / 3.0f, 2, 5.0f / 6.0f, 14.0f / 3.0f, 13.0f / 6.0f};
  ASSERT_EQ(row.size(), wanted.size());
  for (size_t i = 0; i < row.size(); ++i)
    EXPECT_FLOAT_EQ(row[i], wanted[i]);
  // Along columns, in steps of 8/3, 2/3 and 1.
  Floats columns =
      Channels("split %w by %c {axis = 0 : i64, " + scheme, "[1, 0]")
          .program.run({})[0]
          .floats();
  EXPECT_EQ(columns.size(), 12u);
  EXPECT_EQ(columns[2] + columns[11], -2);
  EXPECT_EQ(columns[11] - columns[2], 0.5);
  EXPECT_EQ(Channels("split %w by %c {axis = 1 : i64, " + scheme, "[1, 1]")
                .program.complaint({}),
            "a transform splits channel 1 twice");
}

TEST(Transforms, HadamardSpreadsOneLargeNumber) {
  // [8, 0, 0, 0] H / 2, times the sign of the first feature.
  auto sign = static_cast<float>(qnt::signOf(7, 0));
  auto w = transformed("hadamard %w {axis = 1 : i64, block = 4 : i64, seed = "
                       "7 : i64} : tensor<2x4xf32>");
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(w[i], 4 * sign);
  // Blocks of two along the columns' axis: nothing leaves its block.
  w = transformed("hadamard %w {axis = 1 : i64, block = 2 : i64} : "
                  "tensor<2x4xf32>");
  EXPECT_EQ(w[2], 0);
  EXPECT_EQ(w[3], 0);
  EXPECT_NEAR(std::abs(w[0]), 8 / std::sqrt(2), 1e-6);
}

TEST(Transforms, SignsAreBothAndFixed) {
  int64_t sum = 0;
  for (uint64_t i = 0; i < 1000; ++i)
    sum += static_cast<int64_t>(qnt::signOf(3, i));
  EXPECT_LT(std::abs(sum), 100);
  // The first number of splitmix64 from 0 is 0xe220a8397b1dcdaf: odd.
  EXPECT_EQ(qnt::signOf(0, 0), -1);
}

TEST(Transforms, ChainIsRoundedOnce) {
  // 1 / 3 * 3 in fp32 may miss 1; one rounding of the fp64 result does not.
  Program program(R"(
nn.data @w {value = dense<[1., 5., 7., 11.]> : tensor<4xf32>} : tensor<4xf32>
nn.data @g {value = dense<[41., 39., 41., 47.]> : tensor<4xf32>} : tensor<4xf32>
nn.data @h {value = dense<[82., 78., 82., 94.]> : tensor<4xf32>} : tensor<4xf32>
func.func @main() -> tensor<4xf32> {
  %w = nn.param @w : tensor<4xf32>
  %g = nn.param @g : tensor<4xf32>
  %h = nn.param @h : tensor<4xf32>
  %0 = qnt.transform scale %w by %g {axis = 0 : i64, inverse} : tensor<4xf32>, tensor<4xf32>
  %1 = qnt.transform scale %0 by %h {axis = 0 : i64} : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
})");
  EXPECT_EQ(program.run({})[0].floats(), (Floats{2, 10, 14, 22}));
  EXPECT_NE(1.0f / 41 * 82, 2.0f);
}

TEST(Transforms, BothSidesOfAProduct) {
  // Writer, norm and reader of 12 features: the same function but for rounding.
  auto program = [](llvm::StringRef writer, llvm::StringRef reader) {
    return llvm::formatv(R"(
nn.data @a {{value = dense<[[1., -2., 3., 0.5, 7., 1., 2., 3., -4., 5., 6., 100.], [3., 1., 0., 0., 2., -9., 1., 1., 4., 4., 4., 1.]]> : tensor<2x12xf32>} : tensor<2x12xf32>
nn.data @b {{value = dense<[[1., -2., 3., 0.5, 7., 1., 2., 3., -4., 5., 6., 1.], [3., 1., 0., 0., 2., -9., 1., 1., 4., 4., 4., 1.]]> : tensor<2x12xf32>} : tensor<2x12xf32>
nn.data @o {{value = dense<1.0> : tensor<12xf32>} : tensor<12xf32>
func.func @main(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {{
  %a = nn.param @a : tensor<2x12xf32>
  %b = nn.param @b : tensor<2x12xf32>
  %o = nn.param @o : tensor<12xf32>
  %ta = qnt.transform hadamard %a {{axis = 1 : i64, block = 12 : i64, seed = 2 : i64} : tensor<2x12xf32>
  %tb = qnt.transform hadamard %b {{axis = 1 : i64, block = 12 : i64, seed = 2 : i64} : tensor<2x12xf32>
  %h = nn.matmul %x, {0} : tensor<3x2xf32>, tensor<2x12xf32> -> tensor<3x12xf32>
  %n = nn.rms_norm %h, %o {{epsilon = 1.0e-05 : f32} : tensor<3x12xf32>, tensor<12xf32> -> tensor<3x12xf32>
  %y = nn.matmul %n, {1} transpose_rhs : tensor<3x12xf32>, tensor<2x12xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
})",
                         writer, reader)
        .str();
  };
  auto run = [&](llvm::StringRef writer, llvm::StringRef reader) {
    Program made(program(writer, reader));
    return made.run({made.floats({3, 2}, {1, 2, -1, 0.5, 3, 0})})[0].floats();
  };
  Floats wanted = run("%a", "%b"), found = run("%ta", "%tb"),
         onesided = run("%ta", "%b");
  double worst = 0;
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR(found[i], wanted[i], 1e-4 * std::abs(wanted[i]));
    worst = std::max(worst, double(std::abs(onesided[i] - wanted[i])));
  }
  EXPECT_GT(worst, 0.1);
}

TEST(Transforms, Refusals) {
  Program program(R"(
nn.data @v {value = dense<[1., 2., 3.]> : tensor<3xf32>} : tensor<3xf32>
func.func @main() -> tensor<3xf32> {
  %v = nn.param @v : tensor<3xf32>
  %0 = qnt.transform hadamard %v {axis = 0 : i64, block = 3 : i64} : tensor<3xf32>
  return %0 : tensor<3xf32>
})");
  EXPECT_EQ(program.complaint({}), "no Hadamard matrix of order 3 is known");
  Program half(R"(
nn.data @h {value = dense<1.> : tensor<4xf16>} : tensor<4xf16>
func.func @main() -> tensor<4xf16> {
  %h = nn.param @h : tensor<4xf16>
  %0 = qnt.transform center %h {axis = 0 : i64} : tensor<4xf16>
  return %0 : tensor<4xf16>
})");
  EXPECT_EQ(half.complaint({}), "parameter 'h' holds no fp32 numbers");
}
} // namespace
