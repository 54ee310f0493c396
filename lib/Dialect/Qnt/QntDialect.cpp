//===- QntDialect.cpp - registration of the qnt dialect ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Registers attributes, types and operations. What they mean is in QntAttrs.cpp
// and QntVerify.cpp.

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

/// A shape as in a tensor type: `576x1536`.
static ParseResult parseShape(AsmParser &parser, SmallVector<int64_t> &shape) {
  return parser.parseDimensionList(shape, /*allowDynamic=*/false,
                                   /*withTrailingX=*/false);
}

static void printShape(AsmPrinter &printer, ArrayRef<int64_t> shape) {
  printer.printDimensionList(shape);
}

/// The types of qnt.transform: `input, by -> result`, where the result is that
/// of the input unless it is said.
static ParseResult parseTransformTypes(OpAsmParser &parser, Type &input,
                                       Type &by, Type &result) {
  if (parser.parseType(input) ||
      (succeeded(parser.parseOptionalComma()) && parser.parseType(by)))
    return failure();
  result = input;
  return succeeded(parser.parseOptionalArrow()) ? parser.parseType(result)
                                                : success();
}

static void printTransformTypes(OpAsmPrinter &printer, Operation *, Type input,
                                Type by, Type result) {
  printer << input;
  if (by)
    printer << ", " << by;
  if (result != input)
    printer << " -> " << result;
}

#include "quantc/Dialect/Qnt/QntDialect.cpp.inc"
#include "quantc/Dialect/Qnt/QntEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/Qnt/QntAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "quantc/Dialect/Qnt/QntTypes.cpp.inc"
#define GET_OP_CLASSES
#include "quantc/Dialect/Qnt/QntOps.cpp.inc"

void quantc::qnt::QntDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/Qnt/QntAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "quantc/Dialect/Qnt/QntTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/Qnt/QntOps.cpp.inc"
      >();
}
