//===- Program.cpp - the constant that describes a compiled model -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Mirrors the structures of quantc-c/program.h, field by field.

#include "quantc/Emit/Program.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/GlobalVariable.h"

using namespace quantc;
using namespace llvm;

namespace {
class ProgramBuilder {
public:
  explicit ProgramBuilder(LLVMContext &context)
      : module(std::make_unique<Module>("program", context)), context(context) {
  }

  std::unique_ptr<Module> build(const ModelSignature &signature,
                                ArrayRef<Level> levels,
                                const WeightsReference &weights,
                                ArrayRef<DeviceImage> images) {
    SmallVector<Constant *> entries;
    for (const EntrySignature &entry : signature.entries)
      entries.push_back(buildEntry(entry, levels));
    Constant *embedded =
        weights.embedded.empty() ? null() : embed(weights.embedded);
    Constant *fileName =
        weights.fileName.empty() ? null() : text(weights.fileName);
    Constant *program = ConstantStruct::getAnon(
        {i32(magic), i32(abiVersion), text(signatureToJson(signature)),
         i64(weights.stored.bytes), i64(weights.stored.checksum), fileName,
         embedded, i32(entries.size()), i32(0), array(entries),
         i32(images.size()), i32(0), buildImages(images),
         i32(signature.precisions.size()), i32(0), precisions(signature)});
    GlobalVariable *symbol = global(program, "qc_the_program", 8);
    symbol->setLinkage(GlobalValue::ExternalLinkage);
    symbol->setVisibility(GlobalValue::HiddenVisibility);
    return std::move(module);
  }

private:
  static constexpr uint32_t magic = 0x47504351; // "QCPG"
  static constexpr uint32_t abiVersion = 1;

  Constant *i32(uint64_t value) {
    return ConstantInt::get(Type::getInt32Ty(context), value);
  }
  Constant *i64(uint64_t value) {
    return ConstantInt::get(Type::getInt64Ty(context), value);
  }
  Constant *null() {
    return ConstantPointerNull::get(PointerType::get(context, 0));
  }

  GlobalVariable *global(Constant *value, StringRef name, unsigned alignment) {
    auto *variable =
        new GlobalVariable(*module, value->getType(), /*isConstant=*/true,
                           GlobalValue::InternalLinkage, value, name);
    variable->setAlignment(Align(alignment));
    return variable;
  }

  /// Weights as data of the library. They may be larger than what code and
  /// other data reach of each other, so they stand apart.
  Constant *embed(ArrayRef<uint8_t> bytes) {
    GlobalVariable *variable =
        global(ConstantDataArray::get(context, bytes), "weights", 64);
    variable->setCodeModel(CodeModel::Large);
    return variable;
  }

  Constant *text(StringRef value) {
    return global(ConstantDataArray::getString(context, value), "text", 1);
  }

  /// A pointer to the elements, or null when there are none.
  Constant *array(ArrayRef<Constant *> elements) {
    if (elements.empty())
      return null();
    auto *type = ArrayType::get(elements.front()->getType(), elements.size());
    return global(ConstantArray::get(type, elements), "array", 8);
  }

  Constant *precisions(const ModelSignature &signature) {
    SmallVector<Constant *> bits;
    for (int64_t one : signature.precisions)
      bits.push_back(i32(static_cast<uint64_t>(one)));
    return array(bits);
  }

  /// PTX ends with a zero, machine code is a file of sections.
  Constant *deviceCode(const DeviceImage &image) {
    if (!image.isMachineCode)
      return text(image.code);
    return global(ConstantDataArray::getString(context, image.code, false),
                  "kernels", 16);
  }

  /// qc_device_image
  Constant *buildImages(ArrayRef<DeviceImage> images) {
    SmallVector<Constant *> elements;
    for (const DeviceImage &image : images)
      elements.push_back(ConstantStruct::getAnon({i32(image.architecture),
                                                  i32(image.isMachineCode),
                                                  deviceCode(image)}));
    return array(elements);
  }

  /// qc_tensor_desc
  Constant *buildTensor(const TensorSignature &tensor) {
    SmallVector<Constant *> dims, names;
    for (auto [size, name] : zip(tensor.dims, tensor.dimNames)) {
      dims.push_back(i64(size));
      names.push_back(name.empty() ? null() : text(name));
    }
    return ConstantStruct::getAnon(
        {text(tensor.name), i32(tensor.dlpackCode), i32(tensor.dlpackBits),
         i32(tensor.dims.size()), i32(tensor.isState ? 1 : 0),
         i32(tensor.stateAxis), i32(0), array(dims), array(names)});
  }

  Constant *buildTensors(ArrayRef<TensorSignature> tensors) {
    SmallVector<Constant *> elements;
    for (const TensorSignature &tensor : tensors)
      elements.push_back(buildTensor(tensor));
    return array(elements);
  }

  Constant *entryPoint(StringRef entry, StringRef level, StringRef suffix,
                       unsigned pointers) {
    SmallVector<Type *> types(pointers, PointerType::get(context, 0));
    auto *type = FunctionType::get(Type::getInt32Ty(context), types, false);
    std::string name = ("qc_" + entry + "_" + level + "_" + suffix).str();
    auto *function =
        Function::Create(type, GlobalValue::ExternalLinkage, name, *module);
    function->setVisibility(GlobalValue::HiddenVisibility);
    return function;
  }

  /// qc_entry, with one qc_level_code a level
  Constant *buildEntry(const EntrySignature &entry, ArrayRef<Level> levels) {
    SmallVector<Constant *> codes;
    for (const Level &level : levels)
      codes.push_back(ConstantStruct::getAnon(
          {i32(level.number), i32(0),
           entryPoint(entry.name, level.name, "shapes", 3),
           entryPoint(entry.name, level.name, "run", 7)}));
    SmallVector<Constant *> checks;
    for (const std::string &check : entry.sizeChecks)
      checks.push_back(text(check));
    return ConstantStruct::getAnon(
        {text(entry.name), i32(entry.inputs.size()), i32(entry.outputs.size()),
         i32(codes.size()), i32(entry.isStateful ? 1 : 0),
         buildTensors(entry.inputs), buildTensors(entry.outputs), array(codes),
         i32(checks.size()), i32(0), array(checks)});
  }

  std::unique_ptr<Module> module;
  LLVMContext &context;
};
} // namespace

std::unique_ptr<Module> quantc::buildProgram(LLVMContext &context,
                                             const ModelSignature &signature,
                                             ArrayRef<Level> levels,
                                             const WeightsReference &weights,
                                             ArrayRef<DeviceImage> images) {
  return ProgramBuilder(context).build(signature, levels, weights, images);
}
