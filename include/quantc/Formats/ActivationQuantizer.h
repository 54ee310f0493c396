//===- ActivationQuantizer.h - floats to codes at run time ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definition of how activations become integers. Every kernel gives the
// same codes, scales and sums bit for bit; the interpreter calls these
// functions. All arithmetic is fp32, each operation rounded on its own (no
// fused multiply-add); rint rounds half to even.

#ifndef QUANTC_FORMATS_ACTIVATIONQUANTIZER_H
#define QUANTC_FORMATS_ACTIVATIONQUANTIZER_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

/// Rows whose largest magnitude is below this count as zero, so that the scale
/// and its inverse are normal fp32 numbers: 2^-119.
inline constexpr float kSmallestRowMaximum = 0x1p-119f;

/// Symmetric int8 with one scale a row ("per token, dynamic").
/// x [rows, width] -> codes [rows, width], scales [rows]. For each row, with
/// most = 127, or 7 for codes of 4 bits:
///
///   amax  = max |x|               by magnitude, so NaN > infinity > finite
///   inv   = most / amax           one division
///   scale = amax / most           one division
///   q     = rint(x * inv)         one multiplication an element
///
/// and q is clamped to [-most, most], which never changes it (|x * inv| is at
/// most `most` (1 + 2^-22)). x is approximately q * scale; -most - 1 never
/// occurs.
///
/// * amax < 2^-119 (a zero row among them): scale 0, all codes 0.
/// * amax infinite or NaN: scale NaN, so that the row's results are NaN; the
///   codes are 0 here and unspecified in kernels.
void quantizeRowsSymmetricInt8(llvm::ArrayRef<float> x, int64_t rows,
                               int64_t width,
                               llvm::MutableArrayRef<int8_t> codes,
                               llvm::MutableArrayRef<float> scales,
                               unsigned bits = 8);

/// Rows whose range is below this count as zero, so that scale and inverse are
/// normal fp32 numbers: 2^-118.
inline constexpr float kSmallestRowRange = 0x1p-118f;

/// int8 with one scale and zero point a row ("per token, dynamic, asymmetric").
/// x [rows, width] -> codes [rows, width], scales and zeroPoints [rows]. For
/// each row, with zero always inside its range, steps = 255 and low = -128, or
/// 15 and -8 for codes of 4 bits:
///
///   lo    = min(0, min x),  hi = max(0, max x),  range = hi - lo
///   inv   = steps / range                 one division
///   scale = range / steps                 one division
///   zero  = low - rint(lo * inv)          in [low, low + steps]
///   q     = min(rint(x * inv) + zero, low + steps)
///
/// x is approximately (q - zero) * scale; codes are never below `low`.
///
/// * range < 2^-118 (a zero row among them): scale 0, zero point and codes 0.
/// * an element infinite or NaN, or the range infinite: scale NaN, so that the
///   row's results are NaN; codes and zero point are 0 here and unspecified in
///   kernels.
void quantizeRowsAsymmetricInt8(llvm::ArrayRef<float> x, int64_t rows,
                                int64_t width,
                                llvm::MutableArrayRef<int8_t> codes,
                                llvm::MutableArrayRef<float> scales,
                                llvm::MutableArrayRef<int8_t> zeroPoints,
                                unsigned bits = 8);

/// Exact sums of the codes of every group of a row: codes [rows, width] ->
/// sums [rows, ceil(width / groupSize)]. The last group may be shorter. Needed
/// to correct for the zero points of weights.
void sumGroups(llvm::ArrayRef<int8_t> codes, int64_t rows, int64_t width,
               int64_t groupSize, llvm::MutableArrayRef<int32_t> sums);

/// Parameters of a static affine quantizer, x ~ scale * (q - zeroPoint).
struct AffineParams {
  float scale = 1;             ///< positive and normal, and so is 1/scale
  int32_t zeroPoint = 0;       ///< within [low, high]
  int32_t low = 0, high = 255; ///< uint8: 0, 255; int8: -128, 127
};

/// Static affine quantization of a whole tensor:
///
///   inv = 1 / scale                           one division in all
///   q   = clamp(rint(x * inv) + zeroPoint, low, high)
///
/// Evaluated as zeroPoint + rint(clamp(x * inv, low - zeroPoint,
/// high - zeroPoint)), which is the same number for every x and cannot
/// overflow. Infinities saturate, NaN gives `low`.
void quantizeAffine(llvm::ArrayRef<float> x, const AffineParams &params,
                    llvm::MutableArrayRef<uint8_t> codes);
/// The same for a signed range.
void quantizeAffine(llvm::ArrayRef<float> x, const AffineParams &params,
                    llvm::MutableArrayRef<int8_t> codes);

} // namespace quantc

#endif // QUANTC_FORMATS_ACTIVATIONQUANTIZER_H
