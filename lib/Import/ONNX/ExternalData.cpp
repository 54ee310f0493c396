//===- ExternalData.cpp - tensor bytes in other files -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The file is opened first and judged afterwards through its descriptor, so
// that nothing can change between the check and the use.

#include "quantc/Import/ExternalData.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace quantc;
using namespace quantc::importer;

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// True when `file` lies in `folder`; both are canonical.
static bool isInside(StringRef folder, StringRef file) {
  if (!file.consume_front(folder))
    return false;
  return folder.ends_with("/") || file.starts_with("/");
}

static Error badTensor(StringRef tensor, const Twine &what) {
  return makeError(ErrorKind::BadModel,
                   "external data of tensor '" + tensor + "': " + what);
}

/// The judgement on an open descriptor: a plain file with one name.
static Error checkOpened(StringRef tensor, StringRef location, int descriptor,
                         StringRef canonical) {
  struct stat opened, named;
  if (fstat(descriptor, &opened) != 0 ||
      stat(canonical.str().c_str(), &named) != 0)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", canonical,
                     std::strerror(errno));
  if (!S_ISREG(opened.st_mode))
    return badTensor(tensor, "'" + location + "' is not a regular file");
  if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
    return badTensor(tensor, "'" + location + "' changed while it was opened");
  if (opened.st_nlink > 1)
    return badTensor(tensor,
                     "'" + location + "' has " + Twine(opened.st_nlink) +
                         " hard links; copy it so that it has one name only");
  return Error::success();
}

Expected<ExternalFiles::File> ExternalFiles::open(StringRef tensor,
                                                  StringRef location) {
  if (location.empty() || location.contains('\0'))
    return badTensor(tensor, "the location is empty or has a zero byte");
  if (path::is_absolute(location))
    return badTensor(
        tensor, "'" + location +
                    "' is absolute, expected a path relative to the model");
  SmallString<256> folder, named, canonical;
  StringRef parent = path::parent_path(modelPath);
  if (std::error_code code =
          fs::real_path(parent.empty() ? "." : parent, folder))
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", parent,
                     code.message());
  named = folder;
  path::append(named, location);

  int descriptor =
      ::open(named.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0 && errno == ELOOP) {
    SmallString<256> target;
    (void)fs::real_path(named, target);
    return badTensor(tensor, "'" + location + "' is a symbolic link to '" +
                                 target +
                                 "'; put the file itself beside the model");
  }
  if (descriptor < 0)
    return makeError(ErrorKind::IO,
                     "external data of tensor '{0}': cannot read '{1}': {2}",
                     tensor, named, std::strerror(errno));
  llvm::scope_exit close([&] { ::close(descriptor); });
  if (std::error_code code = fs::real_path(named, canonical))
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", named,
                     code.message());
  if (!isInside(folder, canonical))
    return badTensor(tensor,
                     "'" + location + "' lies outside the folder of the model");
  if (Error error = checkOpened(tensor, location, descriptor, canonical))
    return std::move(error);
  // The descriptor, not the name: the name may mean another file by now.
  auto mapping = MappedFile::open(("/proc/self/fd/" + Twine(descriptor)).str());
  if (!mapping)
    return mapping.takeError();
  return File{std::string(canonical), std::move(*mapping)};
}

/// A non-negative decimal number.
static Expected<uint64_t> parseNumber(StringRef tensor, StringRef key,
                                      StringRef text) {
  uint64_t value;
  if (text.empty() || text.getAsInteger(10, value))
    return badTensor(tensor, key + " is '" + text +
                                 "', expected a non-negative integer");
  return value;
}

Expected<ExternalRange>
ExternalFiles::resolve(StringRef tensor,
                       ArrayRef<std::pair<std::string, std::string>> entries,
                       uint64_t length) {
  StringRef location;
  uint64_t offset = 0;
  for (const auto &[key, value] : entries) {
    if (key == "location") {
      location = value;
    } else if (key == "offset" || key == "length") {
      Expected<uint64_t> number = parseNumber(tensor, key, value);
      if (!number)
        return number.takeError();
      if (key == "offset")
        offset = *number;
      else if (*number != length)
        return badTensor(tensor, "length is " + Twine(*number) +
                                     ", but type and shape need " +
                                     Twine(length) + " bytes");
    } else if (key != "checksum" && key != "basepath") {
      return badTensor(tensor,
                       "unknown key '" + StringRef(key) +
                           "', expected location, offset, length or checksum");
    }
  }
  auto known = files.find(location);
  if (known == files.end()) {
    Expected<File> file = open(tensor, location);
    if (!file)
      return file.takeError();
    known = files.try_emplace(location, std::move(*file)).first;
  }
  const File &file = known->second;
  uint64_t size = file.mapping->size();
  if (offset > size || length > size - offset)
    return badTensor(tensor, "needs " + Twine(length) + " bytes at offset " +
                                 Twine(offset) + ", but '" + location +
                                 "' has " + Twine(size) + " bytes");
  return ExternalRange{file.path, file.mapping, offset,
                       file.mapping->bytes().slice(offset, length)};
}
