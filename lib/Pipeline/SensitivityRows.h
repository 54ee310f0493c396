//===- SensitivityRows.h - candidates of layers, and their bytes -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which numbers of bits and formats each layer may have, and the bytes that it
// is stored in then. Internal to Pipeline. Measures no error.

#ifndef QUANTC_LIB_PIPELINE_SENSITIVITYROWS_H
#define QUANTC_LIB_PIPELINE_SENSITIVITYROWS_H

#include "Sensitivity.h"

namespace quantc {

/// A product whose weight the recipe quantizes.
struct WeightedLayer {
  mlir::Operation *op;
  qnt::AssignOp weight;
  std::string name;
};

/// The name of the node of a product.
std::string layerNameOf(mlir::Operation *op);

/// A copy of `module` with the recipe's schemes. ErrorKind::Usage when no layer
/// is quantized, which a budget could be for.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
assignCopy(mlir::ModuleOp module, const Recipe &recipe);

/// The layers of `assigned`, which Assign has left.
llvm::SmallVector<WeightedLayer> weightedLayersOf(mlir::ModuleOp assigned);

/// Layers that share a weight, as numbers; most are alone.
std::vector<llvm::SmallVector<size_t>>
groupsOfWeights(llvm::ArrayRef<WeightedLayer> layers);

/// Scheme and method of a candidate of a layer.
qnt::SchemeAttr schemeOf(const WeightedLayer &layer,
                         const BitCandidate &candidate);
llvm::StringRef methodOf(const WeightedLayer &layer,
                         const BitCandidate &candidate);

/// The method without samples for the codes of a scheme, if nobody names one.
llvm::StringRef usualMethod(qnt::SchemeAttr scheme);

/// Rows with candidates and bytes, without errors; numbers of bits first. Bytes
/// come from planning the model once with each candidate, so they are those
/// that are stored. ErrorKind::Usage when a candidate names a method that does
/// not give its codes.
llvm::Expected<SensitivityTable> rowsOf(mlir::ModuleOp assigned,
                                        llvm::ArrayRef<WeightedLayer> layers,
                                        const Recipe &recipe);

/// Bytes of every layer, by name, with that number of bits where it can have
/// it, and in columns where the recipe's `sparsity` means it.
llvm::Expected<llvm::StringMap<int64_t>>
bytesInColumns(mlir::ModuleOp assigned, unsigned bits, const Recipe &recipe);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SENSITIVITYROWS_H
