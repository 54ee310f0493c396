//===- Method.h - the table of weight quantizers ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A method chooses codes, scales and zero points for one weight matrix. Which
// matrix gets which method and scheme is decided elsewhere. No MLIR.

#ifndef QUANTC_METHODS_METHOD_H
#define QUANTC_METHODS_METHOD_H

#include "quantc/Methods/BinaryMatrix.h"
#include "llvm/ADT/StringRef.h"

namespace quantc {

/// What a method asks for besides the weights.
enum class MethodNeeds : uint8_t {
  Nothing,
  Hessian,        ///< `X^T X` of the inputs, MatrixRef::hessian
  HessianAndDrift ///< also how they drifted, MatrixRef::drift
};

/// Which schemes a method takes.
enum class MethodTakes : uint8_t {
  Any,
  ZeroCodes, ///< without zero points, or with such that are codes
  RealZeros, ///< integers whose zero points are numbers
  Ternary,   ///< ternary codes
  Signs      ///< one sign a weight, BinaryScheme
};

/// What a method of binary weights gives besides signs and levels.
enum class BinaryGives : uint8_t {
  Levels,       ///< nothing
  ColumnScales, ///< a scale for each column, and no zero points
  Codebook      ///< patterns of signs
};

/// A quantization method. Immutable; found by lookupMethod.
struct Method {
  llvm::StringLiteral name;
  MethodNeeds needs;
  MethodTakes takes;
  llvm::StringLiteral summary;
  /// Null for methods of binary weights.
  llvm::Expected<QuantizedMatrix> (*run)(MatrixRef weights,
                                         const GroupScheme &scheme) = nullptr;
  /// Null for all others.
  llvm::Expected<BinaryMatrix> (*runBinary)(
      MatrixRef weights, const BinaryScheme &scheme) = nullptr;
  BinaryGives gives = BinaryGives::Levels; ///< of a binary method

  bool isBinary() const { return runBinary != nullptr; }

  /// ErrorKind::Usage, naming the methods that do, when this one does not give
  /// integers, or signs with or without a codebook.
  llvm::Error checkGives(bool signs, bool codebook) const;

  /// ErrorKind::Usage for a scheme that is not allowed, or that the method does
  /// not take.
  llvm::Error check(const GroupScheme &scheme) const;
  llvm::Error check(const BinaryScheme &scheme) const;

  /// Quantizes `weights`. The result does not depend on the number of threads.
  /// A group of zeros gets the scale 1 and the codes of 0.
  ///
  /// The errors of check(); ErrorKind::Usage when what the method needs is
  /// missing; ErrorKind::BadModel, naming row and column, for a weight
  /// that is NaN or infinite, or, naming row and group, for a range whose scale
  /// overflows the scale type, or for a Hessian that no inputs can have.
  llvm::Expected<QuantizedMatrix> quantize(MatrixRef weights,
                                           const GroupScheme &scheme) const;

  /// The same with one sign a weight. A group of zeros gets the scale 0.
  /// ErrorKind::BadModel, naming row and group, for weights that overflow the
  /// type of scales.
  llvm::Expected<BinaryMatrix> binarize(MatrixRef weights,
                                        const BinaryScheme &scheme) const;
};

/// The method of that name ("rtn", "gptq", "arb", ...), or null.
const Method *lookupMethod(llvm::StringRef name);

/// The same; an unknown name is an error of kind Usage that suggests names.
llvm::Expected<const Method *> requireMethod(llvm::StringRef name);

/// Every method, in the order of Methods.def.
llvm::ArrayRef<Method> allMethods();

} // namespace quantc

#endif // QUANTC_METHODS_METHOD_H
