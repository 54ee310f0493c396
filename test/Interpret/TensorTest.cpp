//===- TensorTest.cpp - values of the interpreter -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunIR.h"
#include <cmath>

using namespace quantc;

namespace {
struct TensorTest : testing::Test {
  mlir::MLIRContext context;
  mlir::Builder b{&context};
};

TEST_F(TensorTest, RoundsToHalf) {
  Tensor x = Tensor::ofNumbers(b.getF16Type(), {3}, {1.0, 2049.0, -1e9});
  EXPECT_EQ(x.bytes().size(), 6u);
  // Ties go to the even code; what is too large becomes infinite.
  EXPECT_EQ(x.floats(), (Floats{1, 2048, -INFINITY}));
  Tensor y = Tensor::ofNumbers(b.getBF16Type(), {1}, 257.0);
  EXPECT_EQ(y.numbers(), std::vector<double>{256});
}

TEST_F(TensorTest, ExtendsIntegers) {
  Tensor x = Tensor::ofIntegers(b.getI8Type(), {3}, {-1, 127, 300});
  EXPECT_EQ(x.integers(), (Integers{-1, 127, 44}));
  EXPECT_EQ(x.integers(/*asUnsigned=*/true), (Integers{255, 127, 44}));
  Tensor flags = Tensor::ofIntegers(b.getI1Type(), {2}, {1, 0});
  EXPECT_EQ(flags.integers(), (Integers{1, 0}));
  Tensor u = Tensor::ofIntegers(b.getIntegerType(8, false), {1}, {-1});
  EXPECT_EQ(u.integers(), Integers{255});
  EXPECT_EQ(Tensor::ofIntegers(b.getIndexType(), {}, {-5}).integer(), -5);
  EXPECT_EQ(Tensor::ofIntegers(b.getI64Type(), {1}, {INT64_MIN}).integer(),
            INT64_MIN);
}

TEST_F(TensorTest, SharesBytes) {
  Tensor x = Tensor::ofFloats(b.getF32Type(), {2, 3}, Floats(6, 1.5f));
  Tensor y = x.reshaped({6});
  EXPECT_EQ(x.bytes().data(), y.bytes().data());
  EXPECT_EQ(sizesOf(y), Sizes{6});
  EXPECT_EQ(Tensor(b.getI32Type(), {4, 0}).count(), 0);
}
} // namespace
