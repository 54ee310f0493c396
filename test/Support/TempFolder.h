//===- TempFolder.h - a folder for one test ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A fresh folder that is removed with all it holds at the end of a test.

#ifndef QUANTC_TEST_SUPPORT_TEMPFOLDER_H
#define QUANTC_TEST_SUPPORT_TEMPFOLDER_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <fstream>
#include <string>

namespace quantc::test {

class TempFolder {
public:
  TempFolder() {
    llvm::SmallString<128> created;
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("quantc-test", created));
    folder = created.str().str();
  }
  ~TempFolder() { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const {
    return folder + "/" + name.str();
  }

  /// Writes a file and returns its path.
  std::string write(llvm::StringRef name, llvm::StringRef content) const {
    std::ofstream file(path(name), std::ios::binary);
    file.write(content.data(), std::streamsize(content.size()));
    return path(name);
  }

  static std::string read(llvm::StringRef path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    EXPECT_TRUE(bool(buffer)) << path.str();
    return buffer ? (*buffer)->getBuffer().str() : "";
  }

  /// How many files the folder holds.
  int fileCount() const {
    std::error_code code;
    int count = 0;
    for (llvm::sys::fs::directory_iterator it(folder, code), end;
         !code && it != end; it.increment(code))
      ++count;
    return count;
  }

private:
  std::string folder;
};

} // namespace quantc::test

#endif // QUANTC_TEST_SUPPORT_TEMPFOLDER_H
