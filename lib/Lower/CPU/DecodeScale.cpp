//===- DecodeScale.cpp - scales of 8 bits -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See DecodeScale.h. Both move fields of bits to where fp32 has them; no
// operation on floats sees a subnormal number.

#include "DecodeScale.h"

using namespace mlir;
using namespace quantc;

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getNumElements();
}

static Value widen(KernelBuilder &b, Value codes) {
  return b.create<arith::ExtUIOp>(b.i32Vec(lanesOf(codes)), codes);
}

static Value fromBits(KernelBuilder &b, Value bits) {
  return b.create<arith::BitcastOp>(b.f32Vec(lanesOf(bits)), bits);
}

Value quantc::emitFromE8M0(KernelBuilder &b, Value codes) {
  Type type = b.i32Vec(lanesOf(codes));
  Value bits = b.create<arith::ShLIOp>(widen(b, codes), b.constant(type, 23));
  // The code 0 is the subnormal 2^-127.
  return fromBits(
      b, b.create<arith::MaxUIOp>(bits, b.constant(type, int64_t(1) << 22)));
}

Value quantc::emitFromE4M3(KernelBuilder &b, Value codes) {
  Type type = b.i32Vec(lanesOf(codes));
  Value wide = widen(b, codes);
  // Its exponent is 120 less than that of fp32.
  Value field = b.create<arith::ShLIOp>(wide, b.constant(type, 20));
  Value normal = fromBits(
      b, b.create<arith::AddIOp>(field, b.constant(type, int64_t(120) << 23)));
  Value count = b.create<arith::SIToFPOp>(normal.getType(), wide);
  Value subnormal = b.mulf(count, b.constant(normal.getType(), 0x1p-9f));
  Value isSmall = b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, wide,
                                          b.constant(type, 8));
  return b.create<arith::SelectOp>(isSmall, subnormal, normal);
}
