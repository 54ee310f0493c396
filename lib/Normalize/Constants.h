//===- Constants.h - numbers of constants, read and written -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// For the few rewrites that change constants of a model. Quantization reads and
// writes weights in another way.

#ifndef QUANTC_LIB_NORMALIZE_CONSTANTS_H
#define QUANTC_LIB_NORMALIZE_CONSTANTS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Dialect/NN/NN.h"
#include <optional>
#include <set>
#include <vector>

namespace quantc::normalize {

/// Notices errors while patterns run, which cannot fail a pass themselves. An
/// error that is reported again for each attempt to match is shown once.
class ErrorWatch {
public:
  explicit ErrorWatch(mlir::MLIRContext *context)
      : handler(context, [this](mlir::Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
            return mlir::failure();
          return mlir::success(!seen.insert(diagnostic.str()).second);
        }) {}
  bool sawError() const { return !seen.empty(); }

private:
  std::set<std::string> seen;
  mlir::ScopedDiagnosticHandler handler;
};

/// The numbers of an fp32 constant in row-major order; nullopt, with an error
/// at the parameter when the bytes cannot be read, and when it is not fp32.
std::optional<std::vector<float>> readFloats(nn::ParamOp param);

/// A copy of the bytes of a constant, as nn.data has them; nullopt, with an
/// error at the parameter, when they cannot be read.
std::optional<std::vector<char>> readConstant(nn::ParamOp param);

/// A constant of the model with `bytes` in row-major order under a name derived
/// from that of `like`, as a parameter at the rewriter's place. The name stays
/// the same when nothing else uses the old constant.
nn::ParamOp replaceConstant(mlir::RewriterBase &rewriter, nn::ParamOp like,
                            mlir::RankedTensorType type,
                            mlir::ArrayRef<char> bytes);
/// A new constant beside that of `like`.
nn::ParamOp addConstant(mlir::RewriterBase &rewriter, nn::ParamOp like,
                        llvm::StringRef suffix, llvm::ArrayRef<float> numbers);
nn::ParamOp addConstant(mlir::RewriterBase &rewriter, nn::ParamOp like,
                        llvm::StringRef suffix, mlir::RankedTensorType type,
                        llvm::ArrayRef<char> bytes);

/// The elements of `param` under other sizes; the bytes stay where they are.
nn::ParamOp reshapeConstant(mlir::RewriterBase &rewriter, nn::ParamOp param,
                            mlir::RankedTensorType type);

/// The elements of `param` reordered as linalg.transpose does; null, with an
/// error at the parameter, when its bytes cannot be read.
nn::ParamOp transposeConstant(mlir::RewriterBase &rewriter, nn::ParamOp param,
                              mlir::ArrayRef<int64_t> order);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_CONSTANTS_H
