//===- Warps.cpp - threads of a GPU that work together ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Warps.h. How a GPU and the simulation run these operations is in
// lib/Lower/CUDA.

#include "Warps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

void quantc::launchBlocks(KernelBuilder &b, Value blocks, int64_t warps,
                          ArrayRef<SharedBuffer> shared,
                          llvm::function_ref<void(const BlockThread &)> body) {
  Value one = b.idx(1), threads = b.idx(warps * kWarpLanes);
  auto launch = b.create<gpu::LaunchOp>(blocks, one, one, threads, one, one);
  auto space = gpu::AddressSpaceAttr::get(
      b.getContext(), gpu::GPUDialect::getWorkgroupAddressSpace());
  for (const SharedBuffer &buffer : shared)
    launch.addWorkgroupAttribution(MemRefType::get(buffer.shape, buffer.element,
                                                   MemRefLayoutAttrInterface(),
                                                   space),
                                   launch.getLoc());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&launch.getBody().front());
  BlockThread thread{launch.getBlockIds().x,
                     b.create<gpu::SubgroupIdOp>(IntegerAttr()),
                     b.create<gpu::LaneIdOp>(IntegerAttr()),
                     {}};
  llvm::append_range(thread.shared, launch.getWorkgroupAttributions());
  body(thread);
  b.create<gpu::TerminatorOp>();
}

void quantc::launchWarps(KernelBuilder &b, Value count, int64_t together,
                         function_ref<void(Value, Value)> body) {
  launchBlocks(
      b, b.ceilDiv(count, together), together, {}, [&](const BlockThread &at) {
        Value number = b.add(b.mul(at.block, together), at.warp);
        b.ifThen(b.less(number, count), [&] { body(number, at.lane); });
      });
}

void quantc::barrier(KernelBuilder &b) { b.create<gpu::BarrierOp>(); }

Values quantc::addInRounds(
    KernelBuilder &b, int64_t groups, int64_t most, Values totals,
    llvm::function_ref<void(Value, Value)> make,
    llvm::function_ref<Value(int64_t, Value, Value, Value)> add) {
  auto round = [&](Value number, ValueRange carried) {
    Value first = b.mul(number, most);
    Value count = b.min(b.sub(b.idx(groups), first), b.idx(most));
    make(first, count);
    barrier(b);
    Values next;
    for (auto [i, total] : llvm::enumerate(carried))
      next.push_back(add(i, first, count, total));
    return next;
  };
  int64_t rounds = (groups + most - 1) / most;
  if (rounds == 1)
    return round(b.idx(0), totals);
  return b.forLoop(b.idx(0), b.idx(rounds), 1, totals,
                   [&](Value number, ValueRange carried) {
                     Values next = round(number, carried);
                     barrier(b);
                     return next;
                   });
}

Value quantc::fromLaneAcross(KernelBuilder &b, Value value, int64_t distance) {
  return b
      .create<gpu::ShuffleOp>(value, b.i32(distance), b.i32(kWarpLanes),
                              gpu::ShuffleMode::XOR)
      .getShuffleResult();
}

Value quantc::addByteProducts(KernelBuilder &b, Value x, Value y, Value sum) {
  auto bytes = [&](Value word) {
    return b.create<vector::BitCastOp>(b.vecType(b.getI8Type(), 4),
                                       b.splat(word, 1));
  };
  return b.create<NVVM::DotAccumulate4WayOp>(
      b.getI32Type(), bytes(x), NVVM::DotAccumulateType::UNSIGNED, bytes(y),
      NVVM::DotAccumulateType::SIGNED, sum);
}

/// A product of a warp and the words of its result.
static Values multiply(KernelBuilder &b, ValueRange a, ValueRange x,
                       ValueRange c, int64_t columns,
                       std::optional<NVVM::MMAB1Op> ofBits,
                       std::optional<NVVM::MMAIntOverflow> overflow,
                       std::array<NVVM::MMATypes, 2> types) {
  Type word = b.getI32Type();
  auto four = LLVM::LLVMStructType::getLiteral(b.getContext(),
                                               {word, word, word, word});
  Value result = b.create<NVVM::MmaOp>(
      four, a, x, c, ArrayRef<int64_t>{16, 8, columns}, ofBits, overflow, types,
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  Values words;
  for (int64_t i = 0; i < 4; ++i)
    words.push_back(b.create<LLVM::ExtractValueOp>(result, i));
  return words;
}

Values quantc::multiplyBytes(KernelBuilder &b, ValueRange a, ValueRange x,
                             ValueRange c) {
  return multiply(b, a, x, c, /*columns=*/32, std::nullopt,
                  NVVM::MMAIntOverflow::wrapped,
                  {NVVM::MMATypes::u8, NVVM::MMATypes::s8});
}

Values quantc::countCommonBits(KernelBuilder &b, ValueRange a, ValueRange x,
                               ValueRange c) {
  return multiply(b, a, x, c, /*columns=*/256, NVVM::MMAB1Op::and_popc,
                  std::nullopt, {NVVM::MMATypes::b1, NVVM::MMATypes::b1});
}
