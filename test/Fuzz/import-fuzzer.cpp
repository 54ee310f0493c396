//===- import-fuzzer.cpp - any bytes as a model -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// libFuzzer target: the importer answers every file with a module or an error
// of the user's kind. Seeds are made by make_seeds.py.

#include "mlir/IR/MLIRContext.h"
#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

/// Types and attributes live as long as their context; a fresh one now and then
/// bounds the memory.
static mlir::MLIRContext &context() {
  static std::unique_ptr<mlir::MLIRContext> current;
  static unsigned uses = 0;
  if (uses++ % 500 == 0)
    current = std::make_unique<mlir::MLIRContext>(
        mlir::MLIRContext::Threading::DISABLED);
  return *current;
}

/// libMLIR, libLLVM and libprotobuf are not instrumented: they neither annotate
/// their containers nor unpoison the memory of their allocators.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const std::string path = [] {
    llvm::SmallString<128> folder;
    if (llvm::sys::fs::createUniqueDirectory("quantc-fuzz", folder))
      std::abort();
    return (folder + "/model.onnx").str();
  }();
  int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size))
    std::abort();
  close(file);
  auto module = quantc::importOnnx(path, context());
  if (module)
    return 0;
  quantc::Failure failure = quantc::takeFailure(module.takeError());
  if (failure.exitCode != static_cast<int>(quantc::ErrorKind::Internal))
    return 0;
  llvm::errs() << "an internal error: " << failure.message << "\n";
  std::abort();
}
