//===- RowsTest.cpp - products, norms, attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations of language models against numbers worked out by hand.

#include "RunIR.h"
#include <cmath>

using namespace quantc;

namespace {
TEST(Rows, MatMul) {
  Program program(R"(
func.func @main(%x: tensor<?x1x2xf32>, %w: tensor<2x2xf32>) -> (tensor<?x1x2xf32>, tensor<?x1x2xf32>) {
  %a = nn.matmul %x, %w : tensor<?x1x2xf32>, tensor<2x2xf32> -> tensor<?x1x2xf32>
  %b = nn.matmul %x, %w transpose_rhs : tensor<?x1x2xf32>, tensor<2x2xf32> -> tensor<?x1x2xf32>
  return %a, %b : tensor<?x1x2xf32>, tensor<?x1x2xf32>
})");
  auto y = program.run({program.floats({2, 1, 2}, {1, 10, 2, 0}),
                        program.floats({2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(y[0].floats(), (Floats{31, 42, 2, 4}));
  EXPECT_EQ(y[1].floats(), (Floats{21, 43, 2, 6}));
}

TEST(Rows, MatMulAddsInOrder) {
  Program program(R"(
func.func @main(%x: tensor<1x3xf32>, %w: tensor<3x1xf32>) -> tensor<1x1xf32> {
  %a = nn.matmul %x, %w : tensor<1x3xf32>, tensor<3x1xf32> -> tensor<1x1xf32>
  return %a : tensor<1x1xf32>
})");
  // 2^24 + 1 is lost, then 2^24 is taken away again.
  EXPECT_EQ(program
                .run({program.floats({1, 3}, {0x1p24f, 1, -0x1p24f}),
                      program.floats({3, 1}, {1, 1, 1})})[0]
                .floats(),
            Floats{0});
}

TEST(Rows, Norms) {
  Program program(R"(
func.func @main(%x: tensor<1x2xf32>, %g: tensor<2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %a = nn.rms_norm %x, %g {epsilon = 0.0 : f32} : tensor<1x2xf32>, tensor<2xf32> -> tensor<1x2xf32>
  %b = nn.layer_norm %x, %g beta %g {epsilon = 0.0 : f32} : tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<1x2xf32>
  return %a, %b : tensor<1x2xf32>, tensor<1x2xf32>
})");
  auto y = program.run(
      {program.floats({1, 2}, {1, 7}), program.floats({2}, {5, 10})});
  EXPECT_EQ(y[0].floats(), (Floats{1, 14})); // the root mean square is 5
  EXPECT_EQ(y[1].floats(), (Floats{0, 20})); // mean 4, deviation 3
}

TEST(Rows, Softmax) {
  Program program(R"(
func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %a = nn.softmax %x {axis = 0 : i64} : tensor<2x2xf32> -> tensor<2x2xf32>
  return %a : tensor<2x2xf32>
})");
  float third = float(std::log(3.0));
  Floats y =
      program.run({program.floats({2, 2}, {0, 1000, third, 1000})})[0].floats();
  EXPECT_FLOAT_EQ(y[0], 0.25f);
  EXPECT_FLOAT_EQ(y[2], 0.75f);
  EXPECT_EQ(y[1], 0.5f);
  EXPECT_EQ(y[3], 0.5f);
}

TEST(Rows, Rope) {
  Program program(R"(
func.func @main(%x: tensor<1x1x1x4xf32>, %c: tensor<1x2xf32>, %s: tensor<1x2xf32>) -> (tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>) {
  %a = nn.rope %x, %c, %s : tensor<1x1x1x4xf32>, tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x1x1x4xf32>
  %b = nn.rope %x, %c, %s interleaved : tensor<1x1x1x4xf32>, tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x1x1x4xf32>
  return %a, %b : tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>
})");
  auto y = program.run({program.floats({1, 1, 1, 4}, {1, 2, 3, 4}),
                        program.floats({1, 2}, {0, 1}),
                        program.floats({1, 2}, {1, 0})});
  EXPECT_EQ(y[0].floats(), (Floats{-3, 2, 1, 4}));
  EXPECT_EQ(y[1].floats(), (Floats{-2, 1, 3, 4}));
}

TEST(Rows, Attention) {
  // Two query heads share one key head; with equal scores the values are
  // averaged over the keys that may be seen.
  Program program(R"(
func.func @main(%q: tensor<1x2x?x1xf32>, %k: tensor<1x1x?x1xf32>, %v: tensor<1x1x?x1xf32>, %m: tensor<1x1x1x?xf32>) -> (tensor<1x2x?x1xf32>, tensor<1x2x?x1xf32>) {
  %a = nn.attention %q, %k, %v causal {scale = 1.0 : f32} : tensor<1x2x?x1xf32>, tensor<1x1x?x1xf32>, tensor<1x1x?x1xf32> -> tensor<1x2x?x1xf32>
  %b = nn.attention %q, %k, %v mask %m {scale = 1.0 : f32} : tensor<1x2x?x1xf32>, tensor<1x1x?x1xf32>, tensor<1x1x?x1xf32>, tensor<1x1x1x?xf32> -> tensor<1x2x?x1xf32>
  return %a, %b : tensor<1x2x?x1xf32>, tensor<1x2x?x1xf32>
})");
  Floats zeros(4, 0.0f);
  auto y =
      program.run({program.floats({1, 2, 2, 1}, zeros),
                   program.floats({1, 1, 3, 1}, {0, 0, 0}),
                   program.floats({1, 1, 3, 1}, {1, 3, 8}),
                   program.floats({1, 1, 1, 3}, {-INFINITY, 0, -INFINITY})});
  EXPECT_EQ(y[0].floats(), (Floats{2, 4, 2, 4}));
  EXPECT_EQ(y[1].floats(), (Floats{3, 3, 3, 3}));
}

TEST(Rows, AttentionToNothing) {
  Program program(R"(
func.func @main(%q: tensor<1x1x2x1xf32>, %m: tensor<2x2xf32>) -> tensor<1x1x2x1xf32> {
  %a = nn.attention %q, %q, %q mask %m {scale = 1.0 : f32} : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<2x2xf32> -> tensor<1x1x2x1xf32>
  return %a : tensor<1x1x2x1xf32>
})");
  auto y = program.run(
      {program.floats({1, 1, 2, 1}, {4, 5}),
       program.floats({2, 2}, {-INFINITY, -INFINITY, -INFINITY, 0})});
  EXPECT_EQ(y[0].floats(), (Floats{0, 5}));
}

TEST(Rows, EmbeddingAndCache) {
  Program program(R"(
func.func @main(%i: tensor<?xi64>, %t: tensor<3x2xf32>, %p: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %a = nn.embedding %i, %t : tensor<?xi64>, tensor<3x2xf32> -> tensor<?x2xf32>
  %b = nn.kv_append %p, %a {axis = 0 : i64} : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %b : tensor<?x2xf32>
})");
  Tensor table = program.floats({3, 2}, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(program
                .run({program.integers(64, {2}, {-1, 1}), table,
                      program.floats({1, 2}, {8, 9})})[0]
                .floats(),
            (Floats{8, 9, 4, 5, 2, 3}));
}

TEST(Rows, Activations) {
  Program program(R"(
func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %a = nn.activation relu %x : tensor<3xf32>
  %b = nn.activation gelu %x : tensor<3xf32>
  %c = nn.activation gelu_tanh %x : tensor<3xf32>
  %d = nn.activation silu %x : tensor<3xf32>
  return %a, %b, %c, %d : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
})");
  auto y = program.run({program.floats({3}, {-1, 0, 2})});
  EXPECT_EQ(y[0].floats(), (Floats{0, 0, 2}));
  EXPECT_NEAR(y[1].floats()[2], 1.95449973, 1e-7);
  EXPECT_NEAR(y[2].floats()[2], 1.95459769, 1e-7);
  EXPECT_NEAR(y[3].floats()[0], -0.26894142137, 3e-8);
}
} // namespace
