//===- TensorsTest.cpp - tensor and linalg operations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shapes, slices and loops, on numbers that say where they come from.

#include "RunIR.h"

using namespace quantc;

namespace {
const Floats six{0, 1, 2, 3, 4, 5};

/// The result for a 2x3 input with the numbers 0 to 5.
Tensor onMatrix(llvm::StringRef result, llvm::StringRef body) {
  Program program(llvm::formatv("func.func @main(%x: tensor<?x3xf32>) -> {0} "
                                "{{ {1} return %y : {0} }",
                                result, body)
                      .str());
  return program.run({program.floats({2, 3}, six)})[0];
}

TEST(Tensors, Reshape) {
  Tensor flat =
      onMatrix("tensor<?xf32>", "%y = tensor.collapse_shape %x [[0, 1]] : "
                                "tensor<?x3xf32> into tensor<?xf32>");
  EXPECT_EQ(sizesOf(flat), Sizes{6});
  Tensor expanded = onMatrix(
      "tensor<?x1x3xf32>",
      "%c0 = arith.constant 0 : index %n = tensor.dim %x, %c0 : "
      "tensor<?x3xf32> "
      "%y = tensor.expand_shape %x [[0, 1], [2]] output_shape [%n, 1, 3] : "
      "tensor<?x3xf32> into tensor<?x1x3xf32>");
  EXPECT_EQ(sizesOf(expanded), (Sizes{2, 1, 3}));
  Tensor reshaped = onMatrix(
      "tensor<3x2xf32>", "%s = arith.constant dense<[3, 2]> : tensor<2xi64> "
                         "%y = tensor.reshape %x(%s) : (tensor<?x3xf32>, "
                         "tensor<2xi64>) -> tensor<3x2xf32>");
  EXPECT_EQ(reshaped.floats(), six);
}

TEST(Tensors, Transpose) {
  Tensor y = onMatrix("tensor<3x?xf32>",
                      "%c0 = arith.constant 0 : index "
                      "%n = tensor.dim %x, %c0 : tensor<?x3xf32> "
                      "%e = tensor.empty(%n) : tensor<3x?xf32> "
                      "%y = linalg.transpose ins(%x : tensor<?x3xf32>) outs(%e "
                      ": tensor<3x?xf32>) permutation = [1, 0]");
  EXPECT_EQ(sizesOf(y), (Sizes{3, 2}));
  EXPECT_EQ(y.floats(), (Floats{0, 3, 1, 4, 2, 5}));
}

TEST(Tensors, Slices) {
  EXPECT_EQ(onMatrix("tensor<2xf32>",
                     "%y = tensor.extract_slice %x[1, 0] [1, 2] [1, 2] : "
                     "tensor<?x3xf32> to tensor<2xf32>")
                .floats(),
            (Floats{3, 5}));
  EXPECT_EQ(onMatrix("tensor<?x3xf32>",
                     "%v = arith.constant dense<9.0> : tensor<1x2xf32> "
                     "%y = tensor.insert_slice %v into %x[0, 1] [1, 2] [1, 1] "
                     ": tensor<1x2xf32> into tensor<?x3xf32>")
                .floats(),
            (Floats{0, 9, 9, 3, 4, 5}));
  EXPECT_EQ(onMatrix("tensor<?x6xf32>",
                     "%y = tensor.concat dim(1) %x, %x : (tensor<?x3xf32>, "
                     "tensor<?x3xf32>) -> tensor<?x6xf32>")
                .floats(),
            (Floats{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
  EXPECT_EQ(onMatrix("tensor<?x5xf32>",
                     "%v = arith.constant 7.0 : f32 "
                     "%y = tensor.pad %x low[0, 1] high[0, 1] { ^bb0(%i: "
                     "index, %j: index): tensor.yield %v : f32 } : "
                     "tensor<?x3xf32> to tensor<?x5xf32>")
                .floats(),
            (Floats{7, 0, 1, 2, 7, 7, 3, 4, 5, 7}));
}

TEST(Tensors, FromScalars) {
  EXPECT_EQ(onMatrix("tensor<2xf32>",
                     "%c1 = arith.constant 1 : index %v = tensor.extract "
                     "%x[%c1, %c1] : tensor<?x3xf32> "
                     "%y = tensor.from_elements %v, %v : tensor<2xf32>")
                .floats(),
            (Floats{4, 4}));
  EXPECT_EQ(onMatrix("tensor<3xf32>", "%v = arith.constant 2.0 : f32 "
                                      "%y = tensor.splat %v : tensor<3xf32>")
                .floats(),
            (Floats{2, 2, 2}));
  EXPECT_EQ(onMatrix("tensor<2xf32>",
                     "%v = arith.constant 2.0 : f32 %e = tensor.empty() : "
                     "tensor<2xf32> %y = linalg.fill ins(%v : f32) outs(%e : "
                     "tensor<2xf32>) -> tensor<2xf32>")
                .floats(),
            (Floats{2, 2}));
}

TEST(Tensors, LoopsWithMaps) {
  // y[i, j] = x[i, 2 - j] + b[j] + 10 * i, with b broadcast over rows.
  Program program(R"(
func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %ten = arith.constant 10.0 : f32
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, -j + 2)>,
        affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %i = linalg.index 0 : index
    %w = arith.index_cast %i : index to i64
    %f = arith.sitofp %w : i64 to f32
    %g = math.fma %f, %ten, %q : f32
    %s = arith.addf %p, %g : f32
    linalg.yield %s : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
})");
  EXPECT_EQ(program
                .run({program.floats({2, 3}, six),
                      program.floats({3}, {0.5, 0.25, 0})})[0]
                .floats(),
            (Floats{2.5, 1.25, 0, 15.5, 14.25, 13}));
}

TEST(Tensors, TellsTheResultsOfEachOperation) {
  Program program(R"(
nn.data @w {value = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %w = nn.param @w : tensor<2xf32>
  %y = nn.activation relu %x : tensor<2xf32>
  return %w : tensor<2xf32>
})");
  std::vector<std::string> seen;
  auto outputs =
      program.run({program.floats({2}, {-1, 3})},
                  [&](mlir::Operation *op, llvm::ArrayRef<Tensor> results) {
                    ASSERT_EQ(results.size(), 1u);
                    seen.push_back(op->getName().getStringRef().str());
                    if (seen.size() == 2)
                      EXPECT_EQ(results[0].floats(), (Floats{0, 3}));
                  });
  EXPECT_EQ(seen, (std::vector<std::string>{"nn.param", "nn.activation"}));
  EXPECT_EQ(outputs[0].floats(), (Floats{1, 2}));
}
} // namespace
