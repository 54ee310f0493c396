//===- FakeModel.h - files and tensors for runtime tests -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The weights file of FakeProgram.c and DLPack tensors over vectors. Knows
// nothing of LLVM, so that the runtime is tested as its users see it.

#ifndef QUANTC_TEST_RUNTIME_FAKEMODEL_H
#define QUANTC_TEST_RUNTIME_FAKEMODEL_H

#include "quantc-c/runtime.h"
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace quantc::test {

/// Bytes of a weights file: a header of 56 bytes, then eight words of which the
/// first starts with the fp32 number 0.5.
inline std::string fakeWeights() {
  std::string header =
      R"({"w":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}})";
  header.resize(56, ' ');
  uint64_t words[9] = {header.size(), 0x3f000000, 1, 2, 3, 4, 5, 6, 7};
  const char *bytes = reinterpret_cast<const char *>(words);
  return std::string(bytes, 8) + header + std::string(bytes + 8, 64);
}

/// A folder of this process that is removed at the end.
class Folder {
public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "quantc-XXXXXX";
    path = mkdtemp(name.data()) ? name : "";
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path + "/" + name, std::ios::binary) << bytes;
    return path + "/" + name;
  }

  std::string path;
};

inline DLDataType dtypeOf(float) { return {kDLFloat, 32, 1}; }
inline DLDataType dtypeOf(int32_t) { return {kDLInt, 32, 1}; }
inline DLDataType dtypeOf(int64_t) { return {kDLInt, 64, 1}; }

/// A compact tensor that owns its numbers.
template <typename T> struct Tensor {
  Tensor(std::vector<int64_t> sizes, std::vector<T> numbers)
      : shape(std::move(sizes)), data(std::move(numbers)) {
    dl.data = data.data();
    dl.device = {kDLCPU, 0};
    dl.ndim = static_cast<int32_t>(shape.size());
    dl.dtype = dtypeOf(T());
    dl.shape = shape.data();
  }
  Tensor(const Tensor &) = delete;

  std::vector<int64_t> shape, strides;
  std::vector<T> data;
  DLTensor dl = {};
};

} // namespace quantc::test

#endif // QUANTC_TEST_RUNTIME_FAKEMODEL_H
