//===- LowerEntryPoints.cpp - the C functions that the runtime calls -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Unpacks the arrays of quantc-c/program.h into the arguments of the lowered
// entries. Works on the LLVM dialect.

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERENTRYPOINTS
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

namespace {
/// Builds the body of one wrapper.
struct Unpacker {
  OpBuilder b;
  Location loc;
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  Type word = b.getI64Type();

  Value number(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, word, b.getI64IntegerAttr(value));
  }
  /// Element `index` of an array of `type`.
  Value element(Value array, Type type, int64_t index) {
    Value place = LLVM::GEPOp::create(
        b, loc, pointer, type, array,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(b, loc, type, place);
  }
  void store(Value array, Value value, int64_t index) {
    Value place = LLVM::GEPOp::create(
        b, loc, pointer, word, array,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    LLVM::StoreOp::create(b, loc, value, place);
  }
  void finish() {
    finish(LLVM::ConstantOp::create(b, loc, b.getI32Type(),
                                    b.getI32IntegerAttr(0)));
  }
  void finish(Value status) { LLVM::ReturnOp::create(b, loc, status); }

  /// Appends one contiguous buffer: pointers, offset, sizes, strides.
  void appendBuffer(SmallVector<Value> &arguments, Value data,
                    ArrayRef<Value> sizes) {
    arguments.append({data, data, number(0)});
    arguments.append(sizes.begin(), sizes.end());
    SmallVector<Value> strides(sizes.size(), Value());
    Value stride = number(1);
    for (int64_t i = static_cast<int64_t>(sizes.size()) - 1; i >= 0; --i) {
      strides[i] = stride;
      stride = LLVM::MulOp::create(b, loc, stride, sizes[i]);
    }
    arguments.append(strides);
  }
};

/// Role and shape of one argument, as the memory plan noted them.
struct Argument {
  StringRef role;
  ArrayRef<int64_t> shape;
};

SmallVector<Argument> argumentsOf(Operation *function) {
  SmallVector<Argument> arguments;
  if (auto notes = function->getAttrOfType<ArrayAttr>("kern.arguments"))
    for (auto note : notes.getAsRange<DictionaryAttr>())
      arguments.push_back(
          {note.getAs<StringAttr>("role").getValue(),
           note.getAs<DenseI64ArrayAttr>("shape").asArrayRef()});
  return arguments;
}

struct LowerEntryPoints : quantc::impl::LowerEntryPointsBase<LowerEntryPoints> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<LLVM::LLVMFuncOp> functions(
        getOperation().getOps<LLVM::LLVMFuncOp>());
    for (LLVM::LLVMFuncOp function : functions) {
      if (function.isExternal())
        continue;
      function.setLinkage(LLVM::Linkage::Internal);
      if (!function->hasAttr("kern.arguments"))
        continue;
      wrapRun(function);
      wrapShapes(function);
      ++entries;
    }
  }

  LLVM::LLVMFuncOp makeWrapper(StringRef entry, StringRef suffix,
                               unsigned pointers, Location loc) {
    OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    auto type = LLVM::LLVMFunctionType::get(
        b.getI32Type(), SmallVector<Type>(pointers, pointer));
    std::string name = ("qc_" + entry + "_" + level + "_" + suffix).str();
    auto wrapper = LLVM::LLVMFuncOp::create(b, loc, name, type);
    wrapper.setVisibility_(LLVM::Visibility::Hidden);
    wrapper.addEntryBlock(b);
    return wrapper;
  }

  /// int32_t run(ctx, arena, weights, inputs, outputs, in_dims, out_dims)
  void wrapRun(LLVM::LLVMFuncOp function) {
    LLVM::LLVMFuncOp wrapper =
        makeWrapper(function.getName(), "run", 7, function.getLoc());
    Block &body = wrapper.getBody().front();
    Unpacker u{OpBuilder::atBlockEnd(&body), function.getLoc()};
    int64_t inputs = 0, outputs = 0, inDims = 0, outDims = 0;
    SmallVector<Value> arguments;
    for (const Argument &argument : argumentsOf(function)) {
      if (argument.role == "arena" || argument.role == "weights") {
        // Their size is of no interest to the code.
        Value data = body.getArgument(argument.role == "arena" ? 1 : 2);
        u.appendBuffer(arguments, data, u.number(INT64_MAX));
        continue;
      }
      bool isOutput = argument.role == "output";
      int64_t &position = isOutput ? outDims : inDims;
      Value dims = body.getArgument(isOutput ? 6 : 5);
      if (argument.role == "length") {
        arguments.push_back(u.element(dims, u.word, position++));
        continue;
      }
      SmallVector<Value> sizes;
      for (int64_t size : argument.shape) {
        sizes.push_back(ShapedType::isDynamic(size)
                            ? u.element(dims, u.word, position)
                            : u.number(size));
        ++position;
      }
      Value data = u.element(body.getArgument(isOutput ? 4 : 3), u.pointer,
                             isOutput ? outputs++ : inputs++);
      u.appendBuffer(arguments, data, sizes);
    }
    LLVM::CallOp::create(u.b, u.loc, function, arguments);
    u.finish();
  }

  /// int32_t shapes(in_dims, out_dims, arena_bytes). The lowered function gives
  /// the sizes of the outputs, the number of the check that failed or 0, and
  /// the size of the arena.
  void wrapShapes(LLVM::LLVMFuncOp function) {
    auto shapes = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(
        (function.getName() + "_shapes").str());
    LLVM::LLVMFuncOp wrapper =
        makeWrapper(function.getName(), "shapes", 3, function.getLoc());
    Block &body = wrapper.getBody().front();
    Unpacker u{OpBuilder::atBlockEnd(&body), function.getLoc()};
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < shapes.getNumArguments(); ++i)
      arguments.push_back(u.element(body.getArgument(0), u.word, i));
    Value result =
        LLVM::CallOp::create(u.b, u.loc, shapes, arguments).getResult();
    auto type = cast<LLVM::LLVMStructType>(result.getType());
    SmallVector<Value> sizes;
    for (int64_t i = 0; i < static_cast<int64_t>(type.getBody().size()); ++i)
      sizes.push_back(LLVM::ExtractValueOp::create(u.b, u.loc, result, i));
    Value arena = sizes.pop_back_val(), check = sizes.pop_back_val();
    for (auto [i, size] : llvm::enumerate(sizes))
      u.store(body.getArgument(1), size, i);
    u.store(body.getArgument(2), arena, 0);
    u.finish(LLVM::TruncOp::create(u.b, u.loc, u.b.getI32Type(), check));
  }
};
} // namespace
