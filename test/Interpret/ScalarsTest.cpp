//===- ScalarsTest.cpp - operations of one scalar formula -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every kind of formula, and the edges that differ between number types.

#include "RunIR.h"
#include <cmath>

using namespace quantc;

namespace {
/// A function that applies `body` to %x and %y of `from`, element by element.
std::string elementwise(llvm::StringRef from, llvm::StringRef to,
                        llvm::StringRef body) {
  return llvm::formatv(R"(
#m = affine_map<(d0) -> (d0)>
func.func @main(%a: tensor<?x{0}>, %b: tensor<?x{0}>) -> tensor<?x{1}> {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?x{0}>
  %e = tensor.empty(%n) : tensor<?x{1}>
  %r = linalg.generic {{indexing_maps = [#m, #m, #m], iterator_types = ["parallel"]}
      ins(%a, %b : tensor<?x{0}>, tensor<?x{0}>) outs(%e : tensor<?x{1}>) {{
  ^bb0(%x: {0}, %y: {0}, %o: {1}):
    {2}
    linalg.yield %z : {1}
  } -> tensor<?x{1}>
  return %r : tensor<?x{1}>
})",
                       from, to, body)
      .str();
}

Floats onFloats(llvm::StringRef body, Floats x, Floats y) {
  Program program(elementwise("f32", "f32", body));
  int64_t n = x.size();
  return program.run({program.floats({n}, x), program.floats({n}, y)})[0]
      .floats();
}

Integers onIntegers(llvm::StringRef to, llvm::StringRef body, Integers x,
                    Integers y) {
  Program program(elementwise("i8", to, body));
  int64_t n = x.size();
  return program
      .run({program.integers(8, {n}, x), program.integers(8, {n}, y)})[0]
      .integers();
}

TEST(Scalars, RoundOnce) {
  EXPECT_EQ(
      onFloats("%z = arith.addf %x, %y : f32", {1, 0.1f}, {0x1p-24f, 0.2f}),
      (Floats{1, 0.1f + 0.2f}));
  EXPECT_EQ(onFloats("%z = arith.divf %x, %y : f32", {1, 1}, {3, 0}),
            (Floats{1.0f / 3.0f, INFINITY}));
  EXPECT_EQ(onFloats("%z = math.exp %x : f32", {0, 1, -200}, {0, 0, 0}),
            (Floats{1, float(std::exp(1.0)), 0}));
  EXPECT_EQ(
      onFloats("%z = math.roundeven %x : f32", {0.5f, 1.5f, -2.5f}, {0, 0, 0}),
      (Floats{0, 2, -2}));
}

TEST(Scalars, FusedMultiplyAdd) {
  float x = 1 + 0x1p-12f;
  // The square has more bits than fp32; only fma keeps the last.
  EXPECT_EQ(onFloats("%z = math.fma %x, %x, %y : f32", {x}, {-1}),
            Floats{0x1p-11f + 0x1p-24f});
}

TEST(Scalars, MaximumOfNaN) {
  EXPECT_TRUE(
      std::isnan(onFloats("%z = arith.maximumf %x, %y : f32", {NAN}, {1})[0]));
  EXPECT_EQ(onFloats("%z = arith.maxnumf %x, %y : f32", {NAN}, {1}), Floats{1});
  EXPECT_FALSE(std::signbit(
      onFloats("%z = arith.maximumf %x, %y : f32", {-0.0f}, {0})[0]));
  EXPECT_TRUE(std::signbit(
      onFloats("%z = arith.minimumf %x, %y : f32", {0}, {-0.0f})[0]));
}

TEST(Scalars, IntegersWrap) {
  EXPECT_EQ(onIntegers("i8", "%z = arith.addi %x, %y : i8", {127}, {1}),
            Integers{-128});
  EXPECT_EQ(onIntegers("i8", "%z = arith.divsi %x, %y : i8", {-7, 5}, {2, 0}),
            (Integers{-3, 0}));
  EXPECT_EQ(onIntegers("i8", "%z = arith.divui %x, %y : i8", {-2}, {2}),
            Integers{127});
  EXPECT_EQ(onIntegers("i8", "%z = arith.maxui %x, %y : i8", {-1}, {5}),
            Integers{-1});
  EXPECT_EQ(onIntegers("i8", "%z = math.ipowi %x, %y : i8", {-3, 2}, {3, -1}),
            (Integers{-27, 0}));
}

TEST(Scalars, Comparisons) {
  EXPECT_EQ(
      onIntegers("i1", "%z = arith.cmpi ult, %x, %y : i8", {-1, 1}, {1, 2}),
      (Integers{0, 1}));
  EXPECT_EQ(onIntegers("i1", "%z = arith.cmpi slt, %x, %y : i8", {-1}, {1}),
            Integers{1});
  EXPECT_EQ(onIntegers("i8",
                       "%c = arith.cmpi sgt, %x, %y : i8\n"
                       "%z = arith.select %c, %x, %y : i8",
                       {3, 4}, {5, 2}),
            (Integers{5, 4}));
  EXPECT_EQ(onFloats("%c = arith.cmpf ult, %x, %y : f32\n"
                     "%z = arith.select %c, %x, %y : f32",
                     {1, NAN}, {2, 3})[0],
            1);
}

TEST(Scalars, Casts) {
  EXPECT_EQ(onIntegers("i32", "%z = arith.extsi %x : i8 to i32", {-1}, {0}),
            Integers{-1});
  EXPECT_EQ(onIntegers("i32", "%z = arith.extui %x : i8 to i32", {-1}, {0}),
            Integers{255});
  EXPECT_EQ(onIntegers("i8",
                       "%w = arith.constant 513 : i32\n"
                       "%z = arith.trunci %w : i32 to i8",
                       {0}, {0}),
            Integers{1});
  EXPECT_EQ(onIntegers("i8",
                       "%c = arith.cmpi eq, %x, %y : i8\n"
                       "%z = arith.extsi %c : i1 to i8",
                       {4}, {4}),
            Integers{-1});
  EXPECT_EQ(onIntegers("i8",
                       "%f = arith.uitofp %x : i8 to f32\n"
                       "%h = arith.constant 0.5 : f32\n"
                       "%p = arith.mulf %f, %h : f32\n"
                       "%z = arith.fptosi %p : f32 to i8",
                       {-1}, {0}),
            Integers{127});
  EXPECT_EQ(onFloats("%h = arith.truncf %x : f32 to f16\n"
                     "%z = arith.extf %h : f16 to f32",
                     {2049}, {0}),
            Floats{2048});
  EXPECT_EQ(onFloats("%i = arith.bitcast %x : f32 to i32\n"
                     "%z = arith.sitofp %i : i32 to f32",
                     {1}, {0}),
            Floats{float(0x3f800000)});
}

TEST(Scalars, KnowsEveryFormulaByName) {
  std::vector<llvm::StringRef> names = interpretedOps();
  EXPECT_TRUE(std::adjacent_find(names.begin(), names.end()) == names.end());
  for (const char *name : {"arith.addf", "math.erf", "nn.matmul", "qnt.matmul"})
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
}
} // namespace
