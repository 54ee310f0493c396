//===- BlockSimulator.cpp - threads of a block in lock step -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BlockSimulator.h. What is the same for all threads is computed again
// wherever it is needed, so that only what differs is kept in arrays.

#include "BlockSimulator.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;
using namespace quantc;

//===-- pieces
//-------------------------------------------------------------===//

/// True for a word of what a warp has multiplied.
static bool isWordOfMma(Operation *op) {
  auto word = dyn_cast<LLVM::ExtractValueOp>(op);
  return word && word.getContainer().getDefiningOp<NVVM::MmaOp>();
}

void BlockSimulator::numberPieces(mlir::Block &code) {
  for (Operation &op : code) {
    if (waitingAt(&op) == Waiting::Nobody) {
      pieces[&op] = numPieces;
      continue;
    }
    pieces[&op] = ++numPieces;
    for (Region &region : op.getRegions())
      for (mlir::Block &inner : region) {
        ++numPieces;
        numberPieces(inner);
      }
    ++numPieces;
  }
}

int64_t BlockSimulator::pieceOf(Operation *op) const {
  while (!pieces.contains(op))
    op = op->getParentOp();
  return pieces.at(op);
}

bool BlockSimulator::isRecomputed(Operation *op) {
  if (isa<gpu::ThreadIdOp, gpu::LaneIdOp>(op))
    return true;
  if (op->getNumRegions() || !op->getNumResults() || isa<gpu::ShuffleOp>(op) ||
      !isMemoryEffectFree(op))
    return false;
  Value result = op->getResult(0);
  return uniformity.of(result) != Waiting::Nobody ||
         isa<MemRefType>(result.getType());
}

bool BlockSimulator::isNeededAfter(Value value, int64_t piece) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (isRecomputed(user))
      return llvm::any_of(user->getResults(), [&](Value result) {
        return isNeededAfter(result, piece);
      });
    // What a loop carries on is taken after its body.
    return pieceOf(user) != piece ||
           (user->hasTrait<OpTrait::IsTerminator>() && pieces.contains(user));
  });
}

Value BlockSimulator::arrayOf(Value value) {
  Value &array = arrays[value];
  if (!array) {
    OpBuilder entry(arraysEnd);
    int64_t threads = (*kernel.getKnownBlockSize())[0];
    array = memref::AllocaOp::create(
        entry, value.getLoc(), MemRefType::get({threads}, value.getType()),
        entry.getI64IntegerAttr(64));
  }
  return array;
}

//===-- values
//-------------------------------------------------------------===//

Value BlockSimulator::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, kernel.getLoc(), value);
}

Value BlockSimulator::add(Value x, Value y) {
  return arith::AddIOp::create(b, kernel.getLoc(), x, y);
}

Value BlockSimulator::multiply(Value x, int64_t by) {
  return arith::MulIOp::create(b, kernel.getLoc(), x, constant(by));
}

Value BlockSimulator::load(Value value, Value thread) {
  auto array = arrays.find(value);
  // The same for all lanes otherwise.
  return array == arrays.end()
             ? get(value)
             : memref::LoadOp::create(b, value.getLoc(), array->second, thread);
}

Value BlockSimulator::getId(Operation *op) {
  if (isa<gpu::BlockIdOp>(op))
    return block;
  if (isa<gpu::BlockDimOp>(op))
    return constant((*kernel.getKnownBlockSize())[0]);
  if (isa<gpu::SubgroupIdOp>(op))
    return warp;
  if (isa<gpu::LaneIdOp>(op))
    return lane;
  return isa<gpu::ThreadIdOp>(op) ? thread : Value();
}

/// Inside of code that is copied as a whole a thread may ask who it is.
void BlockSimulator::replaceIds(Operation *copy) {
  for (Region &region : copy->getRegions())
    region.walk([&](Operation *op) {
      Value id = getId(op);
      if (!id)
        return;
      op->getResult(0).replaceAllUsesWith(id);
      op->erase();
    });
}

Value BlockSimulator::get(Value value) {
  if (Value found = known.lookupOrNull(value))
    return found;
  if (arrays.contains(value))
    return load(value, thread);
  Operation *op = value.getDefiningOp();
  if (Value id = getId(op))
    return id;
  for (Value operand : op->getOperands())
    known.map(operand, get(operand));
  b.clone(*op, known);
  return known.lookup(value);
}

//===-- loops
//--------------------------------------------------------------===//

/// Loops over numbers below `count`, in the order of the simulation.
void BlockSimulator::loop(int64_t count, llvm::function_ref<void(Value)> body) {
  Location loc = kernel.getLoc();
  auto loop =
      scf::ForOp::create(b, loc, constant(0), constant(count), constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value number = loop.getInductionVar();
  if (isBackward)
    number = arith::SubIOp::create(b, loc, constant(count - 1), number);
  IRMapping before = known;
  body(number);
  known = before;
}

void BlockSimulator::forWarps(Body body) {
  loop((*kernel.getKnownBlockSize())[0] / kWarpLanes, [&](Value number) {
    warp = number;
    body();
    warp = nullptr;
  });
}

void BlockSimulator::forLanes(Body body) {
  loop(kWarpLanes, [&](Value number) {
    lane = number;
    thread = add(multiply(warp, kWarpLanes), lane);
    body();
    lane = thread = nullptr;
  });
}

void BlockSimulator::forThreads(Waiting scope, Body body) {
  if (scope == Waiting::Block)
    forWarps([&] { forLanes(body); });
  else
    forLanes(body);
}

void BlockSimulator::storeAll(ValueRange from, ValueRange to, Waiting scope) {
  if (from.empty())
    return;
  SmallVector<Value> places;
  for (Value value : to)
    places.push_back(arrayOf(value));
  forThreads(scope, [&] {
    SmallVector<Value> values;
    for (Value value : from)
      values.push_back(get(value));
    for (auto [value, array] : llvm::zip_equal(values, places))
      memref::StoreOp::create(b, value.getLoc(), value, array, thread);
  });
}

//===-- code
//---------------------------------------------------------------===//

void BlockSimulator::emitRun(ArrayRef<Operation *> ops, Waiting scope) {
  SmallVector<Operation *> piece;
  auto flush = [&] {
    emitPiece(piece, scope);
    piece.clear();
  };
  for (Operation *op : ops) {
    if (waitingAt(op) < scope) {
      piece.push_back(op);
      continue;
    }
    flush();
    emitWaiting(op, scope);
  }
  flush();
}

/// Code in which nobody of `scope` waits.
void BlockSimulator::emitPiece(ArrayRef<Operation *> ops, Waiting scope) {
  auto isEmitted = [&](Operation *op) {
    return !isRecomputed(op) && !isWordOfMma(op);
  };
  if (llvm::none_of(ops, isEmitted))
    return;
  if (scope == Waiting::Block)
    return forWarps([&] { emitRun(ops, Waiting::Warp); });
  forLanes([&] {
    for (Operation *op : llvm::make_filter_range(ops, isEmitted)) {
      llvm::SetVector<Value> used(op->operand_begin(), op->operand_end());
      getUsedValuesDefinedAbove(op->getRegions(), used);
      for (Value value : used)
        known.map(value, get(value));
      replaceIds(b.clone(*op, known));
      for (Value result : op->getResults())
        if (isNeededAfter(result, pieceOf(op)))
          memref::StoreOp::create(b, op->getLoc(), known.lookup(result),
                                  arrayOf(result), thread);
    }
  });
}

void BlockSimulator::emitWaiting(Operation *op, Waiting scope) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    emitFor(loop, scope);
  else if (auto choice = dyn_cast<scf::IfOp>(op))
    emitIf(choice, scope);
  else if (auto shuffle = dyn_cast<gpu::ShuffleOp>(op))
    emitShuffle(shuffle);
  else if (auto product = dyn_cast<NVVM::MmaOp>(op))
    emitMma(product);
}

static SmallVector<Operation *> withoutTerminator(mlir::Block *code) {
  SmallVector<Operation *> ops;
  for (Operation &op : code->without_terminator())
    ops.push_back(&op);
  return ops;
}

void BlockSimulator::emitFor(scf::ForOp loop, Waiting scope) {
  storeAll(loop.getInitArgs(), loop.getRegionIterArgs(), scope);
  for (auto [result, carried] :
       llvm::zip_equal(loop.getResults(), loop.getRegionIterArgs())) {
    Value array = arrayOf(carried);
    arrays[result] = array;
  }
  auto copy =
      scf::ForOp::create(b, loop.getLoc(), get(loop.getLowerBound()),
                         get(loop.getUpperBound()), get(loop.getStep()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(copy.getBody());
  IRMapping before = known;
  known.map(loop.getInductionVar(), copy.getInductionVar());
  emitRun(withoutTerminator(loop.getBody()), scope);
  storeAll(loop.getBody()->getTerminator()->getOperands(),
           loop.getRegionIterArgs(), scope);
  known = before;
}

void BlockSimulator::emitIf(scf::IfOp choice, Waiting scope) {
  auto copy =
      scf::IfOp::create(b, choice.getLoc(), get(choice.getCondition()),
                        /*withElseRegion=*/!choice.getElseRegion().empty());
  OpBuilder::InsertionGuard guard(b);
  auto branch = [&](Region &from, Region &to) {
    if (from.empty())
      return;
    b.setInsertionPointToStart(&to.front());
    IRMapping before = known;
    emitRun(withoutTerminator(&from.front()), scope);
    storeAll(from.front().getTerminator()->getOperands(), choice.getResults(),
             scope);
    known = before;
  };
  branch(choice.getThenRegion(), copy.getThenRegion());
  branch(choice.getElseRegion(), copy.getElseRegion());
}

//===-- what lanes do together
//---------------------------------------------===//

void BlockSimulator::emitShuffle(gpu::ShuffleOp op) {
  Location loc = op.getLoc();
  Value result = arrayOf(op.getShuffleResult());
  forLanes([&] {
    Value offset = arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                                get(op.getOffset()));
    Value from = op.getMode() == gpu::ShuffleMode::XOR
                     ? Value(arith::XOrIOp::create(b, loc, lane, offset))
                     : offset;
    Value other = add(multiply(warp, kWarpLanes), from);
    memref::StoreOp::create(b, loc, load(op.getValue(), other), result, thread);
  });
}

Value quantc::emitByteProducts(OpBuilder &b, Location loc, Value bytes,
                               Value signedBytes, Value sum) {
  auto words = VectorType::get({4}, b.getI32Type());
  Value x = arith::ExtUIOp::create(b, loc, words, bytes);
  Value y = arith::ExtSIOp::create(b, loc, words, signedBytes);
  return vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD,
                                     arith::MulIOp::create(b, loc, x, y), sum);
}

/// The four bytes of a word.
static Value bytesOf(OpBuilder &b, Location loc, Value word) {
  Value one = vector::BroadcastOp::create(
      b, loc, VectorType::get({1}, b.getI32Type()), word);
  return vector::BitCastOp::create(b, loc, VectorType::get({4}, b.getI8Type()),
                                   one);
}

/// sum + the bits that two words have in common.
static Value emitCommonBits(OpBuilder &b, Location loc, Value x, Value y,
                            Value sum) {
  Value common = arith::AndIOp::create(b, loc, x, y);
  return arith::AddIOp::create(b, loc, sum,
                               math::CtPopOp::create(b, loc, common));
}

/// Where the instruction has its operands (PTX ISA, mma.m16n8k32): lane 4g + t
/// holds of A rows g and g + 8 and columns 4t to 4t + 3 and those 16 further,
/// of B column g and these rows, of C and D rows g and g + 8 and columns 2t and
/// 2t + 1. Of bits (m16n8k256) a word has 32 columns in the place of four.
Value BlockSimulator::emitMmaElement(const SmallVectorImpl<Value> &operands,
                                     bool isOfBits, Value lane,
                                     int64_t element) {
  Location loc = kernel.getLoc();
  Value four = constant(4);
  Value g = arith::DivUIOp::create(b, loc, lane, four);
  Value t = arith::RemUIOp::create(b, loc, lane, four);
  Value first = multiply(warp, kWarpLanes);
  Value ofRow = add(first, multiply(g, 4));
  Value column = add(multiply(t, 2), constant(element % 2));
  Value ofColumn = add(first, multiply(column, 4));
  Value sum = load(operands[6 + element], thread);
  auto loop = scf::ForOp::create(b, loc, constant(0), four, constant(1), sum);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  IRMapping before = known;
  sum = loop.getRegionIterArg(0);
  for (int64_t half = 0; half < 2; ++half) {
    Value k = loop.getInductionVar();
    Value x = load(operands[element / 2 + 2 * half], add(ofRow, k));
    Value y = load(operands[4 + half], add(ofColumn, k));
    sum = isOfBits ? emitCommonBits(b, loc, x, y, sum)
                   : emitByteProducts(b, loc, bytesOf(b, loc, x),
                                      bytesOf(b, loc, y), sum);
  }
  scf::YieldOp::create(b, loc, sum);
  known = before;
  return loop.getResult(0);
}

void BlockSimulator::emitMma(NVVM::MmaOp op) {
  SmallVector<Value> operands(op->getOperands());
  bool isOfBits = op.getB1Op().has_value();
  SmallVector<SmallVector<Value>> results(4);
  for (Operation *user : op->getUsers()) {
    auto word = cast<LLVM::ExtractValueOp>(user);
    results[word.getPosition()[0]].push_back(arrayOf(word.getResult()));
  }
  forLanes([&] {
    for (auto [i, places] : llvm::enumerate(results)) {
      if (places.empty())
        continue;
      Value element = emitMmaElement(operands, isOfBits, lane, i);
      for (Value place : places)
        memref::StoreOp::create(b, op.getLoc(), element, place, thread);
    }
  });
}

//===-- a block
//------------------------------------------------------------===//

/// Memory that nothing has written differs from one order to the other, too.
void BlockSimulator::fillShared(Value buffer) {
  Location loc = buffer.getLoc();
  auto type = cast<MemRefType>(buffer.getType());
  Type element = type.getElementType();
  TypedAttr value;
  if (auto number = dyn_cast<FloatType>(element))
    value = b.getFloatAttr(
        number, APFloat::getNaN(number.getFloatSemantics(), isBackward));
  else
    value = b.getIntegerAttr(element, isBackward ? 0x55 : 0x2a);
  Value garbage = arith::ConstantOp::create(b, loc, value);
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Value> place;
  for (int64_t size : type.getShape()) {
    auto loop =
        scf::ForOp::create(b, loc, constant(0), constant(size), constant(1));
    place.push_back(loop.getInductionVar());
    b.setInsertionPointToStart(loop.getBody());
  }
  memref::StoreOp::create(b, loc, garbage, buffer, place);
}

void BlockSimulator::makeShared() {
  for (BlockArgument shared : kernel.getWorkgroupAttributions()) {
    auto type = cast<MemRefType>(shared.getType());
    Value buffer = memref::AllocaOp::create(
        b, shared.getLoc(),
        MemRefType::get(type.getShape(), type.getElementType()),
        b.getI64IntegerAttr(64));
    fillShared(buffer);
    known.map(shared, buffer);
  }
}

void BlockSimulator::emit() {
  mlir::Block &code = kernel.getBody().front();
  // Arrays come before all code of the block.
  Value start = constant(0);
  arraysEnd = start.getDefiningOp();
  makeShared();
  numberPieces(code);
  emitRun(withoutTerminator(&code), Waiting::Block);
}
