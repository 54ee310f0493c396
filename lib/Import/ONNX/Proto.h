//===- Proto.h - from protobuf to plain data --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shared by the few files that see the onnx library. They are compiled with
// exceptions; nothing outside includes this.

#ifndef QUANTC_LIB_IMPORT_ONNX_PROTO_H
#define QUANTC_LIB_IMPORT_ONNX_PROTO_H

#include "quantc/Import/ExternalData.h"
#include "quantc/Import/Model.h"
#include "quantc/Import/WireScan.h"
#include "quantc/Support/MappedFile.h"

#include "onnx/onnx_pb.h"

namespace quantc::importer {

/// Tensors have no more dimensions than this.
constexpr size_t maxRank = 32;

/// Turns TensorProtos into Tensors that point at mapped bytes where they can.
class TensorReader {
public:
  /// `file` is the mapped model and `path` its canonical name; with `isBinary`
  /// raw data is looked for in it.
  TensorReader(std::shared_ptr<const MappedFile> file, llvm::StringRef path,
               bool isBinary);

  /// `what` names the tensor in messages, `key` is its name in the scan.
  llvm::Expected<Tensor> read(const ::onnx::TensorProto &proto,
                              llvm::StringRef what, llvm::StringRef key);

private:
  llvm::Error readRaw(const ::onnx::TensorProto &proto, llvm::StringRef what,
                      llvm::StringRef key, uint64_t length, Tensor &tensor);
  llvm::Error readExternal(const ::onnx::TensorProto &proto,
                           llvm::StringRef what, uint64_t length,
                           Tensor &tensor);
  llvm::Error readTyped(const ::onnx::TensorProto &proto, llvm::StringRef what,
                        uint64_t length, Tensor &tensor);

  std::shared_ptr<const MappedFile> file;
  std::string path;
  llvm::StringMap<RawRange> ranges;
  ExternalFiles external;
};

/// Everything of `proto` that the importer reads; not yet checked as a whole.
llvm::Expected<Model> convertModel(const ::onnx::ModelProto &proto,
                                   llvm::StringRef path, TensorReader &tensors);

/// Replaces calls of the model's own functions by their bodies.
llvm::Error inlineFunctions(::onnx::ModelProto &proto, llvm::StringRef path);

/// Runs the checker of the onnx library; takes the weights out of `proto`
/// first.
llvm::Error runChecker(::onnx::ModelProto &proto, llvm::StringRef path);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_PROTO_H
