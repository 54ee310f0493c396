//===- Interpret.cpp - executes nn and qnt without lowering -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs one operation after the other, each by its evaluator, and checks the
// sizes of what comes out.

#include "quantc/Interpret/Interpret.h"
#include "Evaluators.h"

using namespace mlir;
using namespace quantc;

namespace {
struct Entry {
  StringRef name;
  Evaluator function;
};
} // namespace

static ArrayRef<Entry> entries() {
  static const Entry table[] = {
#define QUANTC_EVALUATOR(name, function) {name, function},
#include "Evaluators.def"
#define QUANTC_FLOAT1(name, formula) {name, evalElementwise},
#define QUANTC_FLOAT2(name, formula) {name, evalElementwise},
#define QUANTC_INT1(name, formula) {name, evalElementwise},
#define QUANTC_INT2(name, formula) {name, evalElementwise},
#define QUANTC_UINT2(name, formula) {name, evalElementwise},
#include "Elementwise.def"
  };
  return table;
}

Evaluator quantc::findEvaluator(StringRef opName) {
  static const auto byName = [] {
    llvm::StringMap<Evaluator> map;
    for (const Entry &entry : entries())
      map[entry.name] = entry.function;
    return map;
  }();
  return byName.lookup(opName);
}

std::vector<StringRef> quantc::interpretedOps() {
  std::vector<StringRef> names;
  for (const Entry &entry : entries())
    names.push_back(entry.name);
  llvm::sort(names);
  return names;
}

Type quantc::elementOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

/// What was computed has the sizes that the type says.
static LogicalResult checkSizes(Operation *op, const Frame &frame) {
  for (Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      continue;
    ArrayRef<int64_t> shape = frame.get(result).shape();
    if (failed(verifyCompatibleShape(type.getShape(), shape)))
      return op->emitError("gives a tensor of the sizes [")
             << shape << "], its type is " << type;
  }
  return success();
}

LogicalResult quantc::runBlock(Block &block, Frame &frame,
                               function_ref<void(Operation *)> afterOp) {
  for (Operation &op : block.without_terminator()) {
    Evaluator evaluate = findEvaluator(op.getName().getStringRef());
    if (!evaluate)
      return op.emitError("'")
             << op.getName() << "' has no evaluator; the interpreter runs IR "
             << "of the phases from import to fuse";
    if (failed(evaluate(&op, frame)))
      return failure();
    // Inside a linalg.generic values are whole loop spaces.
    if (frame.loops.data() == nullptr && failed(checkSizes(&op, frame)))
      return failure();
    if (afterOp)
      afterOp(&op);
  }
  return success();
}

/// Inputs of the function's types.
static LogicalResult bindInputs(func::FuncOp function, ArrayRef<Tensor> inputs,
                                Frame &frame) {
  if (inputs.size() != function.getNumArguments())
    return function.emitError("takes ")
           << function.getNumArguments() << " inputs, found " << inputs.size();
  for (auto [argument, input] : llvm::zip(function.getArguments(), inputs)) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getElementType() != input.type() ||
        failed(verifyCompatibleShape(type.getShape(), input.shape())))
      return function.emitError("input ")
             << argument.getArgNumber() << " has the type "
             << RankedTensorType::get(input.shape(), input.type())
             << ", expected " << argument.getType();
    frame.set(argument, input);
  }
  return success();
}

/// Drops the operands, and results, that no later operation of the block uses.
static void dropUnused(Operation *op, Frame &frame) {
  auto isDone = [&](Value value) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      Operation *here = op->getBlock()->findAncestorOpInBlock(*user);
      return here == op || here->isBeforeInBlock(op);
    });
  };
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (operand.getParentBlock() == op->getBlock() && isDone(operand))
        frame.drop(operand);
  });
  for (Value result : op->getResults())
    if (result.use_empty())
      frame.drop(result);
}

FailureOr<std::vector<Tensor>> quantc::interpret(func::FuncOp function,
                                                 ArrayRef<Tensor> inputs,
                                                 qnt::DataReader &reader,
                                                 ResultCallback afterOp,
                                                 int64_t precision) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("is no function of one block");
  Frame frame(reader);
  frame.precision = precision;
  if (failed(bindInputs(function, inputs, frame)))
    return failure();
  Block &block = function.getBody().front();
  auto report = [&](Operation *op) {
    if (afterOp) {
      std::vector<Tensor> results;
      for (Value result : op->getResults())
        results.push_back(frame.get(result));
      afterOp(op, results);
    }
    dropUnused(op, frame);
  };
  if (failed(runBlock(block, frame, report)))
    return failure();
  std::vector<Tensor> outputs;
  for (Value value : block.getTerminator()->getOperands())
    outputs.push_back(frame.get(value));
  return outputs;
}
