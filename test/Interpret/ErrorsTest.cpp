//===- ErrorsTest.cpp - what cannot be interpreted -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes are only known when the function runs: each misfit is a diagnostic at
// its operation.

#include "RunIR.h"

using namespace quantc;

namespace {
/// What is said of `body`, which defines %y of the type `result`. The arguments
/// are %v, %u of a dynamic size (2 and 3 numbers), %m (2x3), %i (2x2x2x2).
std::string complaint(llvm::StringRef result, llvm::StringRef body,
                      llvm::StringRef before = "") {
  Program program(llvm::formatv(R"({2}
!v = tensor<?xf32>
!m = tensor<?x?xf32>
!i = tensor<?x?x?x?xf32>
func.func @main(%v: !v, %u: !v, %m: !m, %i: !i) -> {0} {{
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %two = tensor.dim %v, %c0 : !v
  {1}
  return %y : {0}
})",
                                result, body, before)
                      .str());
  return program.complaint({program.floats({2}, Floats(2)),
                            program.floats({3}, Floats(3)),
                            program.floats({2, 3}, Floats(6)),
                            program.floats({2, 2, 2, 2}, Floats(16))});
}

#define EXPECT_SAYS(text, ...)                                                 \
  EXPECT_NE(complaint(__VA_ARGS__).find(text), std::string::npos)              \
      << complaint(__VA_ARGS__)

TEST(InterpretErrors, Functions) {
  Program program("func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { "
                  "return %x : tensor<2xf32> }");
  EXPECT_EQ(program.complaint({}), "takes 1 inputs, found 0");
  EXPECT_EQ(program.complaint({program.floats({3}, Floats(3))}),
            "input 0 has the type 'tensor<3xf32>', expected 'tensor<2xf32>'");
  EXPECT_EQ(program.complaint({program.integers(32, {2}, Integers(2))}),
            "input 0 has the type 'tensor<2xi32>', expected 'tensor<2xf32>'");
  Program declared("func.func private @main()");
  EXPECT_EQ(declared.complaint({}), "is no function of one block");
}

TEST(InterpretErrors, LowRankBranches) {
  EXPECT_SAYS("multiplies [2, 3] by a matrix of 4 columns", "tensor<?x2xf32>",
              "%a = arith.constant dense<1.0> : tensor<2x4xf16> %y = "
              "qnt.project %m, %a : !m, tensor<2x4xf16> -> tensor<?x2xf32>");
}

TEST(InterpretErrors, Operations) {
  EXPECT_SAYS(
      "'scf.if' has no evaluator; the interpreter runs IR of the phases", "!v",
      "%t = arith.constant true %y = scf.if %t -> !v { scf.yield %v : "
      "!v } else { scf.yield %u : !v }");
  EXPECT_SAYS("has a value that the interpreter cannot read", "tensor<1xf32>",
              "%y = arith.constant dense_resource<gone> : tensor<1xf32>");
  EXPECT_SAYS("cannot read 'nowhere/gone'", "tensor<1xf32>",
              "%y = nn.param @gone : tensor<1xf32>",
              "nn.data @gone {file = \"nowhere/gone\", offset = 0 : i64} : "
              "tensor<1xf32>");
}

TEST(InterpretErrors, Sizes) {
  EXPECT_SAYS("gives a tensor of the sizes [2], its type is 'tensor<4xf32>'",
              "tensor<4xf32>", "%y = tensor.cast %v : !v to tensor<4xf32>");
  EXPECT_SAYS("asks for dimension 5 of a tensor of rank 1", "!v",
              "%d = tensor.dim %v, %c5 : !v %y = tensor.empty(%d) : !v");
  EXPECT_SAYS("has a negative size", "!v",
              "%d = arith.subi %two, %c5 : index %y = tensor.empty(%d) : !v");
  EXPECT_SAYS("makes the sizes [1, 5, 3] of [2, 3]", "tensor<?x3xf32>",
              "%z = tensor.cast %m : !m to tensor<?x3xf32> %e = "
              "tensor.expand_shape %z [[0, 1], [2]] output_shape [1, %c5, 3] : "
              "tensor<?x3xf32> into tensor<1x?x3xf32> %y = "
              "tensor.collapse_shape %e [[0, 1], [2]] : tensor<1x?x3xf32> into "
              "tensor<?x3xf32>");
  EXPECT_SAYS("takes 5 elements from 0 on in steps of 1 along dimension 0 of "
              "size 2",
              "!v", "%y = tensor.extract_slice %v[0] [%c5] [1] : !v to !v");
  EXPECT_SAYS("reads outside a tensor of the sizes [2]", "f32",
              "%y = tensor.extract %v[%c5] : !v");
  EXPECT_SAYS("pads with something else than one value", "!v",
              "%y = tensor.pad %v low[0] high[1] { ^bb0(%j: index): %f = "
              "arith.index_cast %j : index to i64 %g = arith.sitofp %f : i64 "
              "to f32 tensor.yield %g : f32 } : !v to !v");
}

std::string loops(llvm::StringRef maps, llvm::StringRef iterators,
                  llvm::StringRef operands) {
  return llvm::formatv(
             "%y = linalg.generic {{indexing_maps = [{0}], iterator_types = "
             "[{1}]} ins({2}) outs(%v : !v) {{ ^bb0(%a: f32, %b: f32): "
             "linalg.yield %a : f32 } -> !v",
             maps, iterators, operands)
      .str();
}

TEST(InterpretErrors, Loops) {
  EXPECT_SAYS("has operands whose sizes do not fit: 3 and 2 along loop 0", "!v",
              loops("affine_map<(i) -> (i)>, affine_map<(i) -> (i)>",
                    "\"parallel\"", "%u : !v"));
  EXPECT_SAYS("reads outside an operand of the sizes [2]", "!v",
              loops("affine_map<(i) -> (i + 1)>, affine_map<(i) -> (i)>",
                    "\"parallel\"", "%v : !v"));
  EXPECT_SAYS("is a reduction; the interpreter runs elementwise", "!v",
              loops("affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>",
                    "\"parallel\", \"reduction\"", "%m : !m"));
}

TEST(InterpretErrors, Products) {
  EXPECT_SAYS("multiplies [2, 3] and [2, 3]", "!m",
              "%y = nn.matmul %m, %m : !m, !m -> !m");
  EXPECT_SAYS("has batch sizes [2, 2] and [3, 2]", "!i",
              "%w = tensor.concat dim(0) %i, %i : (!i, !i) -> !i %s = "
              "tensor.extract_slice %w[0, 0, 0, 0] [3, 2, 2, 2] [1, 1, 1, 1] : "
              "!i to tensor<3x2x2x2xf32> %y = nn.matmul %i, %s : !i, "
              "tensor<3x2x2x2xf32> -> !i");
  constexpr const char *conv =
      "groups = 1 : i64, dilations = array<i64: 1, 1>, layout = "
      "#nn.layout<nhwc>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: "
      "1, 1>";
  EXPECT_SAYS("has a filter that does not fit an image [2, 2, 2, 2]", "!i",
              llvm::formatv("%w = tensor.concat dim(1) %i, %i : (!i, !i) -> !i "
                            "%y = nn.conv %i, %w {{{0}} : !i, !i -> !i",
                            conv)
                  .str());
  EXPECT_SAYS("has a window that does not fit an image [2, 2, 2, 2]", "!i",
              "%y = nn.max_pool %i {dilations = array<i64: 1, 1>, kernel = "
              "array<i64: 3, 1>, layout = #nn.layout<nhwc>, pads = array<i64: "
              "0, 0, 0, 0>, strides = array<i64: 1, 1>} : !i -> !i");
}

TEST(InterpretErrors, Rows) {
  EXPECT_SAYS("has a vector of 2 for rows of 3", "!m",
              "%y = nn.rms_norm %m, %v {epsilon = 0.0 : f32} : !m, !v -> !m");
  EXPECT_SAYS("has query [2, 2, 2, 2], key [2, 2, 2, 2] and value [4, 2, 1, 2]",
              "!i",
              "%s = arith.constant dense<[4, 2, 1, 2]> : tensor<4xi64> %w = "
              "tensor.reshape %i(%s) : (!i, tensor<4xi64>) -> !i %y = "
              "nn.attention %i, %i, %w {scale = 1.0 : f32} : !i, !i, !i -> !i");
  EXPECT_SAYS("has angles [2, 3] for an input [2, 2, 2, 2]", "!i",
              "%y = nn.rope %i, %m, %m : !i, !m, !m -> !i");
  EXPECT_SAYS("looks up row 7 of a table of 2 rows", "tensor<1x?xf32>",
              "%n = arith.constant dense<7> : tensor<1xi64> %y = nn.embedding "
              "%n, %m : tensor<1xi64>, !m -> tensor<1x?xf32>");
}

TEST(InterpretErrors, Quantizers) {
  EXPECT_SAYS("has a scheme that the interpreter cannot encode", "tensor<?xi8>",
              "%s = arith.constant dense<1.0> : tensor<f32> %y = qnt.quantize "
              "%v, %s <code = e4m3, bits = 8> : !v, tensor<f32> -> "
              "tensor<?xi8>");
  EXPECT_SAYS(
      "has a scheme that the interpreter cannot decode", "!v",
      "%s = arith.constant dense<1.0> : tensor<f32> %q = arith.constant "
      "dense<1> : tensor<2xi8> %d = qnt.dequantize %q, %s <code = "
      "planes, bits = 8, widths = [8, 4]> : tensor<2xi8>, tensor<f32> -> "
      "tensor<2xf32> "
      "%y = tensor.cast %d : tensor<2xf32> to !v");
  EXPECT_SAYS(
      "has rows without elements", "tensor<?x?xi8>",
      "%e = tensor.empty(%two, %c0) : !m %y, %s = qnt.quantize_dynamic "
      "%e <code = int, bits = 8, granularity = token, dynamic = true> : "
      "!m -> tensor<?x?xi8>, tensor<?xf32>");
}

const std::string grouped =
    "!w = !qnt.packed<1x8, <code = uint, bits = 8, granularity = group, axis = "
    "1, group_size = 4>, <panel16k4>> nn.data @w " +
    inFile(std::vector<uint8_t>(128)) + " : !w";

TEST(InterpretErrors, PackedProducts) {
  EXPECT_SAYS("multiplies [2, 3] by a weight of 8 columns", "tensor<?x1xf32>",
              "%w = nn.param @w : !w %s = arith.constant dense<1.0> : "
              "tensor<1x2xf32> %y = qnt.matmul %m weight %w, %s : (!m, !w, "
              "tensor<1x2xf32>) -> tensor<?x1xf32>",
              grouped);
  EXPECT_SAYS("has 6 scales and 2 zero points, expected 2", "tensor<?x1xf32>",
              "%w = nn.param @w : !w %y = qnt.matmul %m weight %w, %m : (!m, "
              "!w, !m) -> tensor<?x1xf32>",
              grouped);
  const std::string planes =
      "!w = !qnt.packed<1x4, <code = planes, bits = 8, granularity = channel, "
      "axis = 1, widths = [8, 4]>, <panel16planes>> nn.data @w " +
      inFile(std::vector<uint8_t>(256)) + " : !w";
  EXPECT_SAYS(
      "has 8 scales for 2 widths, expected 2", "tensor<1x1xf32>",
      "%w = nn.param @w : !w %x = tensor.empty() : tensor<1x4xf32> %s = "
      "tensor.empty(%two, %two, %two) : tensor<?x?x?xf32> %y = "
      "qnt.matmul %x weight %w, %s : (tensor<1x4xf32>, !w, "
      "tensor<?x?x?xf32>) -> tensor<1x1xf32>",
      planes);
}
} // namespace
