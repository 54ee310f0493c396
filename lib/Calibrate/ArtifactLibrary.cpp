//===- ArtifactLibrary.cpp - the functions of a loaded artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens libraries so that their symbols stay apart from each other.

#include "ArtifactLibrary.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include <cstring>
#include <dlfcn.h>

using namespace llvm;
using namespace quantc;

/// dlopen maps a file that is cut off, and the first access behind its end is a
/// bus error. The table of sections comes last.
static Error checkWhole(StringRef path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  ArrayRef<uint8_t> bytes = (*file)->bytes();
  ELF::Elf64_Ehdr header;
  if (bytes.size() < sizeof(header) ||
      std::memcmp(bytes.data(), ELF::ElfMagic, 4) != 0)
    return Error::success(); // dlopen says what it is not
  std::memcpy(&header, bytes.data(), sizeof(header));
  uint64_t end = header.e_shoff + uint64_t(header.e_shnum) * header.e_shentsize;
  if (end <= bytes.size())
    return Error::success();
  return makeError(ErrorKind::BadModel,
                   "'{0}' is cut off: it has {1} bytes, expected {2}", path,
                   bytes.size(), end);
}

Expected<std::unique_ptr<ArtifactLibrary>>
ArtifactLibrary::open(StringRef path) {
  // A name without a folder would be searched for in the system's folders.
  SmallString<128> absolute(path);
  std::error_code code = sys::fs::make_absolute(absolute);
  if (!sys::fs::exists(absolute) && sys::fs::exists(absolute + ".so"))
    absolute += ".so";
  if (!code)
    code = sys::fs::access(absolute, sys::fs::AccessMode::Exist);
  if (code)
    return makeError(ErrorKind::IO, "cannot open '{0}': {1}", path,
                     code.message());
  if (Error error = checkWhole(absolute))
    return std::move(error);
  std::unique_ptr<ArtifactLibrary> library(new ArtifactLibrary(path));
  library->handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library->handle)
    return makeError(ErrorKind::BadModel, "cannot load '{0}': {1}", path,
                     dlerror());
  // Threads of OpenMP outlive the model, so its library has to as well.
  dlopen("libomp.so.5", RTLD_NOLOAD | RTLD_NODELETE | RTLD_LAZY);
  if (Error error = library->resolve())
    return std::move(error);
  return std::move(library);
}

Error ArtifactLibrary::resolve() {
  const char *missing = nullptr;
  auto find = [&](const char *name) {
    void *address = dlsym(handle, name);
    if (!address && !missing)
      missing = name;
    return address;
  };
#define RESOLVE(name)                                                          \
  name = reinterpret_cast<decltype(name)>(find("qc_" #name));
  QUANTC_RUNTIME_FUNCTIONS(RESOLVE)
#undef RESOLVE
  if (missing)
    return makeError(
        ErrorKind::BadModel,
        "'{0}' is no model compiled by quantc: it has no function '{1}'", path,
        missing);
  if (abi_version() != 1)
    return makeError(ErrorKind::BadModel,
                     "'{0}' has version {1} of the C interface, expected 1: "
                     "compile the model again",
                     path, abi_version());
  return Error::success();
}

ArtifactLibrary::~ArtifactLibrary() {
  if (handle)
    dlclose(handle);
}
