//===- SparsityBlocks.cpp - layers of a block share its sparsity -*- C++ -*-==//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A copy of the model computes each block twice from the same dense input: as
// it is, and with thresholds. Both outputs are results of the copy, so that one
// run measures one step of every block.

#include "SparsityBlocks.h"
#include "HessianCalibration.h"
#include "ThresholdModel.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/Errors.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Positions that a step is measured on.
static constexpr int64_t measuredPositions = 256;
/// What a step adds to the share of the median product of a block.
static constexpr double stepShare = 0.05;
static constexpr double mostShare = 0.95;

namespace {
/// Products between two cuts of the model.
struct SiteBlock {
  std::vector<size_t> sites; ///< positions in findSparseProducts
  Operation *begin, *end;    ///< its operations: [begin, end)
  Value output;
};

/// Where all that follows depends on products only through `value`.
struct Cut {
  Operation *after;
  Value value;
  bool hasAttention; ///< between the cut before and this one
};
} // namespace

static bool isFloatTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

/// The numbers that the first product with a sparsity is computed from, and all
/// that depends on them or on such a product. Tables of positions are not among
/// them: they are there for all blocks.
static llvm::DenseSet<Value> streamOf(mlir::Block &body) {
  llvm::DenseSet<Value> stream;
  SmallVector<Value> work;
  for (Operation &op : body)
    if (op.hasAttr(sparsityName)) {
      work.push_back(op.getOperand(0));
      break;
    }
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *source = value.getDefiningOp();
    bool isConstant = source && source->getNumOperands() == 0;
    if (isConstant || !isFloatTensor(value) || !stream.insert(value).second)
      continue;
    if (source)
      llvm::append_range(work, source->getOperands());
  }
  for (Operation &op : body)
    if (op.hasAttr(sparsityName) ||
        llvm::any_of(op.getOperands(),
                     [&](Value operand) { return stream.contains(operand); }))
      stream.insert_range(op.getResults());
  return stream;
}

/// The cuts in their order. What only leaves the function, such as a cache,
/// does not count.
static SmallVector<Cut> findCuts(mlir::Block &body) {
  llvm::DenseSet<Value> stream = streamOf(body);
  llvm::DenseMap<Value, Operation *> lastUse;
  for (Operation &op : body.without_terminator())
    for (Value operand : op.getOperands())
      if (stream.contains(operand))
        lastUse[operand] = &op;
  SmallVector<Cut> cuts;
  llvm::SetVector<Value> live;
  for (Value argument : body.getArguments())
    if (lastUse.count(argument))
      live.insert(argument);
  bool hasAttention = false;
  for (Operation &op : body.without_terminator()) {
    hasAttention |= isa<nn::AttentionOp>(op);
    for (Value operand : op.getOperands())
      if (lastUse.lookup(operand) == &op)
        live.remove(operand);
    for (Value result : op.getResults())
      if (lastUse.count(result))
        live.insert(result);
    bool isCut = live.size() == 1 && isFloatTensor(live.front()) &&
                 cast<RankedTensorType>(live.front().getType()).getRank() > 0;
    if (!isCut || (!cuts.empty() && cuts.back().value == live.front()))
      continue;
    cuts.push_back({&op, live.front(), hasAttention});
    hasAttention = false;
  }
  return cuts;
}

/// Takes away the products of a block that its output does not depend on, such
/// as one whose result only leaves the function: their share stays as it is.
static void keepReaching(SiteBlock &block) {
  llvm::DenseSet<Operation *> reaching;
  SmallVector<Value> work{block.output};
  while (!work.empty()) {
    Operation *source = work.pop_back_val().getDefiningOp();
    if (source && reaching.insert(source).second)
      llvm::append_range(work, source->getOperands());
  }
  std::vector<size_t> sites;
  auto site = block.sites.begin();
  for (Operation *op = block.begin; op != block.end; op = op->getNextNode()) {
    if (!op->hasAttr(sparsityName))
      continue;
    if (reaching.contains(op))
      sites.push_back(*site);
    else
      op->removeAttr(sparsityName);
    ++site;
  }
  block.sites = std::move(sites);
}

/// Groups the products between cuts into blocks.
static std::vector<SiteBlock> findBlocks(mlir::Block &body) {
  SmallVector<Cut> cuts = findCuts(body);
  bool byAttention =
      llvm::count_if(cuts, [](const Cut &cut) { return cut.hasAttention; });
  std::vector<SiteBlock> blocks;
  Operation *begin = &body.front();
  size_t site = 0;
  SiteBlock open{{}, begin, nullptr, {}};
  auto close = [&](Operation *end, Value output) {
    if (!open.sites.empty() && output) {
      open.end = end;
      open.output = output;
      keepReaching(open);
    }
    if (!open.sites.empty() && output) {
      blocks.push_back(open);
    }
    open = {{}, end, nullptr, {}};
  };
  Value last;
  for (auto [i, cut] : llvm::enumerate(cuts)) {
    // A part with attention begins a block, which what follows belongs to.
    bool begins = !byAttention || cut.hasAttention;
    if (begins && i > 0)
      close(begin, last);
    Operation *end = cut.after->getNextNode();
    for (Operation *op = begin; op != end; op = op->getNextNode())
      if (op->hasAttr(sparsityName))
        open.sites.push_back(site++);
    begin = end;
    last = cut.value;
  }
  close(begin, last);
  return blocks;
}

/// Computes the block a second time, with its products as they are to be
/// changed.
static Value cloneBlock(const SiteBlock &block) {
  IRMapping mapping;
  SmallVector<Operation *> ops;
  for (Operation *op = block.begin; op != block.end; op = op->getNextNode())
    ops.push_back(op);
  OpBuilder b(block.begin->getContext());
  b.setInsertionPointAfter(ops.back());
  for (Operation *op : ops) {
    bool isSite = op->hasAttr(sparsityName);
    bool isBehind = llvm::any_of(op->getOperands(), [&](Value operand) {
      return mapping.contains(operand);
    });
    if (!isSite && !isBehind)
      continue;
    Operation *clone = b.clone(*op, mapping);
    // A scheme is of one product; what the clone reads gets its own.
    auto assign = clone->getOperand(0).getDefiningOp<qnt::AssignOp>();
    if (!isSite || !assign || mapping.contains(op->getOperand(0)))
      continue;
    b.setInsertionPoint(clone);
    clone->setOperand(0, b.clone(*assign)->getResult(0));
    b.setInsertionPointAfter(clone);
  }
  return mapping.lookupOrDefault(block.output);
}

/// Makes the outputs of all blocks, dense and not, the results of `function`.
static void returnOutputs(func::FuncOp function, ArrayRef<SiteBlock> blocks) {
  SmallVector<Value> results;
  SmallVector<Attribute> names;
  Builder b(function.getContext());
  auto name = [&](const Twine &text) {
    names.push_back(
        b.getDictionaryAttr(b.getNamedAttr("nn.name", b.getStringAttr(text))));
  };
  for (auto [i, block] : llvm::enumerate(blocks)) {
    results.append({block.output, cloneBlock(block)});
    name("dense" + Twine(i));
    name("sparse" + Twine(i));
  }
  function.getBody().front().getTerminator()->setOperands(results);
  function.setType(FunctionType::get(b.getContext(),
                                     function.getArgumentTypes(),
                                     ValueRange(results).getTypes()));
  function.setAllResultAttrs(names);
}

namespace {
/// The share of each product of one block, as it grows.
class BlockSearch {
public:
  BlockSearch(const SiteBlock &block, ArrayRef<double> targets,
              ArrayRef<double> parameters)
      : sites(block.sites) {
    std::vector<double> own;
    double asked = 0;
    for (size_t site : sites) {
      own.push_back(parameters[site]);
      asked += parameters[site] * targets[site];
    }
    left = asked;
    weights = own;
    llvm::sort(own);
    quantum = stepShare * own[own.size() / 2];
    shares.assign(sites.size(), 0);
    errors.assign(sites.size(), {0, -1});
  }

  bool isDone() const { return left <= 1e-9 * quantum || round < 0; }

  /// The step to measure: the least error that is known, or one that is not.
  /// Takes steps as long as the least error is one of this round.
  void advance() {
    while (!isDone()) {
      best = -1;
      for (size_t i = 0; i < sites.size(); ++i)
        if (stepOf(i) > 0 && (best < 0 || errors[i].error < errors[best].error))
          best = int64_t(i);
      if (best < 0) {
        round = -1; // every product is at its most
        return;
      }
      if (errors[best].round != round)
        return;
      double step = stepOf(best);
      shares[best] += step / weights[best];
      left -= step;
      base += errors[best].error;
      ++round;
    }
  }

  void measured(double error) { errors[best] = {error - base, round}; }

  /// Shares with the step that is to be measured.
  void collect(std::vector<double> &all, bool withStep) const {
    for (auto [i, site] : llvm::enumerate(sites)) {
      bool isTried = withStep && !isDone() && int64_t(i) == best;
      all[site] = shares[i] + (isTried ? stepOf(i) / weights[i] : 0);
    }
  }

private:
  /// Parameters that the next step of product `i` leaves out.
  double stepOf(size_t i) const {
    return std::min({quantum, left, (mostShare - shares[i]) * weights[i]});
  }

  struct Known {
    double error;  ///< that the step adds
    int64_t round; ///< in which it was measured; -1: never
  };
  std::vector<size_t> sites;
  std::vector<double> weights, shares;
  std::vector<Known> errors;
  double left = 0, quantum = 0, base = 0; ///< error of the shares
  int64_t round = 0, best = -1;
};

/// Runs the copy of the model.
class BlockModel {
public:
  BlockModel(ThresholdModel &model, const BlockOptions &options)
      : model(model), options(options) {}

  llvm::Error readSamples();
  /// Squared differences of the outputs of all blocks.
  llvm::Expected<std::vector<double>> errors(size_t blocks);

private:
  ThresholdModel &model;
  const BlockOptions &options;
  std::vector<NamedArrays> inputs;
};
} // namespace

/// Elements of the largest input, such as token ids.
static int64_t positionsOf(const NamedArrays &inputs) {
  int64_t most = 1;
  for (const auto &[name, array] : inputs) {
    int64_t count = 1;
    for (int64_t size : array.shape)
      count *= size;
    most = std::max(most, count);
  }
  return most;
}

llvm::Error BlockModel::readSamples() {
  auto data = readArrays(options.dataPath);
  auto entry = model.artifact().entry("main");
  if (!data)
    return data.takeError();
  if (!entry)
    return entry.takeError();
  // One sample first, for how many positions it has.
  int64_t samples = 1;
  for (bool isEnough = false; !isEnough;) {
    auto all = inputsOfRuns(**entry, *data, options.dataPath, samples);
    if (!all)
      return all.takeError();
    int64_t positions = 0, wanted = samples;
    for (const NamedArrays &one : *all)
      positions += positionsOf(one);
    if (samples == 1 && positions > 0)
      wanted = (measuredPositions + positions - 1) / positions;
    if (options.samples > 0)
      wanted = std::min(wanted, options.samples);
    isEnough = wanted <= samples;
    samples = wanted;
    inputs = std::move(*all);
  }
  return llvm::Error::success();
}

/// Squared difference over the last quarter of the positions, which are the
/// dimension before the last.
static double difference(const Array &dense, const Array &sparse) {
  ArrayRef<float> a = dense.as<float>(), b = sparse.as<float>();
  int64_t rank = dense.shape.size(), width = dense.shape.back();
  int64_t positions = rank > 1 ? dense.shape[rank - 2] : 1;
  int64_t first = rank > 2 ? positions - (positions + 3) / 4 : 0;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (int64_t(i) / width % positions < first)
      continue;
    double one = double(a[i]) - double(b[i]);
    sum += one * one;
  }
  return sum;
}

llvm::Expected<std::vector<double>> BlockModel::errors(size_t blocks) {
  std::vector<double> sums(blocks, 0);
  for (const NamedArrays &one : inputs) {
    auto outputs = model.artifact().run("main", one);
    if (!outputs)
      return outputs.takeError();
    for (size_t i = 0; i < blocks; ++i)
      sums[i] +=
          difference((*outputs)[2 * i].second, (*outputs)[2 * i + 1].second);
  }
  return sums;
}

llvm::Expected<std::vector<double>>
quantc::allocateInBlocks(ModuleOp module, ArrayRef<double> targets,
                         llvm::function_ref<float(size_t, double)> thresholdOf,
                         const BlockOptions &options,
                         ProgressReporter &progress) {
  OwningOpRef<ModuleOp> copy = module.clone();
  auto function = copy->lookupSymbol<func::FuncOp>("main");
  std::vector<double> parameters, shares(targets);
  for (nn::MatMulOp op : findSparseProducts(*copy))
    parameters.push_back(double(op.getRhs().getType().getNumElements()));
  std::vector<SiteBlock> blocks;
  if (function && function.getBody().hasOneBlock())
    blocks = findBlocks(function.getBody().front());
  if (blocks.empty())
    return shares;
  SmallVector<nn::MatMulOp> originals = findSparseProducts(*copy);
  returnOutputs(function, blocks);
  for (nn::MatMulOp op : originals)
    op->removeAttr(sparsityName);
  std::vector<size_t> order;
  std::vector<BlockSearch> searches;
  for (const SiteBlock &block : blocks) {
    llvm::append_range(order, block.sites);
    searches.emplace_back(block, targets, parameters);
  }
  ThresholdModel model(options.scratchPrefix);
  if (llvm::Error error = model.compile(*copy, progress))
    return std::move(error);
  BlockModel runs(model, options);
  if (llvm::Error error = runs.readSamples())
    return std::move(error);
  while (true) {
    for (BlockSearch &search : searches)
      search.advance();
    bool isDone = llvm::all_of(
        searches, [](const BlockSearch &search) { return search.isDone(); });
    for (const BlockSearch &search : searches)
      search.collect(shares, /*withStep=*/!isDone);
    if (isDone)
      return shares;
    std::vector<float> thresholds;
    for (size_t site : order)
      thresholds.push_back(thresholdOf(site, shares[site]));
    model.set(thresholds);
    auto errors = runs.errors(blocks.size());
    if (!errors)
      return errors.takeError();
    for (auto [search, error] : llvm::zip_equal(searches, *errors))
      if (!search.isDone())
        search.measured(error);
  }
}
