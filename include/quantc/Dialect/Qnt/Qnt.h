//===- Qnt.h - the qnt dialect ----------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Everything a user of the qnt dialect includes. Schemes, layouts and packed
// types are described in QntDialect.td, operations in QntOps.td.

#ifndef QUANTC_DIALECT_QNT_QNT_H
#define QUANTC_DIALECT_QNT_QNT_H

#include "quantc/Dialect/NN/NN.h"

#include "quantc/Dialect/Qnt/QntDialect.h.inc"
#include "quantc/Dialect/Qnt/QntEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/Qnt/QntAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "quantc/Dialect/Qnt/QntTypes.h.inc"
#define GET_OP_CLASSES
#include "quantc/Dialect/Qnt/QntOps.h.inc"

#endif // QUANTC_DIALECT_QNT_QNT_H
