//===- Npz.cpp - NumPy's archives of arrays -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// As much of zip as NumPy uses, with the fields for large files (zip64). The
// table of contents at the end of the archive counts; of a member's own header
// only its length is used. Format: PKWARE APPNOTE 6.3.

#include "quantc/Calibrate/Npz.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include <zlib.h>

using namespace llvm;
using namespace llvm::support;
using namespace quantc;

namespace {
enum Signature : uint32_t {
  LocalHeader = 0x04034b50,
  DirectoryEntry = 0x02014b50,
  DirectoryEnd = 0x06054b50,
  DirectoryEnd64 = 0x06064b50,
  DirectoryEnd64Locator = 0x07064b50
};
} // namespace
static constexpr uint64_t localHeaderSize = 30, entrySize = 46, endSize = 22,
                          end64Size = 56, locatorSize = 20;
/// No deflated byte becomes more than 1032 bytes.
static constexpr uint64_t maxExpansion = 1032;

static Error damaged(StringRef path, const Twine &reason) {
  return makeError(ErrorKind::BadModel,
                   "'" + path + "' is no correct .npz file: " + reason);
}

//===----------------------------------------------------------------------===//
// Table of contents
//===----------------------------------------------------------------------===//

/// Reads the table of contents into `npz.members`.
class NpzFile::DirectoryReader {
public:
  explicit DirectoryReader(NpzFile &npz)
      : npz(npz), bytes(npz.file->bytes()), path(npz.file->path()) {}

  Error read() {
    if (Error error = findDirectory())
      return error;
    StringSet<> seen;
    for (uint64_t i = 0; i < count; ++i) {
      Member member;
      if (Error error = readEntry(member))
        return error;
      if (!seen.insert(member.name).second)
        return damaged(path, "it holds '" + member.name + "' twice");
      npz.members.push_back(std::move(member));
    }
    return Error::success();
  }

private:
  /// The end of the archive, behind which a comment may stand.
  Error findDirectory() {
    uint64_t size = bytes.size();
    uint64_t comment = 0;
    for (;; ++comment) {
      if (size < endSize + comment || comment > 0xffff)
        return damaged(path, "it does not end like a zip archive");
      const uint8_t *at = &bytes[size - endSize - comment];
      if (endian::read32le(at) == DirectoryEnd &&
          endian::read16le(at + 20) == comment)
        break;
    }
    uint64_t end = size - endSize - comment;
    count = endian::read16le(&bytes[end + 10]);
    uint64_t directorySize = endian::read32le(&bytes[end + 12]);
    position = endian::read32le(&bytes[end + 16]);
    if (Error error = readLargeEnd(end, directorySize))
      return error;
    if (position > end || directorySize > end - position)
      return damaged(path, "its table of contents lies outside of it");
    limit = position + directorySize;
    return Error::success();
  }

  /// The same fields for archives beyond 4 GiB or 65535 members.
  Error readLargeEnd(uint64_t &end, uint64_t &directorySize) {
    if (end < locatorSize ||
        endian::read32le(&bytes[end - locatorSize]) != DirectoryEnd64Locator)
      return Error::success();
    uint64_t large = endian::read64le(&bytes[end - locatorSize + 8]);
    if (end < locatorSize + end64Size ||
        large > end - locatorSize - end64Size ||
        endian::read32le(&bytes[large]) != DirectoryEnd64)
      return damaged(path, "the end of its table of contents is missing");
    count = endian::read64le(&bytes[large + 32]);
    directorySize = endian::read64le(&bytes[large + 40]);
    position = endian::read64le(&bytes[large + 48]);
    end = large;
    return Error::success();
  }

  Error readEntry(Member &member) {
    if (limit - position < entrySize ||
        endian::read32le(&bytes[position]) != DirectoryEntry)
      return damaged(path, "its table of contents is cut off");
    const uint8_t *at = &bytes[position];
    uint16_t flags = endian::read16le(at + 8);
    member.method = endian::read16le(at + 10);
    member.crc = endian::read32le(at + 16);
    member.storedSize = endian::read32le(at + 20);
    member.size = endian::read32le(at + 24);
    member.headerOffset = endian::read32le(at + 42);
    uint64_t nameSize = endian::read16le(at + 28),
             extraSize = endian::read16le(at + 30),
             commentSize = endian::read16le(at + 32);
    uint64_t whole = entrySize + nameSize + extraSize + commentSize;
    if (limit - position < whole)
      return damaged(path, "its table of contents is cut off");
    StringRef name(reinterpret_cast<const char *>(at + entrySize), nameSize);
    name.consume_back(".npy");
    member.name = name.str();
    readLargeSizes(bytes.slice(position + entrySize + nameSize, extraSize),
                   member);
    position += whole;
    return checkEntry(member, flags);
  }

  /// Fields that are all ones stand in the extra field 1, in this order.
  static void readLargeSizes(ArrayRef<uint8_t> extra, Member &member) {
    while (extra.size() >= 4) {
      uint16_t id = endian::read16le(&extra[0]);
      size_t size = endian::read16le(&extra[2]);
      extra = extra.drop_front(4);
      if (size > extra.size())
        return;
      ArrayRef<uint8_t> field = extra.take_front(size);
      extra = extra.drop_front(size);
      if (id != 1)
        continue;
      for (uint64_t *value :
           {&member.size, &member.storedSize, &member.headerOffset})
        if (*value == 0xffffffff && field.size() >= 8) {
          *value = endian::read64le(field.data());
          field = field.drop_front(8);
        }
    }
  }

  Error checkEntry(const Member &member, uint16_t flags) {
    if (flags & 1)
      return damaged(path, "'" + member.name + "' is encrypted");
    if (member.method != 0 && member.method != 8)
      return damaged(path, "'" + member.name + "' is packed by method " +
                               Twine(member.method) +
                               ", expected 0 (stored) or 8 (deflated)");
    bool isPossible = member.method == 0
                          ? member.size == member.storedSize
                          : member.size / maxExpansion <= member.storedSize;
    if (!isPossible)
      return damaged(path, "'" + member.name + "' cannot have " +
                               Twine(member.size) + " bytes, it is stored in " +
                               Twine(member.storedSize));
    return Error::success();
  }

  NpzFile &npz;
  ArrayRef<uint8_t> bytes;
  StringRef path;
  uint64_t count = 0, position = 0, limit = 0;
};

Expected<NpzFile> NpzFile::open(StringRef path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  NpzFile npz;
  npz.file = *file;
  if (Error error = DirectoryReader(npz).read())
    return std::move(error);
  return npz;
}

//===----------------------------------------------------------------------===//
// Members
//===----------------------------------------------------------------------===//

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> names;
  for (const Member &member : members)
    names.push_back(member.name);
  return names;
}

const NpzFile::Member *NpzFile::find(StringRef name) const {
  for (const Member &member : members)
    if (member.name == name)
      return &member;
  return nullptr;
}

Expected<ArrayRef<uint8_t>> NpzFile::storedBytes(const Member &member) const {
  ArrayRef<uint8_t> bytes = file->bytes();
  uint64_t at = member.headerOffset;
  if (bytes.size() < localHeaderSize || at > bytes.size() - localHeaderSize ||
      endian::read32le(&bytes[at]) != LocalHeader)
    return damaged(file->path(), "'" + member.name +
                                     "' is not where the table "
                                     "of contents says");
  uint64_t start = at + localHeaderSize + endian::read16le(&bytes[at + 26]) +
                   endian::read16le(&bytes[at + 28]);
  if (start > bytes.size() || member.storedSize > bytes.size() - start)
    return damaged(file->path(), "'" + member.name + "' is cut off");
  return bytes.slice(start, member.storedSize);
}

/// Unpacks into `result`, whose size is what must come out. False when the
/// bytes are damaged.
static bool inflateInto(ArrayRef<uint8_t> source,
                        MutableArrayRef<uint8_t> result) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  constexpr size_t piece = 1u << 30; // zlib counts in 32 bits
  int status = Z_OK;
  uint8_t nothing;
  do {
    size_t in = std::min(source.size(), piece),
           out = std::min(result.size(), piece);
    stream.next_in = const_cast<uint8_t *>(source.data());
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = out ? result.data() : &nothing;
    stream.avail_out = static_cast<uInt>(out);
    status = inflate(&stream, Z_NO_FLUSH);
    source = source.drop_front(in - stream.avail_in);
    result = result.drop_front(out - stream.avail_out);
  } while (status == Z_OK);
  inflateEnd(&stream);
  return status == Z_STREAM_END && result.empty();
}

static uint32_t crcOf(ArrayRef<uint8_t> bytes) {
  return static_cast<uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

Expected<Array> NpzFile::read(StringRef name) const {
  const Member *member = find(name);
  if (!member) {
    std::vector<std::string> owned = names();
    SmallVector<StringRef> known(owned.begin(), owned.end());
    return makeError(ErrorKind::BadModel, "'{0}' holds no array '{1}'{2}",
                     file->path(), name, didYouMean(name, known));
  }
  auto stored = storedBytes(*member);
  if (!stored)
    return stored.takeError();
  std::vector<uint8_t> unpacked;
  ArrayRef<uint8_t> bytes = *stored;
  if (member->method == 8) {
    unpacked.resize(member->size);
    if (!inflateInto(*stored, unpacked))
      return damaged(file->path(),
                     "the packed bytes of '" + name + "' are damaged");
    bytes = unpacked;
  }
  if (crcOf(bytes) != member->crc)
    return damaged(file->path(), "the checksum of '" + name + "' is wrong");
  return parseNpy(bytes,
                  ("'" + file->path() + "': array '" + name + "'").str());
}

Expected<NamedArrays> quantc::readArrays(StringRef path) {
  NamedArrays arrays;
  if (path.ends_with(".npy")) {
    auto file = MappedFile::open(path);
    if (!file)
      return file.takeError();
    auto array = parseNpy((*file)->bytes(), ("'" + path + "'").str());
    if (!array)
      return array.takeError();
    arrays.emplace_back("arr_0", std::move(*array));
    return arrays;
  }
  auto npz = NpzFile::open(path);
  if (!npz)
    return npz.takeError();
  for (const std::string &name : npz->names()) {
    auto array = npz->read(name);
    if (!array)
      return array.takeError();
    arrays.emplace_back(name, std::move(*array));
  }
  return arrays;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {
/// Little-endian numbers, one after the other.
struct Fields {
  Fields &u16(uint64_t value) { return put(value, 2); }
  Fields &u32(uint64_t value) { return put(value, 4); }
  Fields &u64(uint64_t value) { return put(value, 8); }
  Fields &put(uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
      text.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  std::string text;
};
} // namespace

/// The fields that local headers and table entries share: version 4.5 (zip64),
/// no flags, stored, the oldest date.
static void putCommon(Fields &fields, uint32_t crc, uint64_t nameSize,
                      uint64_t extraSize) {
  fields.u16(45).u16(0).u16(0).u16(0).u16(0x21).u32(crc);
  fields.u32(0xffffffff).u32(0xffffffff).u16(nameSize).u16(extraSize);
}

Error quantc::writeNpz(StringRef path, const NamedArrays &arrays) {
  StringSet<> seen;
  for (const auto &[name, array] : arrays)
    if (!seen.insert(name).second || name.size() > 60000)
      return makeError(ErrorKind::Usage,
                       "cannot write '{0}': the name '{1}' is there twice or "
                       "too long",
                       path, StringRef(name).take_front(80));
  auto file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  Fields directory;
  for (const auto &[key, array] : arrays) {
    std::string name = key + ".npy", bytes = formatNpy(array);
    uint32_t crc = crcOf(arrayRefFromStringRef(bytes));
    uint64_t offset = file->position();
    Fields local;
    local.u32(LocalHeader);
    putCommon(local, crc, name.size(), 20);
    local.text += name;
    local.u16(1).u16(16).u64(bytes.size()).u64(bytes.size());
    file->write(local.text);
    file->write(bytes);
    directory.u32(DirectoryEntry).u16(45);
    putCommon(directory, crc, name.size(), 28);
    directory.u16(0).u16(0).u16(0).u32(0).u32(0xffffffff);
    directory.text += name;
    directory.u16(1).u16(24).u64(bytes.size()).u64(bytes.size()).u64(offset);
  }
  uint64_t start = file->position(), size = directory.text.size();
  uint64_t large = start + size, count = arrays.size();
  Fields end;
  end.u32(DirectoryEnd64).u64(44).u16(45).u16(45).u32(0).u32(0);
  end.u64(count).u64(count).u64(size).u64(start);
  end.u32(DirectoryEnd64Locator).u32(0).u64(large).u32(1);
  end.u32(DirectoryEnd).u16(0).u16(0).u16(0xffff).u16(0xffff);
  end.u32(0xffffffff).u32(0xffffffff).u16(0);
  file->write(directory.text);
  file->write(end.text);
  return file->commit();
}
