//===- Errors.cpp - errors with an exit code --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The error class of quantc and how a driver takes errors apart.

#include "quantc/Support/Errors.h"

using namespace llvm;
using namespace quantc;

char CodedError::ID = 0;

Error quantc::makeError(ErrorKind kind, const Twine &message) {
  return make_error<CodedError>(kind, message.str());
}

Failure quantc::takeFailure(Error error) {
  Failure failure;
  auto add = [&](int exitCode, const std::string &message) {
    if (failure.exitCode == 0)
      failure.exitCode = exitCode;
    else
      failure.message += '\n';
    failure.message += message;
  };
  handleAllErrors(
      std::move(error),
      [&](const CodedError &coded) {
        add(static_cast<int>(coded.kind()), coded.message());
      },
      [&](const ErrorInfoBase &other) {
        add(static_cast<int>(ErrorKind::Internal), other.message());
      });
  return failure;
}

int quantc::exitCodeOf(Error error) {
  return takeFailure(std::move(error)).exitCode;
}
