//===- KernelBuilder.cpp - convenience for kernel generators ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See KernelBuilder.h. Everything here is one or two operations each.

#include "KernelBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

//===-- constants
//----------------------------------------------------------===//

Value KernelBuilder::idx(int64_t value) {
  return create<arith::ConstantIndexOp>(value);
}

Value KernelBuilder::f32(float value) { return constant(getF32Type(), value); }

Value KernelBuilder::i32(int32_t value) {
  return constant(getI32Type(), value);
}

Value KernelBuilder::constant(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attr =
      isa<FloatType>(element)
          ? TypedAttr(getFloatAttr(element, value))
          : TypedAttr(getIntegerAttr(element, static_cast<int64_t>(value)));
  if (auto vector = dyn_cast<VectorType>(type))
    attr = SplatElementsAttr::get(vector, Attribute(attr));
  return create<arith::ConstantOp>(attr);
}

//===-- index arithmetic
//---------------------------------------------------===//

std::optional<int64_t> KernelBuilder::constantOf(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)))
    return std::nullopt;
  return constant.getSExtValue();
}

Value KernelBuilder::add(Value a, Value b) {
  return createOrFold<arith::AddIOp>(a, b);
}

Value KernelBuilder::sub(Value a, Value b) {
  return createOrFold<arith::SubIOp>(a, b);
}

Value KernelBuilder::mul(Value a, Value b) {
  return createOrFold<arith::MulIOp>(a, b);
}

Value KernelBuilder::floorDiv(Value a, Value b) {
  return createOrFold<arith::DivUIOp>(a, b);
}

Value KernelBuilder::rem(Value a, Value b) {
  return createOrFold<arith::RemUIOp>(a, b);
}

Value KernelBuilder::ceilDiv(Value a, Value b) {
  return floorDiv(add(a, sub(b, idx(1))), b);
}

Value KernelBuilder::min(Value a, Value b) {
  return createOrFold<arith::MinSIOp>(a, b);
}

Value KernelBuilder::max(Value a, Value b) {
  return createOrFold<arith::MaxSIOp>(a, b);
}

Value KernelBuilder::cmp(arith::CmpIPredicate predicate, Value a, Value b) {
  return createOrFold<arith::CmpIOp>(predicate, a, b);
}

//===-- shapes
//-------------------------------------------------------------===//

Value KernelBuilder::dim(Value memref, int64_t dimension) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dimension))
    return idx(type.getDimSize(dimension));
  return create<memref::DimOp>(memref, idx(dimension));
}

Value KernelBuilder::rows(Value memref) {
  Value count = idx(1);
  for (int64_t d = 0, e = cast<MemRefType>(memref.getType()).getRank() - 1;
       d < e; ++d)
    count = mul(count, dim(memref, d));
  return count;
}

Value KernelBuilder::flattenRows(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 2)
    return memref;
  if (type.getRank() == 1) {
    OpFoldResult size = type.isDynamicDim(0)
                            ? OpFoldResult(dim(memref, 0))
                            : OpFoldResult(getIndexAttr(type.getDimSize(0)));
    auto result =
        MemRefType::get({1, type.getDimSize(0)}, type.getElementType());
    if (!type.getLayout().isIdentity())
      return nullptr;
    SmallVector<ReassociationIndices> groups{{0, 1}};
    return create<memref::ExpandShapeOp>(
        result, memref, groups,
        SmallVector<OpFoldResult>{getIndexAttr(1), size});
  }
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t d = 0; d < type.getRank() - 1; ++d)
    groups[0].push_back(d);
  groups[1].push_back(type.getRank() - 1);
  if (type.getRank() == 0 ||
      !memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
    return nullptr;
  return create<memref::CollapseShapeOp>(memref, groups);
}

Value KernelBuilder::flatten(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 1)
    return memref;
  SmallVector<ReassociationIndices> groups;
  if (type.getRank() == 0)
    return type.getLayout().isIdentity()
               ? Value(create<memref::ExpandShapeOp>(
                     MemRefType::get({1}, type.getElementType()), memref,
                     groups, SmallVector<OpFoldResult>{getIndexAttr(1)}))
               : Value();
  groups.push_back(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
  if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
    return nullptr;
  return create<memref::CollapseShapeOp>(memref, groups);
}

Value KernelBuilder::rowsFrom(Value memref, Value first, Value count) {
  SmallVector<OpFoldResult> offsets{first, getIndexAttr(0)};
  SmallVector<OpFoldResult> sizes{count, getAsOpFoldResult(dim(memref, 1))};
  SmallVector<OpFoldResult> strides(2, getIndexAttr(1));
  return create<memref::SubViewOp>(memref, offsets, sizes, strides);
}

Value KernelBuilder::scratch(ArrayRef<int64_t> shape, Type element) {
  return create<memref::AllocaOp>(MemRefType::get(shape, element),
                                  getI64IntegerAttr(64));
}

//===-- control
//------------------------------------------------------------===//

void KernelBuilder::parallelFor(Value count, function_ref<void(Value)> body) {
  if (constantOf(count) == 1)
    return body(idx(0));
  auto loop = create<scf::ParallelOp>(ValueRange{idx(0)}, ValueRange{count},
                                      ValueRange{idx(1)});
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars()[0]);
}

void KernelBuilder::parallelFor(Value count, int64_t grain,
                                function_ref<void(Value)> body) {
  if (grain <= 1 || theLevel.isDevice())
    return parallelFor(count, body);
  parallelFor(ceilDiv(count, grain), [&](Value item) {
    Value begin = mul(item, grain);
    forLoop(begin, min(add(begin, grain), count), 1, [&](Value i) {
      // Gives scratch back after each turn.
      auto scope = create<memref::AllocaScopeOp>(TypeRange());
      InsertionGuard guard(*this);
      createBlock(&scope.getBodyRegion());
      body(i);
      create<memref::AllocaScopeReturnOp>();
    });
  });
}

KernelBuilder::Values
KernelBuilder::forLoop(Value low, Value high, Value step, ValueRange init,
                       function_ref<Values(Value, ValueRange)> body) {
  auto loop = create<scf::ForOp>(low, high, step, init);
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!init.empty())
    create<scf::YieldOp>(results);
  return Values(loop.getResults());
}

void KernelBuilder::forLoop(Value low, Value high, int64_t step,
                            function_ref<void(Value)> body) {
  forLoop(low, high, idx(step), {}, [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

KernelBuilder::Values KernelBuilder::ifThen(Value condition,
                                            function_ref<Values()> then,
                                            function_ref<Values()> orElse) {
  if (std::optional<int64_t> known = constantOf(condition))
    return *known ? then() : orElse ? orElse() : Values();
  // The types of the results are known once a branch is built.
  Values results;
  auto build = [&](Region &region, function_ref<Values()> branch) {
    InsertionGuard guard(*this);
    createBlock(&region);
    results = branch();
    create<scf::YieldOp>(results);
  };
  Region thenRegion, elseRegion;
  build(thenRegion, then);
  if (orElse)
    build(elseRegion, orElse);
  auto choice =
      create<scf::IfOp>(ValueRange(results).getTypes(), condition,
                        /*addThenBlock=*/false, /*addElseBlock=*/false);
  choice.getThenRegion().takeBody(thenRegion);
  choice.getElseRegion().takeBody(elseRegion);
  return Values(choice.getResults());
}

void KernelBuilder::ifThenVoid(Value condition, function_ref<void()> then,
                               function_ref<void()> orElse) {
  auto valued = [](function_ref<void()> branch) {
    return [branch]() {
      branch();
      return Values();
    };
  };
  auto thenValues = valued(then);
  auto elseValues = valued(orElse);
  ifThen(condition, function_ref<Values()>(thenValues),
         orElse ? function_ref<Values()>(elseValues)
                : function_ref<Values()>());
}

//===-- memory
//-------------------------------------------------------------===//

Value KernelBuilder::load(Value memref, ValueRange indices) {
  return create<memref::LoadOp>(memref, indices);
}

void KernelBuilder::store(Value value, Value memref, ValueRange indices) {
  create<memref::StoreOp>(value, memref, indices);
}

Value KernelBuilder::loadVec(Value memref, ValueRange indices, int64_t lanes) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return create<vector::LoadOp>(vecType(element, lanes), memref, indices);
}

Value KernelBuilder::loadWeights(Value memref, ValueRange indices,
                                 int64_t lanes) {
  Value loaded = loadVec(memref, indices, lanes);
  if (theLevel.isDevice())
    loaded.getDefiningOp<vector::LoadOp>().setAlignment(16);
  return loaded;
}

/// Bytes of a vector, or 16.
static int64_t alignmentOf(Type type) {
  auto vector = cast<VectorType>(type);
  return std::min<int64_t>(
      vector.getNumElements() * vector.getElementTypeBitWidth() / 8, 16);
}

Value KernelBuilder::loadAligned(Value memref, ValueRange indices,
                                 int64_t lanes) {
  Value loaded = loadVec(memref, indices, lanes);
  loaded.getDefiningOp<vector::LoadOp>().setAlignment(
      alignmentOf(loaded.getType()));
  return loaded;
}

void KernelBuilder::storeAligned(Value vector, Value memref,
                                 ValueRange indices) {
  create<vector::StoreOp>(vector, memref, indices)
      .setAlignment(alignmentOf(vector.getType()));
}

void KernelBuilder::storeVec(Value vector, Value memref, ValueRange indices) {
  create<vector::StoreOp>(vector, memref, indices);
}

Value KernelBuilder::loadTail(Value memref, ValueRange indices, Value count,
                              int64_t lanes) {
  VectorType type =
      vecType(cast<MemRefType>(memref.getType()).getElementType(), lanes);
  Value mask = create<vector::CreateMaskOp>(vecType(getI1Type(), lanes),
                                            ValueRange{count});
  return create<vector::MaskedLoadOp>(type, memref, indices, mask,
                                      constant(type, 0));
}

void KernelBuilder::storeTail(Value vector, Value memref, ValueRange indices,
                              Value count) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  Value mask = create<vector::CreateMaskOp>(vecType(getI1Type(), lanes),
                                            ValueRange{count});
  create<vector::MaskedStoreOp>(memref, indices, mask, vector);
}

Value KernelBuilder::loadSplat(Value memref, ValueRange indices,
                               int64_t lanes) {
  return splat(load(memref, indices), lanes);
}

void KernelBuilder::prefetch(Value memref, ValueRange indices) {
  // Other threads run while one waits.
  if (theLevel.isDevice())
    return;
  create<memref::PrefetchOp>(memref, indices, /*isWrite=*/false,
                             /*localityHint=*/3,
                             /*isDataCache=*/true);
}

//===-- values
//-------------------------------------------------------------===//

Value KernelBuilder::splat(Value scalar, int64_t lanes) {
  return create<vector::BroadcastOp>(vecType(scalar.getType(), lanes), scalar);
}

Value KernelBuilder::fma(Value a, Value b, Value c) {
  return create<math::FmaOp>(a, b, c);
}

Value KernelBuilder::relu(Value x) {
  return create<arith::MaximumFOp>(x, constant(x.getType(), 0));
}
