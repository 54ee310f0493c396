//===- Npy.cpp - NumPy's files of one array -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The header is a Python dictionary in text; only the form that NumPy writes is
// understood. Format: numpy.lib.format. Archives are in Npz.cpp.

#include "quantc/Calibrate/Npz.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"

using namespace llvm;
using namespace quantc;

static constexpr StringRef npyMagic("\x93NUMPY", 6);
static constexpr size_t maxRank = 64;

namespace {
/// What the dictionary says.
struct Header {
  ElementType type;
  bool isColumnMajor = false;
  SmallVector<int64_t, 4> shape;
};

/// Reads the dictionary from the front of `text`.
class HeaderParser {
public:
  HeaderParser(StringRef text, StringRef where) : text(text), where(where) {}

  Expected<Header> parse() {
    bool seen[3] = {};
    bool isGood = take("{");
    while (isGood && !take("}")) {
      StringRef key;
      isGood = takeString(key) && take(":");
      int place = StringSwitch<int>(key)
                      .Case("descr", 0)
                      .Case("fortran_order", 1)
                      .Case("shape", 2)
                      .Default(-1);
      if (!isGood || place < 0 || seen[place])
        return damaged();
      seen[place] = true;
      if (Error error = parseValue(place))
        return std::move(error);
      if (!take(",") && !text.ltrim().starts_with("}"))
        return damaged();
    }
    if (!isGood || !seen[0] || !seen[1] || !seen[2])
      return damaged();
    return header;
  }

private:
  Error damaged() {
    return makeError(ErrorKind::BadModel,
                     "{0}: the header is not one that NumPy writes", where);
  }
  bool take(StringRef token) {
    text = text.ltrim();
    return text.consume_front(token);
  }
  bool takeString(StringRef &value) {
    text = text.ltrim();
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return false;
    size_t end = text.find(text[0], 1);
    if (end == StringRef::npos)
      return false;
    value = text.slice(1, end);
    text = text.drop_front(end + 1);
    return true;
  }

  Error parseValue(int place) {
    if (place == 0)
      return parseType();
    if (place == 2)
      return parseShape();
    header.isColumnMajor = take("True");
    return header.isColumnMajor || take("False") ? Error::success() : damaged();
  }

  Error parseType() {
    StringRef name;
    if (text.ltrim().starts_with("["))
      return makeError(ErrorKind::BadModel,
                       "{0} holds records, expected plain numbers", where);
    if (!takeString(name))
      return damaged();
    if (name.contains('O'))
      return makeError(ErrorKind::BadModel,
                       "{0} holds Python objects, which are never read", where);
    if (name.starts_with(">"))
      return makeError(ErrorKind::BadModel,
                       "{0} holds big-endian numbers ('{1}'), expected "
                       "little-endian ones",
                       where, name);
    return setType(name);
  }

  Error setType(StringRef name) {
    using Type = ElementType;
    StringRef plain =
        name.drop_while([](char c) { return StringRef("<|=").contains(c); });
    auto type = StringSwitch<std::optional<Type>>(plain)
                    .Case("f2", Type{Type::Float, 16})
                    .Case("f4", Type{Type::Float, 32})
                    .Case("f8", Type{Type::Float, 64})
                    .Case("i1", Type{Type::Int, 8})
                    .Case("i2", Type{Type::Int, 16})
                    .Case("i4", Type{Type::Int, 32})
                    .Case("i8", Type{Type::Int, 64})
                    .Case("u1", Type{Type::UInt, 8})
                    .Case("u2", Type{Type::UInt, 16})
                    .Case("u4", Type{Type::UInt, 32})
                    .Case("u8", Type{Type::UInt, 64})
                    .Case("b1", Type{Type::Bool, 8})
                    .Default(std::nullopt);
    if (!type)
      return makeError(ErrorKind::BadModel,
                       "{0} has elements of type '{1}', expected f2, f4, f8, "
                       "i1 to i8, u1 to u8 or b1",
                       where, name);
    header.type = *type;
    return Error::success();
  }

  Error parseShape() {
    bool isGood = take("(");
    while (isGood && !take(")")) {
      text = text.ltrim();
      uint64_t size;
      if (text.consumeInteger(10, size) || size > INT64_MAX ||
          header.shape.size() == maxRank)
        return damaged();
      text.consume_front("L"); // of Python 2
      header.shape.push_back(static_cast<int64_t>(size));
      isGood = take(",") || text.ltrim().starts_with(")");
    }
    return isGood ? Error::success() : damaged();
  }

  StringRef text, where;
  Header header;
};
} // namespace

/// Copies column-major elements into row-major order.
static std::vector<uint8_t> toRowMajor(ArrayRef<uint8_t> source,
                                       const Header &header) {
  size_t rank = header.shape.size(), element = header.type.bytes();
  SmallVector<int64_t, 4> index(rank, 0);
  std::vector<uint8_t> result(source.size());
  for (size_t to = 0; to < source.size(); to += element) {
    size_t from = 0;
    for (size_t i = rank; i-- > 0;)
      from = from * size_t(header.shape[i]) + size_t(index[i]);
    std::memcpy(&result[to], &source[from * element], element);
    for (size_t i = rank; i-- > 0 && ++index[i] == header.shape[i];)
      index[i] = 0;
  }
  return result;
}

/// The text of the header; `bytes` becomes what follows.
static Expected<StringRef> takeHeaderText(ArrayRef<uint8_t> &bytes,
                                          StringRef where) {
  StringRef text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (!text.starts_with(npyMagic) || text.size() < 12)
    return makeError(ErrorKind::BadModel,
                     "{0} is no .npy file: it does not start with \\x93NUMPY",
                     where);
  unsigned version = bytes[6];
  if (version < 1 || version > 3)
    return makeError(ErrorKind::BadModel,
                     "{0} has .npy version {1}, expected 1, 2 or 3", where,
                     version);
  size_t start = version == 1 ? 10 : 12;
  uint64_t length = version == 1 ? support::endian::read16le(&bytes[8])
                                 : support::endian::read32le(&bytes[8]);
  if (length > bytes.size() - start)
    return makeError(ErrorKind::BadModel,
                     "{0} is cut off: its header takes {1} bytes, {2} are left",
                     where, length, bytes.size() - start);
  bytes = bytes.drop_front(start + length);
  return text.substr(start, length);
}

Expected<Array> quantc::parseNpy(ArrayRef<uint8_t> bytes, StringRef where) {
  auto text = takeHeaderText(bytes, where);
  if (!text)
    return text.takeError();
  auto header = HeaderParser(*text, where).parse();
  if (!header)
    return header.takeError();
  std::optional<uint64_t> expected = byteCount(header->type, header->shape);
  if (!expected || *expected != bytes.size())
    return makeError(ErrorKind::BadModel,
                     "{0} holds {1} bytes of data, which is not {2}", where,
                     bytes.size(), describe(header->type, header->shape));
  Array array{header->type, header->shape, {}};
  if (header->isColumnMajor && header->shape.size() > 1)
    array.bytes = toRowMajor(bytes, *header);
  else
    array.bytes.assign(bytes.begin(), bytes.end());
  return array;
}

std::string quantc::formatNpy(const Array &array) {
  const char *kind = array.type.kind == ElementType::Float  ? "f"
                     : array.type.kind == ElementType::Int  ? "i"
                     : array.type.kind == ElementType::Bool ? "b"
                                                            : "u";
  std::string shape;
  for (int64_t size : array.shape)
    shape += std::to_string(size) + (array.shape.size() == 1 ? "," : ", ");
  if (array.shape.size() > 1)
    shape.resize(shape.size() - 2);
  std::string text =
      formatv(
          "{{'descr': '{0}{1}{2}', 'fortran_order': False, 'shape': ({3}), }",
          array.type.bits == 8 ? "|" : "<", kind, array.type.bytes(), shape)
          .str();
  // The data starts at a multiple of 64; the header ends with a line break.
  text.append(63 - (10 + text.size()) % 64, ' ');
  text.push_back('\n');
  std::string result = npyMagic.str() + std::string("\1\0", 2);
  result.push_back(char(text.size() & 0xff));
  result.push_back(char(text.size() >> 8));
  result += text;
  result.append(reinterpret_cast<const char *>(array.bytes.data()),
                array.bytes.size());
  return result;
}
