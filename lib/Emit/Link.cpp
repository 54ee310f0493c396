//===- Link.cpp - shared libraries from object files -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Drives LLD as a library on temporary files beside the result.

#include "quantc/Emit/Link.h"
#include "lld/Common/Driver.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <vector>

using namespace llvm;
using namespace quantc;

LLD_HAS_DRIVER(elf)

/// The archive of the C runtime: beside the program, or where it was built.
static std::string runtimeArchive() {
  static int anchor;
  std::string program = sys::fs::getMainExecutable("quantc", &anchor);
  StringRef folder = sys::path::parent_path(sys::path::parent_path(program));
  SmallString<128> beside(folder);
  sys::path::append(beside, "lib", "libquantc_rt.a");
  return sys::fs::exists(beside) ? std::string(beside)
                                 : std::string(QUANTC_RUNTIME_ARCHIVE);
}

/// Shared libraries that generated code and the runtime need, where they are on
/// this machine.
static std::vector<std::string> systemLibraries() {
  std::vector<std::string> found;
  for (StringRef name : {"libm.so.6", "libc.so.6"})
    for (StringRef folder :
         {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
          "/usr/lib64", "/lib/aarch64-linux-gnu", "/usr/lib"}) {
      std::string path = (folder + "/" + name).str();
      if (!sys::fs::exists(path))
        continue;
      found.push_back(path);
      break;
    }
  found.push_back(QUANTC_OPENMP_LIBRARY);
  return found;
}

/// Writes `object` to a temporary file that `remover` deletes.
static Expected<std::string>
writeTemporary(StringRef object, StringRef target,
               std::vector<std::unique_ptr<FileRemover>> &removers) {
  SmallString<128> path;
  int descriptor;
  if (std::error_code error =
          sys::fs::createUniqueFile(target + ".%%%%%%.o", descriptor, path))
    return makeError(ErrorKind::IO, "cannot write beside '{0}': {1}", target,
                     error.message());
  removers.push_back(std::make_unique<FileRemover>(path));
  raw_fd_ostream os(descriptor, /*shouldClose=*/true);
  os << object;
  os.close();
  if (os.has_error())
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", path.str(),
                     os.error().message());
  return std::string(path);
}

static Error runLinker(ArrayRef<std::string> arguments) {
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string out, err;
  raw_string_ostream outStream(out), errStream(err);
  lld::Result result = lld::lldMain(pointers, outStream, errStream,
                                    {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return makeError(ErrorKind::Internal, "linking failed: {0}",
                     StringRef(err).trim());
  return Error::success();
}

Error quantc::linkLibrary(ArrayRef<SmallString<0>> objects, StringRef path) {
  std::vector<std::unique_ptr<FileRemover>> removers;
  std::vector<std::string> files;
  for (const SmallString<0> &object : objects) {
    auto file = writeTemporary(object, path, removers);
    if (!file)
      return file.takeError();
    files.push_back(*file);
  }
  std::string unfinished = (path + ".unfinished").str();
  FileRemover removeUnfinished(unfinished);
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-o",
                                        unfinished,
                                        "-soname",
                                        sys::path::filename(path).str(),
                                        "--gc-sections",
                                        "-z",
                                        "relro",
                                        "-z",
                                        "now",
                                        "--build-id",
                                        "-rpath",
                                        "$ORIGIN:" QUANTC_OPENMP_FOLDER};
  append_range(arguments, files);
  arguments.push_back("--whole-archive");
  arguments.push_back(runtimeArchive());
  arguments.push_back("--no-whole-archive");
  append_range(arguments, systemLibraries());
  if (Error error = runLinker(arguments))
    return error;
  if (std::error_code error = sys::fs::rename(unfinished, path))
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", path,
                     error.message());
  return Error::success();
}
