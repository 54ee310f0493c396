//===- StatisticsFolder.cpp - statistics that outlive a run -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// FOLDER/KIND/fingerprint.json says what the records FOLDER/KIND/*.safetensors
// are of. Each record names its fingerprint too, so that no order of writing
// and being killed can mix them up.

#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace llvm;
using namespace quantc;

namespace fs = llvm::sys::fs;

static constexpr StringLiteral fingerprintKey = "fingerprint",
                               suffix = ".safetensors";

static ArrayRef<uint8_t> asBytes(StringRef text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

void Fingerprint::add(StringRef part, ArrayRef<uint8_t> bytes) {
  std::string digest = digestOf(bytes);
  for (auto &[name, old] : parts)
    if (name == part) {
      old = digestOf(asBytes(old + digest));
      return;
    }
  parts.emplace_back(part.str(), digest);
}

void Fingerprint::add(StringRef part, StringRef text) {
  add(part, asBytes(text));
}

std::string Fingerprint::toJson() const {
  json::Object root;
  for (const auto &[name, digest] : parts)
    root[name] = digest;
  return formatv("{0:2}\n", json::Value(std::move(root))).str();
}

std::string Fingerprint::digest() const { return digestOf(asBytes(toJson())); }

std::vector<std::string> Fingerprint::differences(StringRef text) const {
  auto parsed = json::parse(text);
  if (!parsed)
    consumeError(parsed.takeError());
  const json::Object *root = parsed ? parsed->getAsObject() : nullptr;
  std::vector<std::string> names;
  for (const auto &[name, digest] : parts)
    if (!root || root->getString(name) != StringRef(digest))
      names.push_back(name);
  return names;
}

std::string StatisticsSet::pathOf(StringRef name) const {
  return (folder + "/" + name + suffix).str();
}

std::optional<SafetensorsFile> StatisticsSet::find(StringRef name) const {
  std::string path = pathOf(name);
  if (!fs::exists(path))
    return std::nullopt;
  auto file = openRecord(path);
  if (!file) {
    progress->warning(toString(file.takeError()) + "; it is made again");
    return std::nullopt;
  }
  for (const auto &[key, value] : file->metadata())
    if (key == fingerprintKey && value == digest)
      return std::move(*file);
  return std::nullopt;
}

Error StatisticsSet::store(StringRef name,
                           ArrayRef<RecordTensor> tensors) const {
  return writeRecord(pathOf(name), tensors, {{fingerprintKey.str(), digest}});
}

void StatisticsSet::noteFound(size_t found, size_t wanted,
                              StringRef things) const {
  if (found > 0)
    progress->note(formatv("{0} of {1} {2} are taken from '{3}'", found, wanted,
                           things, folder)
                       .str());
}

/// Calls `body` with the path of every file in `folder`.
static void forEachFile(StringRef folder, function_ref<void(StringRef)> body) {
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code))
    if (it->type() == fs::file_type::regular_file)
      body(it->path());
}

/// What OutputFile had not renamed yet.
static void removeUnfinished(StringRef folder) {
  forEachFile(folder, [](StringRef path) {
    if (path.ends_with(".tmp"))
      fs::remove(path);
  });
}

static Error cannotUse(StringRef path, const Twine &reason) {
  return makeError(ErrorKind::IO, "cannot keep statistics in '{0}': {1}", path,
                   reason.str());
}

Expected<std::unique_ptr<StatisticsFolder>>
StatisticsFolder::open(StringRef path, ProgressReporter &progress) {
  if (std::error_code code = fs::create_directories(path))
    return cannotUse(path, code.message());
  int lock = -1;
  if (std::error_code code = fs::openFileForReadWrite(
          path + "/lock", lock, fs::CD_OpenAlways, fs::OF_None))
    return cannotUse(path, code.message());
  if (fs::tryLockFile(lock)) {
    sys::Process::SafelyCloseFileDescriptor(lock);
    return cannotUse(path, "another process does so");
  }
  return std::unique_ptr<StatisticsFolder>(
      new StatisticsFolder(path.str(), lock, progress));
}

StatisticsFolder::~StatisticsFolder() {
  fs::unlockFile(lock);
  sys::Process::SafelyCloseFileDescriptor(lock);
}

Expected<StatisticsSet> StatisticsFolder::begin(StringRef kind,
                                                const Fingerprint &wanted) {
  SmallString<128> folder(path);
  sys::path::append(folder, kind);
  fs::make_absolute(folder);
  if (std::error_code code = fs::create_directories(folder))
    return cannotUse(path, code.message());
  removeUnfinished(folder);
  StatisticsSet set(folder.str().str(), wanted.digest(), progress);
  std::string file = (folder + "/fingerprint.json").str();
  if (fs::exists(file)) {
    auto old = MappedFile::open(file);
    if (!old)
      return old.takeError();
    auto names = wanted.differences(toStringRef((*old)->bytes()));
    if (names.empty())
      return set;
    progress.warning(
        formatv("the {0} in '{1}' differ in {2}: they are gathered anew", kind,
                path, join(names, ", "))
            .str());
    forEachFile(folder, [](StringRef record) {
      if (record.ends_with(suffix))
        fs::remove(record);
    });
  }
  if (Error error = writeFileAtomically(file, wanted.toJson()))
    return std::move(error);
  return set;
}
