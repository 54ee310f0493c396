//===- ChannelPlaces.h - inputs whose channels may be chosen ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which products may read channels of their input again, or in another order,
// and whether the constants in front of it can give them so, or it must be done
// when the model runs.

#ifndef QUANTC_TRANSFORM_CHANNELPLACES_H
#define QUANTC_TRANSFORM_CHANNELPLACES_H

#include "quantc/Recipe/Recipe.h"
#include "quantc/Transform/FeatureAxes.h"
#include "quantc/Transform/Passes.h"

namespace quantc {

/// What products read whose weights a recipe quantizes to integers.
struct ChannelPlace {
  /// A weight of nn.matmul, summed over along an axis, and what becomes of it.
  struct Reader {
    ConstantAxis weight;
    ResolvedLayer layer;
    mlir::Operation *product() const { return weight.operand->getOwner(); }
  };
  mlir::Value value;
  int64_t channels = 0; ///< of its last dimension
  std::vector<Reader> readers;
  /// Where it does not have to be done when the model runs: constants with
  /// these axes, in front of the value, and the operations between.
  std::vector<ConstantAxis> writers;
  std::vector<mlir::Operation *> between;
  /// Why it has to; empty where it does not.
  std::string obstacle;

  bool isInWeights() const { return obstacle.empty(); }
};

/// Told of a product that a recipe quantizes and that belongs to no place, and
/// why.
using LeaveOut =
    llvm::function_ref<void(mlir::Operation *product, llvm::StringRef reason)>;

/// The places of a function of one block that products read which `recipe`
/// quantizes to integers that kernels take, in the order of these products.
/// Constants can give the channels of a value when every operation between them
/// and the value computes each channel by itself and in the same way for all
/// channels, apart from its constants, and nothing but these products reads
/// what is between: behind linears, biases and activation functions, as in
/// front of down projections.
std::vector<ChannelPlace> findChannelPlaces(mlir::ModuleOp module,
                                            const Recipe &recipe,
                                            LeaveOut leaveOut = {});

/// Lets the products of `place` read the channels `channels`, of which there
/// may be more or fewer, or, with `append`, these behind all that there are.
/// What becomes of the weights of the products is left to do. Returns the
/// channels as a constant in front of the products.
mlir::Value takeChannels(const ChannelPlace &place,
                         llvm::ArrayRef<int64_t> channels, bool append,
                         mlir::SymbolTable &symbols);

/// The 2-norms of the channels of a place that samples gave its products, see
/// inputNormsName; empty where there are none.
std::vector<double> inputNormsOf(const ChannelPlace &place);

} // namespace quantc

#endif // QUANTC_TRANSFORM_CHANNELPLACES_H
