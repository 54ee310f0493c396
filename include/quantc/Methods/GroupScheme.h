//===- GroupScheme.h - matrices, groups, codes ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The plain data that methods take and give: a matrix, a scheme, codes. Says
// nothing of how the codes are chosen.

#ifndef QUANTC_METHODS_GROUPSCHEME_H
#define QUANTC_METHODS_GROUPSCHEME_H

#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/StoredSize.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace quantc {

/// A borrowed weight matrix [rows, cols], row-major; a row is an output
/// channel.
struct MatrixRef {
  llvm::ArrayRef<float> data;
  int64_t rows = 0, cols = 0;
  /// `X^T X` of the inputs that the matrix is multiplied by, [cols, cols],
  /// symmetric; empty where it is not known.
  llvm::ArrayRef<float> hessian = {};
  /// `(Y - X)^T X` with Y the inputs that there would be if nothing were
  /// quantized, [cols, cols]; empty where it is not known.
  llvm::ArrayRef<float> drift = {};

  llvm::ArrayRef<float> row(int64_t r) const {
    return data.slice(size_t(r * cols), size_t(cols));
  }
};

/// Scales are stored in this type; codes are chosen with the rounded scale.
/// Those of 8 bits are numbers of that format times one fp32 unit for the whole
/// matrix, GroupScheme::scaleUnit.
enum class ScaleType : uint8_t { FP32, FP16, E8M0, E4M3 };

/// Steps times a scale, in groups along a row: uniform integers, or the steps
/// of `steps`. Uniform integers of `bits` bits in groups along a row. With the
/// largest and smallest weights of a group, or whatever range a method chooses:
///
/// symmetric:   s = amax / (2^(bits-1) - 1)
///              q = clamp(rint(w / s), -2^(bits-1), 2^(bits-1) - 1)
///              code = q + 2^(bits-1)
/// asymmetric:  low = min(0, min w), high = max(0, max w)
///              s = (high - low) / (2^bits - 1)
///              z = clamp(rint(-low / s), 0, 2^bits - 1)
///              code = clamp(rint(w / s) + z, 0, 2^bits - 1)
///
/// With zero points that are numbers, each an f16, and low and high the
/// smallest and the largest weight, whose range need not contain 0:
///
/// real:        s = max(high - low, (2^bits - 1) max(-low, high) / 1024)
///                  / (2^bits - 1)
///              z = f16(rint(-low / s)) at first, which methods may move
///              code = clamp(rint(w / s + z), 0, 2^bits - 1)
///
/// Other codes are symmetric, with steps as in quantc/Formats/CodeSteps.h, m
/// the highest of them, 12 for e2m1:
///
///              s = amax / m
///              q = the nearest step to w / s
///
/// Of planes of 8 bits, whose steps go from -136 to 119:
///
///              s = max(max w, -min w fp32(119 / 136)) / 119
///
/// Scales of 8 bits, with u = scaleUnit and x the highest number of the codes,
/// 6 for e2m1, (high - low) / s for asymmetric integers:
///
/// e8m0:        s = 2^k u, k = floor(log2 amax) - floor(log2 x) (the rule of
/// OCP
///              Microscaling Formats 1.0, section 6.3), u the number of a step
/// e4m3:        s = e4m3(amax / m / u) u, at least 2^-9 u and at most 448 u;
///              u = (largest amax / (448 x)) times the number of a step (as
///              NVFP4: with e2m1 and groups of 16 it is that format)
///
/// Where all weights are 0, s = u; of odd codes s is the smallest scale there.
///
/// Every operation is one fp32 operation, rint rounds half to even, and s is
/// rounded to the scale type before it is used. So that it never becomes 0, s
/// is at least the smallest normal number of fp32, or the smallest subnormal
/// one of fp16. Where all weights are 0, s = 1 and an asymmetric z = 0.
struct GroupScheme {
  unsigned bits = 4; ///< 2..8 symmetric, 1..8 asymmetric
  bool symmetric = true;
  /// Columns that share a scale; 0 means the whole row. The last group of a row
  /// may be shorter.
  int64_t groupSize = 0;
  ScaleType scaleType = ScaleType::FP32;
  /// What codes stand for; null for uniform integers.
  const CodeSteps *steps = nullptr;
  /// Of scales of 8 bits; Method::quantize chooses it. 1 for the others.
  float scaleUnit = 1;
  /// Of asymmetric integers: zero points are numbers, each an f16.
  bool realZeros = false;

  /// groupSize with 0 replaced by `cols`; at least 1.
  int64_t effectiveGroupSize(int64_t cols) const {
    int64_t size = groupSize == 0 || groupSize > cols ? cols : groupSize;
    return size > 0 ? size : 1;
  }
  int64_t groups(int64_t cols) const {
    return groupCount(cols, effectiveGroupSize(cols));
  }
  unsigned scaleBits() const {
    return scaleType == ScaleType::FP32   ? 32
           : scaleType == ScaleType::FP16 ? 16
                                          : 8;
  }
  bool hasScaleUnit() const { return scaleBits() == 8; }
  StepRule rule() const { return steps ? steps->rule : StepRule::Whole; }
  /// Symmetric: what stands for 0, 2^(bits-1) or the zero of the steps.
  uint8_t symmetricZeroPoint() const {
    return steps ? steps->zero : uint8_t(1u << (bits - 1));
  }
  /// The highest of QuantizedMatrix::codes.
  uint8_t largestCode() const {
    return steps ? steps->largestByte() : uint8_t((1u << bits) - 1);
  }
};

/// ErrorKind::Usage, saying what is allowed, if bits, groupSize or zero points
/// are not.
llvm::Error checkScheme(const GroupScheme &scheme);

/// A quantized weight matrix: w[r, c] ~ scales[r, g] * (codes[r, c] -
/// zeroPoints[r, g]) with g = c / groupSize. Codes are offset-binary; a
/// symmetric scheme has the zero point 2^(bits-1) everywhere; realZeros take
/// the place of zeroPoints where the scheme has them. Where the scheme has
/// steps, codes are their bytes (0 .. 24 with the zero point 12 for e2m1),
/// which storedCodes() brings to what is stored.
struct QuantizedMatrix {
  int64_t rows = 0, cols = 0, groupSize = 0, groups = 0;
  unsigned bits = 0;
  bool symmetric = true;
  const CodeSteps *steps = nullptr;
  ScaleType scaleType = ScaleType::FP32;
  float scaleUnit = 1;
  std::vector<uint8_t> codes;      ///< [rows, cols]
  std::vector<float> scales;       ///< [rows, groups], already rounded
  std::vector<uint8_t> zeroPoints; ///< [rows, groups]
  std::vector<float> realZeros;    ///< [rows, groups], each an f16; or empty
  /// Groups where a method found nothing better than round-to-nearest and kept
  /// that; 0 for round-to-nearest itself.
  int64_t groupsKeptAtRtn = 0;

  QuantizedMatrix() = default;
  /// Sizes the arrays for a matrix of that shape.
  QuantizedMatrix(int64_t rows, int64_t cols, const GroupScheme &scheme);

  /// The codes as they are stored, [rows, cols].
  std::vector<uint8_t> storedCodes() const;
  /// Scales of 8 bits as they are stored, [rows, groups].
  std::vector<uint8_t> storedScales() const;
  /// The highest of `codes`.
  uint8_t largestCode() const {
    return steps ? steps->largestByte() : uint8_t((1u << bits) - 1);
  }
  /// The zero point of a group, a number or a code.
  float zeroOf(size_t group) const {
    return realZeros.empty() ? float(zeroPoints[group]) : realZeros[group];
  }
  /// The float matrix the codes stand for: one fp32 subtraction (exact for
  /// codes) and one fp32 multiplication an element.
  void reconstruct(llvm::MutableArrayRef<float> weights) const;
  std::vector<float> reconstruct() const;
  /// What a row of ones multiplied by this matrix gives, [rows]: for each row,
  /// groups ascending from 0, sum = fma(sum of (code - zeroPoint), scale, sum)
  /// in fp32; with real zero points that sum is fma(-zeroPoint, count, sum of
  /// code). Corrects products for zero points of activations.
  std::vector<float> rowSums() const;
  /// Sum of (w - reconstruction)^2 in double: the errors of the groups (see
  /// groupSquaredError) added row by row, groups ascending.
  double squaredError(MatrixRef weights) const;
};

/// Sum of (w - scale * (code - zeroPoint))^2 over one group. The product is
/// fp32, all else double. Element c is added to partial sum c % 8, ascending;
/// then the eight sums are added ascending. So the result is the same on every
/// machine and still vectorizes.
double groupSquaredError(llvm::ArrayRef<float> weights,
                         llvm::ArrayRef<uint8_t> codes, float scale,
                         float zeroPoint);

} // namespace quantc

#endif // QUANTC_METHODS_GROUPSCHEME_H
