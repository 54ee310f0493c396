//===- ModelTest.cpp - sizes, types and hostile model files -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/Model.h"
#include "../Support/TempFolder.h"
#include "Wire.h"
#include "mlir/IR/MLIRContext.h"
#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"
#include <filesystem>

using namespace quantc;
using namespace quantc::importer;
using namespace quantc::test;

namespace {
class HostileModel : public ::testing::Test {
protected:
  /// Imports `bytes` as a model file; empty when that worked.
  Failure import(llvm::StringRef bytes) {
    std::string path = folder.write("model.onnx", bytes);
    auto module = importOnnx(path, context);
    return module ? Failure() : takeFailure(module.takeError());
  }

  TempFolder folder;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};
} // namespace

TEST(ElementCount, ChecksEverySize) {
  EXPECT_EQ(elementCount({}), 1u);
  EXPECT_EQ(elementCount({2, 3, 4}), 24u);
  EXPECT_EQ(elementCount({0, 5}), 0u);
  EXPECT_EQ(elementCount({2, -1}), std::nullopt);
  EXPECT_EQ(elementCount({0, -1}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t(1) << 32, int64_t(1) << 32}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t(1) << 32, int64_t(1) << 32, 0}),
            std::nullopt);
}

TEST(ByteLength, RoundsPackedTypesUp) {
  EXPECT_EQ(byteLength(ElementType::Float, 3), 12u);
  EXPECT_EQ(byteLength(ElementType::Int4, 3), 2u);
  EXPECT_EQ(byteLength(ElementType::UInt2, 5), 2u);
  EXPECT_EQ(byteLength(ElementType::Float, uint64_t(1) << 60), std::nullopt);
  EXPECT_EQ(byteLength(ElementType::String, 5), 0u);
}

TEST(ElementTypes, AreNamedAsInOnnxText) {
  EXPECT_EQ(nameOf(ElementType::BFloat16), "bfloat16");
  EXPECT_EQ(nameOf(static_cast<ElementType>(99)), "an unknown type");
  EXPECT_TRUE(isUnsigned(ElementType::UInt4));
  EXPECT_FALSE(isUnsigned(ElementType::Bool));
}

TEST_F(HostileModel, TheModelItselfIsGood) {
  Failure failure = import(addModel());
  EXPECT_EQ(failure.exitCode, 0) << failure.message;
}

TEST_F(HostileModel, MissingFile) {
  auto module = importOnnx(folder.path("none.onnx"), context);
  ASSERT_FALSE(module);
  EXPECT_EQ(exitCodeOf(module.takeError()), 4);
}

TEST_F(HostileModel, EveryTruncationIsRefused) {
  std::string model = addModel();
  for (size_t size = 0; size < model.size(); ++size) {
    Failure failure = import(llvm::StringRef(model).take_front(size));
    EXPECT_EQ(failure.exitCode, 3) << size << ": " << failure.message;
  }
}

TEST_F(HostileModel, NoChangedByteCrashes) {
  std::string model = addModel();
  for (size_t i = 0; i < model.size(); ++i)
    for (int change : {1, 0x55, 0x80, 0xff}) {
      std::string damaged = model;
      damaged[i] ^= static_cast<char>(change);
      int code = import(damaged).exitCode;
      EXPECT_TRUE(code == 0 || code == 2 || code == 3)
          << "byte " << i << " changed by " << change << ": " << code;
    }
}

TEST_F(HostileModel, NotAModel) {
  EXPECT_NE(import("GIF89a").message.find("not an ONNX model, or truncated"),
            std::string::npos);
}

TEST_F(HostileModel, MoreThanProtobufCanRead) {
  std::string path = folder.write("large.onnx", "");
  std::filesystem::resize_file(path, uint64_t(3) << 30); // a sparse file
  auto module = importOnnx(path, context);
  ASSERT_FALSE(module);
  EXPECT_NE(takeFailure(module.takeError())
                .message.find("larger than 2 GB; keep the weights in an "
                              "external data file"),
            std::string::npos);
}

TEST_F(HostileModel, TensorOfManyDimensions) {
  Wire tensor = Wire().number(2, 1).bytes(8, "w");
  for (int i = 0; i < 40; ++i)
    tensor.number(1, 1);
  std::string model =
      Wire().number(1, 8).message(7, Wire().message(5, tensor)).text;
  EXPECT_NE(import(model).message.find(
                "tensor 'w' has 40 dimensions, expected at most 32"),
            std::string::npos);
}

TEST_F(HostileModel, ValueOfManyDimensions) {
  Wire shape;
  for (int i = 0; i < 40; ++i)
    shape.message(1, Wire().number(1, 1));
  Wire type = Wire().message(1, Wire().number(1, 1).message(2, shape));
  Wire graph = Wire().message(11, Wire().bytes(1, "x").message(2, type));
  EXPECT_NE(
      import(Wire().message(7, graph).text)
          .message.find("value 'x' has 40 dimensions, expected at most 32"),
      std::string::npos);
}

TEST_F(HostileModel, RawDataOfTheWrongLength) {
  Wire graph = Wire().message(5, tensorOf("w", 3, "abcd"));
  EXPECT_NE(import(Wire().message(7, graph).text)
                .message.find("tensor 'w' has 4 bytes of raw data, but type "
                              "float and shape [3] need 12"),
            std::string::npos);
}

TEST_F(HostileModel, UnknownElementType) {
  Wire tensor = Wire().number(1, 1).number(2, 77).bytes(8, "w");
  EXPECT_NE(import(Wire().message(7, Wire().message(5, tensor)).text)
                .message.find("tensor 'w' has the unknown element type 77"),
            std::string::npos);
}

TEST_F(HostileModel, SegmentsAndSparseTensors) {
  Wire tensor = tensorOf("w", 1, "abcd").message(3, Wire().number(1, 0));
  EXPECT_NE(import(Wire().message(7, Wire().message(5, tensor)).text)
                .message.find("tensor 'w' is a segment of another tensor, "
                              "expected a whole one"),
            std::string::npos);
  Failure failure = import(Wire().message(7, Wire().bytes(15, "")).text);
  EXPECT_EQ(failure.exitCode, 2);
  EXPECT_NE(failure.message.find("sparse initializers are not supported"),
            std::string::npos);
}

TEST_F(HostileModel, InputsAndInitializersWithoutNames) {
  EXPECT_NE(import(Wire().message(7, Wire().message(11, valueOf("", 2))).text)
                .message.find("an input has no name"),
            std::string::npos);
  EXPECT_NE(
      import(Wire().message(7, Wire().message(5, tensorOf("", 1, "abcd"))).text)
          .message.find("an initializer has no name"),
      std::string::npos);
}

TEST_F(HostileModel, FunctionsThatExplode) {
  // Function i calls function i + 1 twice.
  Wire model = Wire().number(1, 8);
  for (int i = 0; i < 60; ++i) {
    Wire call = Wire()
                    .bytes(1, "a")
                    .bytes(2, "b")
                    .bytes(4, "f" + std::to_string(i + 1))
                    .bytes(7, "d");
    model.message(25, Wire()
                          .bytes(1, "f" + std::to_string(i))
                          .bytes(10, "d")
                          .message(7, call)
                          .message(7, call));
  }
  Wire call = Wire().bytes(1, "x").bytes(2, "y").bytes(4, "f0").bytes(7, "d");
  model.message(7, Wire().message(1, call));
  EXPECT_NE(
      import(model.text)
          .message.find("its functions expand to more than 1000000 nodes"),
      std::string::npos);
}

TEST(SupportedOps, AreOrderedAndKnown) {
  auto ops = supportedOps();
  ASSERT_GT(ops.size(), 80u);
  for (size_t i = 1; i < ops.size(); ++i)
    EXPECT_LT(
        std::make_tuple(ops[i - 1].domain, ops[i - 1].name, ops[i - 1].since),
        std::make_tuple(ops[i].domain, ops[i].name, ops[i].since));
}
