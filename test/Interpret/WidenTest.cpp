//===- WidenTest.cpp - models in fp64 ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums that fp32 rounds, and fp64 does not.

#include "RunIR.h"

using namespace quantc;

namespace {
Tensor doubles(Program &program, llvm::ArrayRef<int64_t> shape,
               llvm::ArrayRef<double> numbers) {
  return Tensor::ofNumbers(program.types().getF64Type(), shape, numbers);
}

TEST(Widen, Products) {
  Program program(R"(
nn.data @w {value = dense<[[16777216.], [1.], [-16777216.]]> : tensor<3x1xf32>} : tensor<3x1xf32>
nn.data @v {value = dense<[[16777216., 1., -16777216.]]> : tensor<1x3xf32>} : tensor<1x3xf32>
func.func @main(%x: tensor<1x3xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %w = nn.param @w : tensor<3x1xf32>
  %v = nn.param @v : tensor<1x3xf32>
  %0 = nn.matmul %x, %w : tensor<1x3xf32>, tensor<3x1xf32> -> tensor<1x1xf32>
  %1 = nn.matmul %x, %v transpose_rhs : tensor<1x3xf32>, tensor<1x3xf32> -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
})");
  auto narrow = program.run({program.floats({1, 3}, {1, 1, 1})});
  EXPECT_EQ(narrow[0].numbers().front(), 0); // 2^24 + 1 is 2^24
  program.widen();
  auto wide = program.run({doubles(program, {1, 3}, {1, 1, 1})});
  for (int i : {0, 1}) {
    EXPECT_TRUE(wide[i].type().isF64());
    EXPECT_EQ(wide[i].numbers().front(), 1);
  }
}

TEST(Widen, ImagesAndSums) {
  Program program(R"(
nn.data @f {value = dense<1.> : tensor<1x1x3x1xf32>} : tensor<1x1x3x1xf32>
func.func @main(%x: tensor<1x1x3x1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1xf32>) {
  %f = nn.param @f : tensor<1x1x3x1xf32>
  %0 = nn.conv %x, %f {dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x3x1xf32>, tensor<1x1x3x1xf32> -> tensor<1x1x1x1xf32>
  %1 = nn.avg_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 1, 3>, layout = #nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>}
      : tensor<1x1x3x1xf32> -> tensor<1x1x1x1xf32>
  %2 = nn.reduce sum %x {axes = array<i64: 2>} : tensor<1x1x3x1xf32> -> tensor<1x1x1xf32>
  return %0, %1, %2 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1xf32>
})");
  std::vector<double> x = {0x1p24, 1, -0x1p24};
  program.widen();
  auto wide = program.run({doubles(program, {1, 1, 3, 1}, x)});
  EXPECT_EQ(wide[0].numbers().front(), 1);
  EXPECT_EQ(wide[1].numbers().front(), 1.0 / 3);
  EXPECT_EQ(wide[2].numbers().front(), 1);
}

TEST(Widen, ConstantsKeepTheirNumbers) {
  Program program(R"(
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = arith.constant dense<0.1> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %tenth = arith.constant 0.1 : f32
  %0 = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x, %c : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%i: f32, %j: f32, %out: f32):
    %s = arith.addf %i, %j : f32
    %t = arith.addf %s, %tenth : f32
    linalg.yield %t : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
})");
  program.widen();
  auto y = program.run({doubles(program, {2}, {0, 1e-12})})[0].numbers();
  double tenth = 0.1f;
  EXPECT_EQ(y[0], tenth + tenth);
  EXPECT_EQ(y[1], 1e-12 + tenth + tenth);
}
} // namespace
