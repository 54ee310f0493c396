//===- Errors.h - errors with an exit code ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a user did wrong, or what went wrong, as llvm::Error with the exit code
// of the driver. Not for broken invariants inside the compiler: those are
// assertions.

#ifndef QUANTC_SUPPORT_ERRORS_H
#define QUANTC_SUPPORT_ERRORS_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"
#include <string>
#include <utility>

namespace quantc {

/// Whose fault an error is. The value is the exit code of the driver.
enum class ErrorKind {
  Usage = 1,       ///< the command line or the recipe
  Unsupported = 2, ///< the model needs something quantc does not do
  BadModel = 3,    ///< the model or a data file is damaged
  IO = 4,          ///< a file cannot be read or written
  Internal = 5,    ///< quantc itself
};

/// An error message with its kind. The message is a full sentence without a
/// final newline; it names the file or node, what was found and what was
/// expected.
class CodedError : public llvm::ErrorInfo<CodedError> {
public:
  static char ID;

  CodedError(ErrorKind kind, std::string message)
      : errorKind(kind), text(std::move(message)) {}

  ErrorKind kind() const { return errorKind; }
  std::string message() const override { return text; }
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  ErrorKind errorKind;
  std::string text;
};

/// An error with exactly this message.
llvm::Error makeError(ErrorKind kind, const llvm::Twine &message);

/// An error whose message is `llvm::formatv(format, args...)`: "{0}", "{1}"...
template <typename T, typename... Ts>
llvm::Error makeError(ErrorKind kind, const char *format, T &&first,
                      Ts &&...rest) {
  return makeError(kind,
                   llvm::Twine(llvm::formatv(format, std::forward<T>(first),
                                             std::forward<Ts>(rest)...)
                                   .str()));
}

/// What a driver prints and returns.
struct Failure {
  int exitCode = 0;    ///< 0 when there was no error
  std::string message; ///< several joined errors: one a line
};

/// Consumes `error`. Joined errors keep all messages and the exit code of the
/// first; an error that is not a CodedError counts as internal.
Failure takeFailure(llvm::Error error);

/// Consumes `error` and returns only its exit code.
int exitCodeOf(llvm::Error error);

} // namespace quantc

#endif // QUANTC_SUPPORT_ERRORS_H
