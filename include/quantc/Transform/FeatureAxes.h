//===- FeatureAxes.h - which axes may be rotated ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The features of a value are its last axis. Values whose features must be
// rotated together form a class; a class may be rotated when constants absorb
// the rotation wherever it is entered and left. Nothing is rewritten here.

#ifndef QUANTC_TRANSFORM_FEATUREAXES_H
#define QUANTC_TRANSFORM_FEATUREAXES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc {

/// An axis of a constant along which it absorbs a rotation.
struct ConstantAxis {
  mlir::OpOperand *operand;
  int64_t axis;
};

/// Feature axes that can only be rotated together.
struct FeatureClass {
  int64_t size = 0;  ///< features of the widest axis
  int64_t block = 0; ///< a rotation mixes at most this many neighbours
  std::vector<mlir::Value> values;
  std::vector<ConstantAxis> writers; ///< give the features their values
  std::vector<ConstantAxis> readers; ///< sum over the features
  std::vector<mlir::Operation *> norms;
  bool holdsCache = false; ///< a key/value cache keeps these features

  mlir::Operation *obstacle = nullptr; ///< the first that forbids a rotation
  std::string reason;                  ///< what the obstacle does, or nothing

  /// True when constants write and read the features and nothing else does
  /// more than move them.
  bool isRotatable() const { return reason.empty(); }
  /// True for the channels of attention heads: neighbours that are moved apart.
  bool isSplit() const { return block < size; }
};

/// Says why a norm forbids to rotate its features: nothing when a rotation
/// passes it. nullopt: its input may be changed as it likes, but its result is
/// not of the same class.
using NormRule =
    llvm::function_ref<std::optional<std::string>(mlir::Operation *norm)>;

/// The classes of a function of one block that are written or read by
/// constants, in the order in which they begin. Method: union-find over the
/// last axes of values.
std::vector<FeatureClass> findFeatureClasses(mlir::func::FuncOp function,
                                             NormRule norm);

/// Why gamma, and beta, of a norm cannot become part of all that reads its
/// result, or nothing.
std::string whyNotFoldable(mlir::Operation *norm);

/// True when all elements of a constant are 1 (`one`), or any one number.
bool isUniform(mlir::Value constant, qnt::DataReader &reader, bool one = false);

/// Streams whose mean nothing needs: constants write them, layer norms read
/// them, and nothing else does. `norms` of a class are its readers.
std::vector<FeatureClass> findCenterableClasses(mlir::func::FuncOp function);

/// The classes of IR as it is: a rotation passes a root mean square norm with
/// one gamma for all features.
std::vector<FeatureClass> findClasses(mlir::func::FuncOp function,
                                      qnt::DataReader &reader);

/// The classes as they will be once norms have been folded: what
/// `quantc plan --explain` shows.
std::vector<FeatureClass> findFoldedClasses(mlir::func::FuncOp function,
                                            qnt::DataReader &reader);

} // namespace quantc

#endif // QUANTC_TRANSFORM_FEATUREAXES_H
