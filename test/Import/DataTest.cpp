//===- DataTest.cpp - bytes of imported constants ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the importer says about a constant, read back by qnt::DataReader, is
// what the model holds.

#include "../Support/TempFolder.h"
#include "Wire.h"
#include "mlir/IR/MLIRContext.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"

using namespace quantc;
using namespace quantc::test;

namespace {
class ImportedData : public ::testing::Test {
protected:
  /// The bytes of constant `name` of the model at `path`.
  std::vector<uint8_t> read(const std::string &path, llvm::StringRef name) {
    auto imported = importOnnx(path, context);
    if (!imported) {
      ADD_FAILURE() << takeFailure(imported.takeError()).message;
      return {};
    }
    module = std::move(*imported);
    auto data = module->lookupSymbol<nn::DataOp>(name);
    EXPECT_TRUE(data) << name.str();
    qnt::DataReader reader;
    auto bytes = reader.bytes(data);
    if (!bytes) {
      ADD_FAILURE() << takeFailure(bytes.takeError()).message;
      return {};
    }
    return bytes->vec();
  }

  TempFolder folder;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;
};
} // namespace

TEST_F(ImportedData, RawDataIsARangeOfTheModelFile) {
  std::string path = folder.write("model.onnx", addModel());
  EXPECT_EQ(read(path, "w"), std::vector<uint8_t>(80, 'a'));
  auto data = module->lookupSymbol<nn::DataOp>("w");
  ASSERT_TRUE(data.getFile().has_value());
  EXPECT_TRUE(data.getFile()->ends_with("/model.onnx"));
}

TEST_F(ImportedData, SmallConstantsOfAllKinds) {
  std::string path = folder.write("model.onnxtxt", R"(
<ir_version: 10, opset_import: ["" : 21]>
test () => (bool[3] b, int16[2] s, float[4] f, bool[2] t)
<bool[3] b = {1, 0, 1}, int16[2] s = {-2, 258}, float[4] f = {1.0, 1.0, 1.0, 1.0}, bool[2] t = {1, 1}>
{
})");
  EXPECT_EQ(read(path, "b"), (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_EQ(read(path, "t"), (std::vector<uint8_t>{1, 1}));
  EXPECT_EQ(read(path, "s"), (std::vector<uint8_t>{0xfe, 0xff, 2, 1}));
  std::vector<uint8_t> ones;
  for (int i = 0; i < 4; ++i)
    ones.insert(ones.end(), {0, 0, 0x80, 0x3f});
  EXPECT_EQ(read(path, "f"), ones);
}

TEST_F(ImportedData, LargeTypedDataIsAResource) {
  std::string text = "<ir_version: 10, opset_import: [\"\" : 21]>\n"
                     "test () => (int32[2000] w)\n<int32[2000] w = {0";
  for (int i = 1; i < 2000; ++i)
    text += ", " + std::to_string(i);
  std::string path = folder.write("model.onnxtxt", text + "}>\n{\n}");
  std::vector<uint8_t> bytes = read(path, "w");
  ASSERT_EQ(bytes.size(), 8000u);
  EXPECT_EQ(bytes[4 * 1999] + 256 * bytes[4 * 1999 + 1], 1999);
}
