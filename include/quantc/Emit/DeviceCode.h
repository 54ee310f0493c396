//===- DeviceCode.h - PTX from LLVM IR --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Optimizes the kernels of a GPU and writes them in the language that its
// driver compiles, and as machine code where an assembler is installed. The
// table of GPUs is quantc/Target/Cuda.def.

#ifndef QUANTC_EMIT_DEVICECODE_H
#define QUANTC_EMIT_DEVICECODE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>

namespace quantc {

/// A GPU that kernels can be compiled for.
struct GPU {
  int32_t architecture;     ///< compute capability times ten
  llvm::StringRef name;     ///< LLVM's name: "sm_80"
  llvm::StringRef features; ///< the version of PTX, or empty for LLVM's
  bool hasByteMma; ///< tensor cores multiply bytes and bits by mma.sync
};

/// All GPUs, ascending.
llvm::ArrayRef<GPU> allGPUs();

/// The kernels of an artifact: PTX for one GPU and later ones, or machine code
/// for GPUs of the same major number.
struct DeviceImage {
  int32_t architecture = 0;
  std::string code;
  bool isMachineCode = false;
};

/// PTX of `module`: every function that is defined is a kernel. What kernels
/// call of the runtime is added. ErrorKind::Internal when LLVM refuses.
llvm::Expected<DeviceImage> toDeviceImage(llvm::Module &module, const GPU &gpu);

/// Machine code of the PTX in `image`, by the program `ptxas` of the PATH.
/// Nothing if there is none, or if it fails, since the driver can compile PTX;
/// `refusal` then gets what it said. ErrorKind::IO for files in between.
llvm::Expected<std::optional<DeviceImage>>
assembleImage(const DeviceImage &image, const GPU &gpu, std::string &refusal);

} // namespace quantc

#endif // QUANTC_EMIT_DEVICECODE_H
