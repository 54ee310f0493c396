//===- IndexMath.cpp - arithmetic on sizes ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Folding, sharing and exact division of sizes. All values are made in the one
// block of the function, constants and argument sizes at its start.

#include "IndexMath.h"

using namespace mlir;
using namespace quantc::importer;

std::optional<int64_t> quantc::importer::constantOf(Size size) {
  if (auto attr = dyn_cast_if_present<Attribute>(size))
    return cast<IntegerAttr>(attr).getInt();
  return std::nullopt;
}

Sizes IndexMath::constants(ArrayRef<int64_t> values) {
  return llvm::map_to_vector(values, [&](int64_t v) { return constant(v); });
}

Value IndexMath::value(Size size) {
  if (auto v = dyn_cast<Value>(size))
    return v;
  int64_t number = *constantOf(size);
  Value &known = numbers[number];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(b.getInsertionBlock());
    known = arith::ConstantIndexOp::create(b, number);
  }
  return known;
}

template <typename Op> Size IndexMath::create(Size x, Size y) {
  Value left = value(x), right = value(y);
  Value &known = results[{TypeID::get<Op>(), left, right}];
  if (!known)
    known = Op::create(b, left, right);
  return known;
}

/// Numbers wrap around as they do in the generated code.
static int64_t wrap(uint64_t value) { return static_cast<int64_t>(value); }

Size IndexMath::add(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return constant(
        wrap(static_cast<uint64_t>(*a) + static_cast<uint64_t>(*c)));
  if (a == 0)
    return y;
  if (c == 0)
    return x;
  if (a) // numbers to the right, so that equal sums look equal
    std::swap(x, y);
  return create<arith::AddIOp>(x, y);
}

Size IndexMath::sub(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return constant(
        wrap(static_cast<uint64_t>(*a) - static_cast<uint64_t>(*c)));
  if (c == 0)
    return x;
  if (x == y)
    return constant(0);
  // (p + t) - p = t
  if (auto left = dyn_cast<Value>(x))
    if (auto sum = left.getDefiningOp<arith::AddIOp>()) {
      if (Size(sum.getLhs()) == y || (c && sum.getLhs() == numbers.lookup(*c)))
        return sum.getRhs();
      if (Size(sum.getRhs()) == y || (c && sum.getRhs() == numbers.lookup(*c)))
        return sum.getLhs();
    }
  return create<arith::SubIOp>(x, y);
}

Size IndexMath::mul(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return constant(
        wrap(static_cast<uint64_t>(*a) * static_cast<uint64_t>(*c)));
  if (a == 0 || c == 0)
    return constant(0);
  if (a == 1)
    return y;
  if (c == 1)
    return x;
  if (a)
    std::swap(x, y);
  return create<arith::MulIOp>(x, y);
}

Size IndexMath::div(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (c == 0)
    return constant(0);
  if (a && c)
    return constant(*c == -1 ? wrap(-static_cast<uint64_t>(*a)) : *a / *c);
  if (std::optional<Size> exact = divideExactly(x, y))
    return *exact;
  return create<arith::DivSIOp>(x, y);
}

Size IndexMath::mod(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (c == 0 || c == 1 || c == -1)
    return constant(0);
  if (a && c) { // the sign of the divisor, as ONNX Mod
    int64_t rest = *a % *c;
    return constant(rest != 0 && (rest < 0) != (*c < 0) ? rest + *c : rest);
  }
  return create<arith::RemSIOp>(x, y);
}

Size IndexMath::min(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return constant(std::min(*a, *c));
  return x == y ? x : create<arith::MinSIOp>(x, y);
}

Size IndexMath::max(Size x, Size y) {
  auto a = constantOf(x), c = constantOf(y);
  if (a && c)
    return constant(std::max(*a, *c));
  return x == y ? x : create<arith::MaxSIOp>(x, y);
}

Size IndexMath::ceilDiv(Size x, int64_t y) {
  return y == 1 ? x : div(add(x, constant(y - 1)), constant(y));
}

Size IndexMath::product(ArrayRef<Size> sizes) {
  Size result = constant(1);
  for (Size size : sizes)
    result = mul(result, size);
  return result;
}

void IndexMath::collect(Size size, Factors &factors) {
  if (auto number = constantOf(size)) {
    factors.number = wrap(static_cast<uint64_t>(factors.number) *
                          static_cast<uint64_t>(*number));
    return;
  }
  Value v = cast<Value>(size);
  if (auto product = v.getDefiningOp<arith::MulIOp>()) {
    collect(product.getLhs(), factors);
    collect(product.getRhs(), factors);
  } else if (auto number = v.getDefiningOp<arith::ConstantIndexOp>()) {
    collect(constant(number.value()), factors);
  } else {
    factors.values.push_back(v);
  }
}

std::optional<Size> IndexMath::divideExactly(Size x, Size y) {
  if (x == y)
    return constant(1);
  Factors left, right;
  collect(x, left);
  collect(y, right);
  if (right.number == 0 || right.number == -1 ||
      left.number % right.number != 0)
    return std::nullopt;
  for (Value v : right.values) {
    auto *found = llvm::find(left.values, v);
    if (found == left.values.end())
      return std::nullopt;
    left.values.erase(found);
  }
  Size result = constant(1);
  for (Value v : left.values)
    result = mul(result, v);
  return mul(result, constant(left.number / right.number));
}

const Sizes &IndexMath::sizesOf(Value tensor) {
  auto found = known.find(tensor);
  if (found != known.end())
    return found->second;
  auto type = cast<RankedTensorType>(tensor.getType());
  Sizes sizes;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(tensor);
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    sizes.push_back(
        ShapedType::isDynamic(size)
            ? Size(tensor::DimOp::create(b, tensor, value(constant(i)))
                       .getResult())
            : constant(size));
  return known[tensor] = std::move(sizes);
}

void IndexMath::record(Value tensor, Sizes sizes) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (static_cast<int64_t>(sizes.size()) != type.getRank())
    return;
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(size))
      sizes[i] = constant(size);
  known[tensor] = std::move(sizes);
}

void IndexMath::recordArgument(Value argument, ArrayRef<StringRef> names) {
  auto type = cast<RankedTensorType>(argument.getType());
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(constant(size));
      continue;
    }
    Value fresh;
    Value &dim = names[i].empty() ? fresh : named[names[i]];
    if (!dim)
      dim = tensor::DimOp::create(b, argument, value(constant(i)));
    sizes.push_back(dim);
  }
  known[argument] = std::move(sizes);
}

SmallVector<int64_t> IndexMath::shapeOf(ArrayRef<Size> sizes) {
  return llvm::map_to_vector(sizes, [](Size size) {
    return constantOf(size).value_or(ShapedType::kDynamic);
  });
}
