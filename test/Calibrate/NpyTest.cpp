//===- NpyTest.cpp - tests of single NumPy files -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Headers as NumPy writes them, and everything else refused.

#include "quantc/Calibrate/Npz.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace quantc;

/// A file of this dictionary and data; the length field follows the version.
static std::string npy(StringRef dictionary, StringRef data, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {char(version), 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += char(dictionary.size() >> (8 * i));
  return bytes + dictionary.str() + data.str();
}

static std::string header(StringRef type, StringRef shape,
                          StringRef columnMajor = "False") {
  return ("{'descr': '" + type + "', 'fortran_order': " + columnMajor +
          ", 'shape': " + shape + ", }\n")
      .str();
}

static Expected<Array> parse(const std::string &bytes) {
  return parseNpy(arrayRefFromStringRef(bytes), "x.npy");
}

/// The error of bytes that must be refused as a damaged file.
static std::string refusal(const std::string &bytes) {
  auto array = parse(bytes);
  if (array)
    return "(accepted)";
  Failure failure = takeFailure(array.takeError());
  EXPECT_EQ(failure.exitCode, int(ErrorKind::BadModel));
  return failure.message;
}

TEST(Npy, EveryVersion) {
  for (int version : {1, 2, 3}) {
    auto array = parse(
        npy(header("<i2", "(3,)"), StringRef("\1\0\2\0\3\1", 6), version));
    ASSERT_TRUE(bool(array)) << toString(array.takeError());
    EXPECT_EQ(describe(array->type, array->shape), "i16[3]");
    EXPECT_EQ(array->as<int16_t>(), ArrayRef<int16_t>({1, 2, 259}));
  }
}

TEST(Npy, EveryType) {
  const std::pair<const char *, const char *> types[] = {
      {"<f2", "f16"},  {"<f4", "f32"},  {"<f8", "f64"},  {"|i1", "i8"},
      {"<i2", "i16"},  {"<i4", "i32"},  {"<i8", "i64"},  {"|u1", "ui8"},
      {"<u2", "ui16"}, {"<u4", "ui32"}, {"<u8", "ui64"}, {"|b1", "bool"}};
  for (auto [npyName, name] : types) {
    std::string data(size_t(npyName[2] - '0') * 2, '\0');
    auto array = parse(npy(header(npyName, "(1, 2)"), data));
    ASSERT_TRUE(bool(array)) << npyName << toString(array.takeError());
    EXPECT_EQ(describe(array->type, array->shape), name + std::string("[1,2]"));
  }
}

TEST(Npy, ScalarsAndEmptyArrays) {
  auto scalar = parse(npy(header("<f4", "()"), StringRef("\0\0\x80\x3f", 4)));
  ASSERT_TRUE(bool(scalar)) << toString(scalar.takeError());
  EXPECT_TRUE(scalar->shape.empty());
  EXPECT_EQ(scalar->as<float>()[0], 1.0f);
  auto empty = parse(npy(header("<f4", "(0, 7)"), ""));
  ASSERT_TRUE(bool(empty)) << toString(empty.takeError());
  EXPECT_EQ(empty->elementCount(), 0);
}

TEST(Npy, OtherSpellings) {
  auto array = parse(
      npy(R"({ "shape":(2L,1) , "descr" : "u1","fortran_order":False})", "ab"));
  ASSERT_TRUE(bool(array)) << toString(array.takeError());
  EXPECT_EQ(describe(array->type, array->shape), "ui8[2,1]");
}

TEST(Npy, ColumnMajorIsTransposed) {
  // [[0 1 2] [3 4 5]] and a [2, 1, 3] array of the same numbers.
  for (const char *shape : {"(2, 3)", "(2, 1, 3)"}) {
    auto array =
        parse(npy(header("|u1", shape, "True"), StringRef("\0\3\1\4\2\5", 6)));
    ASSERT_TRUE(bool(array)) << toString(array.takeError());
    EXPECT_EQ(array->as<uint8_t>(), ArrayRef<uint8_t>({0, 1, 2, 3, 4, 5}));
  }
}

TEST(Npy, RoundTrip) {
  for (const std::vector<int64_t> &shape :
       {std::vector<int64_t>{}, {5}, {2, 0, 3}, {2, 3, 4}}) {
    Array array = Array::zeros({ElementType::Int, 32}, shape);
    for (auto [i, value] : enumerate(array.as<int32_t>()))
      value = int32_t(i) * -7;
    std::string bytes = formatNpy(array);
    EXPECT_EQ((bytes.size() - array.bytes.size()) % 64, 0u);
    auto back = parse(bytes);
    ASSERT_TRUE(bool(back)) << toString(back.takeError());
    EXPECT_EQ(ArrayRef<int64_t>(back->shape), ArrayRef(shape));
    EXPECT_EQ(back->bytes, array.bytes);
  }
}

TEST(Npy, CutAnywhereIsRefused) {
  std::string whole = npy(header("<f4", "(2,)"), "01234567");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(refusal(whole.substr(0, size)), "(accepted)") << size;
  EXPECT_EQ(refusal(whole.substr(0, 30)),
            "x.npy is cut off: its header takes " +
                std::to_string(whole.size() - 18) + " bytes, 20 are left");
  EXPECT_EQ(refusal(whole + "x"),
            "x.npy holds 9 bytes of data, which is not f32[2]");
}

TEST(Npy, OtherContentIsRefused) {
  EXPECT_EQ(refusal("PK\3\4 something else"),
            "x.npy is no .npy file: it does not start with \\x93NUMPY");
  EXPECT_EQ(refusal(npy(header("<f4", "(1,)"), "0123", 4)),
            "x.npy has .npy version 4, expected 1, 2 or 3");
  EXPECT_EQ(refusal(npy(header("|O", "(1,)"), "")),
            "x.npy holds Python objects, which are never read");
  EXPECT_EQ(refusal(npy("{'descr': [('a', '<f4')], 'fortran_order': False, "
                        "'shape': (1,), }",
                        "0123")),
            "x.npy holds records, expected plain numbers");
  EXPECT_EQ(refusal(npy(header(">f4", "(1,)"), "0123")),
            "x.npy holds big-endian numbers ('>f4'), expected little-endian "
            "ones");
  EXPECT_EQ(refusal(npy(header("<c8", "(1,)"), "01234567")),
            "x.npy has elements of type '<c8', expected f2, f4, f8, i1 to i8, "
            "u1 to u8 or b1");
}

TEST(Npy, HugeShapesAreRefusedWithoutMemory) {
  EXPECT_NE(refusal(npy(header("<f8", "(9223372036854775807, 2)"), "")),
            "(accepted)");
  EXPECT_NE(refusal(npy(header("<f8", "(0, 9223372036854775807, 9)"), "")),
            "(accepted)");
  EXPECT_EQ(refusal(npy(header("<f4", "(1099511627776,)"), "0123")),
            "x.npy holds 4 bytes of data, which is not f32[1099511627776]");
  std::string many = "(";
  for (int i = 0; i < 100; ++i)
    many += "1,";
  EXPECT_NE(refusal(npy(header("<f4", many + ")"), "0123")), "(accepted)");
}

TEST(Npy, BadDictionariesAreRefused) {
  for (const char *dictionary :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': "
        "(1,)}",
        "{'descr': '<f4', 'fortran_order': No, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}"})
    EXPECT_EQ(refusal(npy(dictionary, "0123")),
              "x.npy: the header is not one that NumPy writes")
        << dictionary;
}
