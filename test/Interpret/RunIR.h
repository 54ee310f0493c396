//===- RunIR.h - runs functions given as text -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the tests of the interpreter share.

#ifndef QUANTC_TEST_INTERPRET_RUNIR_H
#define QUANTC_TEST_INTERPRET_RUNIR_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Interpret/Interpret.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

namespace quantc {

/// A module with a function @main that is called with tensors.
class Program {
public:
  explicit Program(llvm::StringRef text) {
    context.loadDialect<mlir::func::FuncDialect, mlir::arith::ArithDialect,
                        mlir::linalg::LinalgDialect, mlir::math::MathDialect,
                        mlir::scf::SCFDialect, mlir::tensor::TensorDialect,
                        nn::NNDialect, qnt::QntDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module);
  }

  mlir::Builder types() { return mlir::Builder(&context); }
  Tensor floats(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> numbers) {
    return Tensor::ofFloats(types().getF32Type(), shape, numbers);
  }
  Tensor integers(unsigned bits, llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<int64_t> numbers) {
    return Tensor::ofIntegers(types().getIntegerType(bits), shape, numbers);
  }

  /// Computes in fp64 from here on; inputs are then of that type.
  void widen() { widenToDouble(main()); }

  /// What @main returns; nothing, and a failed expectation, on an error.
  std::vector<Tensor> run(llvm::ArrayRef<Tensor> inputs,
                          ResultCallback afterOp = nullptr,
                          int64_t precision = 0) {
    auto outputs = interpret(main(), inputs, reader, afterOp, precision);
    EXPECT_TRUE(mlir::succeeded(outputs));
    return mlir::succeeded(outputs) ? *outputs : std::vector<Tensor>(9);
  }
  /// What is diagnosed while @main runs.
  std::string complaint(llvm::ArrayRef<Tensor> inputs, int64_t precision = 0) {
    std::string said;
    mlir::ScopedDiagnosticHandler handler(&context,
                                          [&](mlir::Diagnostic &diagnostic) {
                                            said += diagnostic.str();
                                            return mlir::success();
                                          });
    bool runs =
        mlir::succeeded(interpret(main(), inputs, reader, nullptr, precision));
    EXPECT_EQ(runs, said.empty());
    return said;
  }

private:
  mlir::func::FuncOp main() {
    return module->lookupSymbol<mlir::func::FuncOp>("main");
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  qnt::DataReader reader;
};

/// Attributes of an nn.data with these bytes, in a file that is gone when the
/// program ends. Packed data is never inside the IR.
inline std::string inFile(llvm::ArrayRef<uint8_t> bytes) {
  static std::vector<std::unique_ptr<llvm::FileRemover>> files;
  llvm::SmallString<128> path;
  int descriptor = -1;
  EXPECT_FALSE(
      llvm::sys::fs::createTemporaryFile("weights", "bin", descriptor, path));
  llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true)
      .write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  files.push_back(std::make_unique<llvm::FileRemover>(path));
  return llvm::formatv("{{file = \"{0}\", offset = 0 : i64}", path).str();
}

using Floats = std::vector<float>;
using Integers = std::vector<int64_t>;
using Sizes = std::vector<int64_t>;

inline Sizes sizesOf(const Tensor &tensor) { return tensor.shape().vec(); }

} // namespace quantc

#endif // QUANTC_TEST_INTERPRET_RUNIR_H
