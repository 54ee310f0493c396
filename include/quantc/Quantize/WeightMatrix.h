//===- WeightMatrix.h - weights as methods take them ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From an assigned weight in the IR to the arrays that lib/Methods works on.
// Chooses no code.

#ifndef QUANTC_QUANTIZE_WEIGHTMATRIX_H
#define QUANTC_QUANTIZE_WEIGHTMATRIX_H

#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Methods/LowRank.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Safetensors.h"
#include <optional>
#include <variant>

namespace quantc {

/// The scheme of a weight of signs as methods want it.
BinaryScheme binarySchemeOf(qnt::SchemeAttr scheme);

/// The matrix [n, k] of an assigned parameter, rows are output channels;
/// `isTransposed` when it lies as [k, n]. Errors as qnt::readRounded.
llvm::Expected<std::vector<float>> readWeightMatrix(qnt::AssignOp assign,
                                                    int64_t n, int64_t k,
                                                    bool isTransposed,
                                                    qnt::DataReader &reader);

/// Says where the Hessian of the inputs of a weight lies: fp32 [k, k] from byte
/// `offset` of `file` on.
void setHessian(qnt::AssignOp assign, llvm::StringRef file, int64_t offset);

bool hasHessian(qnt::AssignOp assign);

/// That Hessian; empty where the weight has none. ErrorKind::IO when the file
/// cannot be read or ends before it.
llvm::Expected<std::vector<float>> readHessian(qnt::AssignOp assign, int64_t k);

/// What a method gave for a weight: integers or signs.
using ChosenCodes = std::variant<QuantizedMatrix, BinaryMatrix>;

/// What `method` gives for the matrix under the scheme. Errors as those of
/// Method.
llvm::Expected<ChosenCodes> chooseCodes(const Method &method, MatrixRef matrix,
                                        qnt::SchemeAttr scheme);

/// The numbers [n, k] that codes stand for.
std::vector<float> reconstruct(const ChosenCodes &codes);

/// The codes of a matrix [n, k] of that scheme in a record; nothing when it
/// holds others.
std::optional<ChosenCodes> findCodes(const SafetensorsFile &record, int64_t n,
                                     int64_t k, qnt::SchemeAttr scheme);

/// Says that the codes of a weight were chosen before and lie in the record
/// `file`, as StoredMatrix writes it.
void setCodes(qnt::AssignOp assign, llvm::StringRef file);

bool hasCodes(qnt::AssignOp assign);

/// Those codes of the matrix [n, k]; nothing where the weight has none.
/// ErrorKind::IO when the file cannot be read, ErrorKind::BadModel when it
/// holds something else.
llvm::Expected<std::optional<ChosenCodes>> readCodes(qnt::AssignOp assign,
                                                     int64_t n, int64_t k);

/// Those codes, or what the method chooses, with the Hessian that the weight
/// names. Errors as readCodes, readHessian and Method::quantize.
llvm::Expected<ChosenCodes> chooseCodes(qnt::AssignOp assign,
                                        const Method &method, MatrixRef matrix);

/// Whether the branch of a weight, if it has one, is fitted with a Hessian.
bool branchNeedsHessian(qnt::AssignOp assign);

/// Rank of the branch that a weight is to have, at most; 0 for none.
int64_t branchRank(qnt::AssignOp assign);

/// Says that the branch of a weight was fitted before and lies in the record
/// `file`, as StoredBranch writes it.
void setBranch(qnt::AssignOp assign, llvm::StringRef file);

/// The branch of that rank for a weight and its codes: what was fitted before,
/// or with the Hessian of `weights`, or that which the weight names.
/// ErrorKind::Usage when it is missing, errors of fitLowRank, and of records as
/// readCodes.
llvm::Expected<LowRankBranch> fitBranch(qnt::AssignOp assign, MatrixRef weights,
                                        const QuantizedMatrix &quantized);

} // namespace quantc

#endif // QUANTC_QUANTIZE_WEIGHTMATRIX_H
