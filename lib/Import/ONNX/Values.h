//===- Values.h - what the names of a graph stand for -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A name of the ONNX graph is a constant of the model, a list of integers that
// the importer computes itself (shape arithmetic), or a tensor value. The first
// two become tensors only when an operation needs them.

#ifndef QUANTC_LIB_IMPORT_ONNX_VALUES_H
#define QUANTC_LIB_IMPORT_ONNX_VALUES_H

#include "IndexMath.h"
#include "quantc/Import/Model.h"

namespace quantc::importer {

/// Integers known as shape arithmetic: a scalar or a vector of at most
/// `maxShapeValues` elements.
struct ShapeValue {
  Sizes elements;
  bool isScalar = false;
  ElementType type = ElementType::Int64;

  /// All elements as numbers, or nullopt when one is only known at run time.
  std::optional<llvm::SmallVector<int64_t>> constants() const;
};
constexpr size_t maxShapeValues = 64;

/// What one name stands for. At least one of the three is set.
struct Operand {
  ElementType type = ElementType::Undefined;
  const Tensor *constant = nullptr;
  std::optional<ShapeValue> shape;
  mlir::Value tensor;
};

/// The MLIR type of an element; null for types without one (strings, complex
/// and packed types below one byte). Integers are signless, bool is i1.
mlir::Type convertType(ElementType type, mlir::MLIRContext *context);

/// The integers of a constant of type bool or of an integer of one byte or
/// more, widened to 64 bits; nullopt for other types.
std::optional<llvm::SmallVector<int64_t>> readIntegers(const Tensor &tensor);
/// The numbers of a constant of type float, double, float16 or bfloat16.
std::optional<llvm::SmallVector<double>> readFloats(const Tensor &tensor);

/// All names of one graph, and the `nn.data` of its constants.
class ValueTable {
public:
  ValueTable(mlir::ImplicitLocOpBuilder &builder, IndexMath &math,
             mlir::ModuleOp module)
      : b(builder), math(math), module(module) {}

  void define(llvm::StringRef name, Operand operand) {
    names[name] = std::move(operand);
  }
  /// Null for the empty name, which stands for an absent operand.
  Operand *find(llvm::StringRef name);

  /// The operand as a tensor, made at the current place when it was none yet.
  /// Null when its element type has no MLIR type. `name` is used for `nn.data`.
  mlir::Value tensorOf(llvm::StringRef name, Operand &operand);
  /// The operand as shape arithmetic; nullopt when it is a real tensor.
  std::optional<ShapeValue> shapeOf(Operand &operand);

  /// An `nn.param` for bytes of the model seen as `type`.
  mlir::Value param(llvm::StringRef name, const Tensor &tensor,
                    mlir::Type type);
  /// An `nn.param` for a small constant made by the importer.
  mlir::Value param(llvm::StringRef name, mlir::ElementsAttr value);

private:
  mlir::StringAttr uniqueSymbol(llvm::StringRef name);
  mlir::Value makeParam(llvm::StringRef name, mlir::Type type,
                        mlir::ElementsAttr value, llvm::StringRef file,
                        uint64_t offset);
  mlir::Value materialize(llvm::StringRef name, const ShapeValue &shape);

  mlir::ImplicitLocOpBuilder &b;
  IndexMath &math;
  mlir::ModuleOp module;
  mlir::Operation *lastData = nullptr;
  llvm::StringMap<Operand> names;
  llvm::StringMap<unsigned> symbols;
};

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_VALUES_H
