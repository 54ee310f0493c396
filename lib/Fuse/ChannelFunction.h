//===- ChannelFunction.h - elementwise chains as functions ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A chain of elementwise operations behind a product, whose other operands are
// constants of each channel, is one function of a number for each channel. It
// is computed here in fp32, operation by operation, with the roundings that the
// program would have. No fused multiply-adds, no reordering.

#ifndef QUANTC_LIB_FUSE_CHANNELFUNCTION_H
#define QUANTC_LIB_FUSE_CHANNELFUNCTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantc/Dialect/Qnt/DataReader.h"

namespace quantc::fuse {

/// fp32 numbers of a constant; nullopt if it is none or cannot be read.
std::optional<std::vector<float>> floatsOf(mlir::Value value,
                                           qnt::DataReader &reader);

class ChannelFunction {
public:
  /// The function from the result of a binary product to `value`; nullopt when
  /// something on the way is no such function, is used elsewhere too, or cannot
  /// be read.
  static std::optional<ChannelFunction> behind(mlir::Value value,
                                               qnt::DataReader &reader);

  mlir::Operation *product() const { return source; }
  /// The function of one channel on all `numbers`.
  std::vector<float> evaluate(int64_t channel,
                              std::vector<float> numbers) const;

private:
  /// A constant operand: one number, or one a channel.
  struct Numbers {
    std::vector<float> values;
    float of(int64_t channel) const {
      return values.size() == 1 ? values[0] : values[channel];
    }
  };
  /// One operation of the chain.
  struct Link {
    mlir::linalg::GenericOp op;
    unsigned argument = ~0u; ///< of the body: where the number comes in
    llvm::DenseMap<mlir::Value, Numbers> constants; ///< of the body
  };

  static std::optional<Link> readLink(mlir::linalg::GenericOp op,
                                      qnt::DataReader &reader);
  bool canEvaluate() const;

  mlir::Operation *source = nullptr;
  llvm::SmallVector<Link> links; ///< the last one first
};

} // namespace quantc::fuse

#endif // QUANTC_LIB_FUSE_CHANNELFUNCTION_H
