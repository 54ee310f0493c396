//===- NNDialect.td - the nn dialect -----------------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect, its base classes and its enums. Operations are in NNOps.td.

#ifndef QUANTC_DIALECT_NN_NNDIALECT_TD
#define QUANTC_DIALECT_NN_NNDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::quantc::nn";
  let summary = "What is computed: the operations that quantization, fusion or a kernel must know by name";
  let description = [{
    `nn` answers one question: *what is computed?* It holds only operations
    whose identity matters to quantization, to fusion or to a kernel: matrix
    products, convolutions, embeddings, attention, norms, rotary embedding,
    softmax, pooling, reductions, the key/value cache and the model's weights.
    Everything else stays in upstream `linalg`, `tensor`, `arith` and `math`.

    All operations work on ranked tensors and have no side effects. A dimension
    may be dynamic; the result type follows from the operand types.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
  let useDefaultAttributePrinterParser = 1;
}

class NN_Enum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::quantc::nn";
}
class NN_EnumAttr<EnumInfo info, string mnemonic>
    : EnumAttr<NN_Dialect, info, mnemonic>;

def NN_Layout : NN_Enum<"Layout", "order of the dimensions of an image tensor", [
  I32EnumCase<"NCHW", 0, "nchw">, I32EnumCase<"NHWC", 1, "nhwc">]>;
def NN_LayoutAttr : NN_EnumAttr<NN_Layout, "layout"> {
  let assemblyFormat = "`<` $value `>`";
}

def NN_ActivationKind : NN_Enum<"ActivationKind", "kind of activation function", [
  I32EnumCase<"Relu", 0, "relu">, I32EnumCase<"Gelu", 1, "gelu">,
  I32EnumCase<"GeluTanh", 2, "gelu_tanh">, I32EnumCase<"Silu", 3, "silu">]>;
def NN_ActivationKindAttr : NN_EnumAttr<NN_ActivationKind, "activation_kind">;

def NN_ReduceKind : NN_Enum<"ReduceKind", "kind of reduction", [
  I32EnumCase<"Sum", 0, "sum">, I32EnumCase<"Mean", 1, "mean">,
  I32EnumCase<"Max", 2, "max">, I32EnumCase<"Min", 3, "min">,
  I32EnumCase<"L2", 4, "l2">, I32EnumCase<"Prod", 5, "prod">]>;
def NN_ReduceKindAttr : NN_EnumAttr<NN_ReduceKind, "reduce_kind">;

#endif // QUANTC_DIALECT_NN_NNDIALECT_TD
