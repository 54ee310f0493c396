//===- ImagesTest.cpp - convolutions, pooling, reductions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations of image models against numbers worked out by hand.

#include "RunIR.h"
#include <cmath>

using namespace quantc;

namespace {
const Floats nine{1, 2, 3, 4, 5, 6, 7, 8, 9};

/// The result of `op` on a 3x3 image with the numbers 1 to 9.
Tensor onImage(llvm::StringRef op, llvm::StringRef result) {
  Program program(
      llvm::formatv("func.func @main(%x: tensor<1x3x3x1xf32>) -> {1} {{ {0} : "
                    "tensor<1x3x3x1xf32> -> {1} return %y : {1} }",
                    op, result)
          .str());
  return program.run({program.floats({1, 3, 3, 1}, nine)})[0];
}

constexpr const char *window =
    "dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, "
    "layout = #nn.layout<nhwc>, pads = array<i64: 1, 1, 0, 0>, "
    "strides = array<i64: 2, 2>";

TEST(Images, Pool) {
  EXPECT_EQ(onImage(llvm::formatv("%y = nn.max_pool %x {{{0}}", window).str(),
                    "tensor<1x2x2x1xf32>")
                .floats(),
            (Floats{1, 3, 7, 9}));
  EXPECT_EQ(onImage(llvm::formatv("%y = nn.avg_pool %x {{{0}}", window).str(),
                    "tensor<1x2x2x1xf32>")
                .floats(),
            (Floats{1, 2.5, 5.5, 7}));
  EXPECT_EQ(onImage(llvm::formatv(
                        "%y = nn.avg_pool %x {{count_include_pad = true, {0}}",
                        window)
                        .str(),
                    "tensor<1x2x2x1xf32>")
                .floats(),
            (Floats{0.25, 1.25, 2.75, 7}));
}

TEST(Images, Reduce) {
  auto reduce = [](llvm::StringRef kind) {
    return onImage(llvm::formatv(
                       "%y = nn.reduce {0} %x {{axes = array<i64: 1, 2>}", kind)
                       .str(),
                   "tensor<1x1xf32>")
        .floats()[0];
  };
  EXPECT_EQ(reduce("sum"), 45);
  EXPECT_EQ(reduce("mean"), 5);
  EXPECT_EQ(reduce("max"), 9);
  EXPECT_EQ(reduce("min"), 1);
  EXPECT_EQ(reduce("prod"), 362880);
  EXPECT_EQ(reduce("l2"), std::sqrt(285.0f));
  EXPECT_EQ(sizesOf(onImage("%y = nn.reduce max %x {axes = array<i64: 1, 3>, "
                            "keepdims = true}",
                            "tensor<1x1x3x1xf32>")),
            (Sizes{1, 1, 3, 1}));
}

TEST(Images, ReduceOfIntegers) {
  Program program(R"(
func.func @main(%x: tensor<?xi32>) -> tensor<i32> {
  %y = nn.reduce mean %x {axes = array<i64: 0>} : tensor<?xi32> -> tensor<i32>
  return %y : tensor<i32>
})");
  EXPECT_EQ(program.run({program.integers(32, {3}, {-2, -2, -4})})[0].integer(),
            -2);
}

/// The same convolution in both layouts: padding, stride, groups and bias.
TEST(Images, ConvInBothLayouts) {
  auto text = [](llvm::StringRef layout, llvm::StringRef image,
                 llvm::StringRef filter, llvm::StringRef result) {
    return llvm::formatv(R"(
func.func @main(%x: {1}, %w: {2}, %b: tensor<2xf32>) -> {3} {{
  %y = nn.conv %x, %w bias %b {{dilations = array<i64: 1, 1>, groups = 2 : i64, layout = #nn.layout<{0}>,
      pads = array<i64: 0, 1, 0, 0>, strides = array<i64: 1, 2>} : {1}, {2}, tensor<2xf32> -> {3}
  return %y : {3}
})",
                         layout, image, filter, result)
        .str();
  };
  Program nhwc(text("nhwc", "tensor<1x2x3x2xf32>", "tensor<2x2x2x1xf32>",
                    "tensor<1x1x2x2xf32>"));
  Program nchw(text("nchw", "tensor<1x2x2x3xf32>", "tensor<2x1x2x2xf32>",
                    "tensor<1x2x1x2xf32>"));
  // Channel 0 is 1..6, channel 1 ten times that; the filters are 1 2 3 4 and
  // 1 0 0 0; the bias is 0.5 and 0.
  Floats filter{1, 2, 3, 4, 1, 0, 0, 0}, bias{0.5, 0};
  Floats last =
      nhwc.run({nhwc.floats({1, 2, 3, 2},
                            {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60}),
                nhwc.floats({2, 2, 2, 1}, filter), nhwc.floats({2}, bias)})[0]
          .floats();
  Floats first =
      nchw.run({nchw.floats({1, 2, 2, 3},
                            {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60}),
                nchw.floats({2, 1, 2, 2}, filter), nchw.floats({2}, bias)})[0]
          .floats();
  EXPECT_EQ(last, (Floats{18.5, 0, 47.5, 20}));
  EXPECT_EQ(first, (Floats{18.5, 47.5, 0, 20}));
}

TEST(Images, ConvAppliesTheActivation) {
  Program program(R"(
func.func @main(%x: tensor<1x1x1x1xf32>, %w: tensor<2x1x1x1xf32>) -> tensor<1x1x1x2xf32> {
  %y = nn.conv %x, %w {activation = "relu", dilations = array<i64: 1, 1>, layout = #nn.layout<nhwc>,
      pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : tensor<1x1x1x1xf32>, tensor<2x1x1x1xf32> -> tensor<1x1x1x2xf32>
  return %y : tensor<1x1x1x2xf32>
})");
  EXPECT_EQ(program
                .run({program.floats({1, 1, 1, 1}, {3}),
                      program.floats({2, 1, 1, 1}, {-1, 2})})[0]
                .floats(),
            (Floats{0, 6}));
}
} // namespace
