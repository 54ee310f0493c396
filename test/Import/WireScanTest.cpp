//===- WireScanTest.cpp - finding raw data in a model file ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/WireScan.h"
#include "Wire.h"
#include "gtest/gtest.h"

using namespace quantc::importer;
using namespace quantc::test;

TEST(WireScan, FindsInitializers) {
  std::string model = addModel();
  auto found = scanRawData(bytesOf(model));
  ASSERT_EQ(found.size(), 1u);
  RawRange range = found.lookup("w");
  EXPECT_EQ(range.length, 80u);
  EXPECT_EQ(model.substr(range.offset, range.length), std::string(80, 'a'));
}

TEST(WireScan, FindsConstantsByTheirOutput) {
  Wire attribute =
      Wire().bytes(1, "value").message(5, tensorOf("ignored", 1, "abcd"));
  Wire node = Wire().message(5, attribute).bytes(2, "c").bytes(4, "Constant");
  std::string model = Wire().message(7, Wire().message(1, node)).text;
  RawRange range = scanRawData(bytesOf(model)).lookup("c");
  EXPECT_EQ(model.substr(range.offset, range.length), "abcd");
}

TEST(WireScan, SkipsOtherFieldsOfAllWireTypes) {
  Wire graph = Wire().number(3, 1u << 20);
  graph.text += std::string("\x21", 1) + "12345678"; // field 4, eight bytes
  graph.text += std::string("\x25", 1) + "1234";     // field 4, four bytes
  graph.message(5, tensorOf("w", 1, "wxyz"));
  std::string model = Wire().number(1, 7).message(7, graph).text;
  EXPECT_EQ(scanRawData(bytesOf(model)).lookup("w").length, 4u);
}

TEST(WireScan, EveryPrefixEndsQuietly) {
  std::string model = addModel();
  for (size_t size = 0; size < model.size(); ++size)
    for (const auto &entry :
         scanRawData(bytesOf(llvm::StringRef(model).take_front(size)))) {
      const RawRange &range = entry.second;
      EXPECT_LE(range.offset + range.length, size);
    }
}

TEST(WireScan, EndsAtGroupsAndAbsurdLengths) {
  EXPECT_TRUE(scanRawData(bytesOf("\x0b")).empty());
  EXPECT_TRUE(
      scanRawData(bytesOf("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
          .empty());
  EXPECT_TRUE(scanRawData(bytesOf(std::string(20, '\xff'))).empty());
}
