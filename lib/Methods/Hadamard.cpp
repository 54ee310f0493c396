//===- Hadamard.cpp - Hadamard matrices of many orders ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Hadamard.h. Cores are small: entries are computed one by one.

#include "quantc/Methods/Hadamard.h"
#include "llvm/Support/MathExtras.h"
#include <array>
#include <cassert>

using namespace quantc;

using Signs = std::vector<int8_t>;

namespace {
/// The field of q = p^k elements, k up to 3. Element number `c0 + c1 p + c2
/// p^2` is the polynomial of these coefficients, modulo one that has no root.
class Field {
public:
  /// nullopt unless q is such a power of a prime.
  static std::optional<Field> ofSize(int64_t q);

  int64_t subtract(int64_t a, int64_t b) const {
    std::array<int64_t, 3> x = digits(a), y = digits(b);
    for (int64_t i = 0; i < 3; ++i)
      x[i] = (x[i] + prime - y[i]) % prime;
    return number(x);
  }
  int64_t square(int64_t a) const;
  int64_t size() const {
    return degree == 1   ? prime
           : degree == 2 ? prime * prime
                         : prime * prime * prime;
  }

private:
  std::array<int64_t, 3> digits(int64_t a) const {
    return {a % prime, a / prime % prime, a / (prime * prime) % prime};
  }
  int64_t number(const std::array<int64_t, 3> &x) const {
    return x[0] + prime * (x[1] + prime * x[2]);
  }
  bool findModulus();

  int64_t prime = 2, degree = 1;
  /// x^degree is this polynomial.
  std::array<int64_t, 3> power = {0, 0, 0};
};
} // namespace

static bool isPrime(int64_t q) {
  if (q < 2)
    return false;
  for (int64_t d = 2; d * d <= q; ++d)
    if (q % d == 0)
      return false;
  return true;
}

std::optional<Field> Field::ofSize(int64_t q) {
  for (int64_t p = 2; p <= q; ++p) {
    if (!isPrime(p))
      continue;
    Field field;
    field.prime = p;
    for (field.degree = 1; field.degree <= 3; ++field.degree)
      if (field.size() == q)
        return field.findModulus() ? std::optional(field) : std::nullopt;
  }
  return std::nullopt;
}

/// A polynomial of degree 2 or 3 without a root has no factor.
bool Field::findModulus() {
  if (degree == 1)
    return true;
  for (int64_t a = 0; a < size(); ++a) {
    std::array<int64_t, 3> x = digits(a);
    bool hasRoot = false;
    for (int64_t r = 0; r < prime && !hasRoot; ++r) {
      int64_t left = degree == 2 ? r * r : r * r * r;
      hasRoot = (left - x[0] - x[1] * r - x[2] * r * r) % prime == 0;
    }
    if (hasRoot)
      continue;
    power = x;
    return true;
  }
  return false;
}

int64_t Field::square(int64_t a) const {
  std::array<int64_t, 3> x = digits(a);
  std::array<int64_t, 5> product = {};
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 3; ++j)
      product[i + j] += x[i] * x[j];
  if (degree == 1)
    return product[0] % prime;
  for (int64_t i = 4; i >= degree; --i) {
    for (int64_t j = 0; j < degree; ++j)
      product[i - degree + j] += product[i] % prime * power[j];
    product[i] = 0;
  }
  return number({product[0] % prime, product[1] % prime, product[2] % prime});
}

/// The quadratic character: 0 for 0, 1 for squares, else -1.
static std::vector<int> quadraticCharacter(const Field &field) {
  std::vector<int> character(field.size(), -1);
  for (int64_t x = 1; x < field.size(); ++x)
    character[field.square(x)] = 1;
  character[0] = 0;
  return character;
}

/// The matrix [[0, 1^T], [border, Q]] with Q_ij = character(i - j).
static std::vector<int> borderedCharacter(const Field &field, int border) {
  std::vector<int> character = quadraticCharacter(field);
  int64_t q = field.size();
  std::vector<int> matrix((q + 1) * (q + 1), 0);
  for (int64_t i = 0; i <= q; ++i)
    for (int64_t j = 0; j <= q; ++j)
      if (i == 0 || j == 0)
        matrix[i * (q + 1) + j] = i == j ? 0 : i == 0 ? 1 : border;
      else
        matrix[i * (q + 1) + j] = character[field.subtract(i - 1, j - 1)];
  return matrix;
}

/// Order q + 1: I + [[0, 1^T], [-1, Q]].
static Signs paleyOne(const Field &field) {
  int64_t q = field.size();
  std::vector<int> skew = borderedCharacter(field, -1);
  Signs signs(skew.begin(), skew.end());
  for (int64_t i = 0; i <= q; ++i)
    signs[i * (q + 2)] = 1;
  return signs;
}

/// Order 2 (q + 1): each entry of the symmetric [[0, 1^T], [1, Q]] becomes a
/// square of four signs.
static Signs paleyTwo(const Field &field) {
  static constexpr int zero[2][2] = {{1, -1}, {-1, -1}},
                       one[2][2] = {{1, 1}, {1, -1}};
  std::vector<int> symmetric = borderedCharacter(field, 1);
  int64_t half = field.size() + 1, order = 2 * half;
  Signs signs(order * order);
  for (int64_t i = 0; i < order; ++i)
    for (int64_t j = 0; j < order; ++j) {
      int entry = symmetric[i / 2 * half + j / 2];
      signs[i * order + j] = static_cast<int8_t>(
          entry ? entry * one[i % 2][j % 2] : zero[i % 2][j % 2]);
    }
  return signs;
}

/// A core of that order by a single construction, or nothing.
static Signs paley(int64_t order) {
  if (order == 1)
    return {1};
  if (order % 4 != 0)
    return {};
  if (std::optional<Field> field = Field::ofSize(order - 1))
    return paleyOne(*field);
  if (order / 2 % 4 == 2)
    if (std::optional<Field> field = Field::ofSize(order / 2 - 1))
      return paleyTwo(*field);
  return {};
}

static Signs kronecker(const Signs &a, int64_t m, const Signs &b, int64_t n) {
  int64_t order = m * n;
  Signs signs(order * order);
  for (int64_t i = 0; i < order; ++i)
    for (int64_t j = 0; j < order; ++j)
      signs[i * order + j] =
          static_cast<int8_t>(a[i / n * m + j / n] * b[i % n * n + j % n]);
  return signs;
}

static Signs coreOf(int64_t order) {
  if (Signs signs = paley(order); !signs.empty())
    return signs;
  for (int64_t a = 12; a * a <= order; a += 4) {
    if (order % a != 0)
      continue;
    Signs left = paley(a), right = paley(order / a);
    if (!left.empty() && !right.empty())
      return kronecker(left, a, right, order / a);
  }
  return {};
}

std::optional<Hadamard> Hadamard::ofOrder(int64_t order) {
  // A larger core than this costs more than it is worth.
  constexpr int64_t largestCore = 1024;
  if (order < 1)
    return std::nullopt;
  Hadamard result;
  for (int64_t power = order & -order; power > 0; power /= 2) {
    int64_t rest = order / power;
    if (rest > largestCore)
      return std::nullopt;
    result.signs = coreOf(rest);
    result.coreOrder = rest;
    result.powerOrder = power;
    if (!result.signs.empty())
      return result;
  }
  return std::nullopt;
}

int Hadamard::entry(int64_t row, int64_t column) const {
  int core = signs[row / powerOrder * coreOrder + column / powerOrder];
  auto common = static_cast<uint64_t>(row % powerOrder & column % powerOrder);
  return llvm::popcount(common) % 2 ? -core : core;
}

template <typename Number> static void walsh(llvm::MutableArrayRef<Number> x) {
  assert(llvm::isPowerOf2_64(x.size()));
  for (size_t half = 1; half < x.size(); half *= 2)
    for (size_t start = 0; start < x.size(); start += 2 * half)
      for (size_t i = start; i < start + half; ++i) {
        Number a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

void quantc::walshHadamard(llvm::MutableArrayRef<double> x) { walsh(x); }

/// Sums ascend along the core, each term added to those before it.
template <typename Number>
static void multiply(const Hadamard &h, llvm::MutableArrayRef<Number> x,
                     bool transposed) {
  assert(static_cast<int64_t>(x.size()) == h.order());
  int64_t coreOrder = h.sizeOfCore(), powerOrder = h.sizeOfPower();
  for (int64_t k = 0; k < coreOrder; ++k)
    walsh(x.slice(k * powerOrder, powerOrder));
  if (coreOrder == 1)
    return;
  std::vector<Number> column(coreOrder);
  for (int64_t j = 0; j < powerOrder; ++j) {
    for (int64_t k = 0; k < coreOrder; ++k)
      column[k] = x[k * powerOrder + j];
    for (int64_t to = 0; to < coreOrder; ++to) {
      auto term = [&](int64_t from) {
        int8_t sign = h.core()[transposed ? to * coreOrder + from
                                          : from * coreOrder + to];
        return column[from] * static_cast<Number>(sign);
      };
      Number sum = term(0);
      for (int64_t from = 1; from < coreOrder; ++from)
        sum += term(from);
      x[to * powerOrder + j] = sum;
    }
  }
}

void Hadamard::apply(llvm::MutableArrayRef<double> x, bool transposed) const {
  multiply(*this, x, transposed);
}

void Hadamard::apply(llvm::MutableArrayRef<float> x) const {
  multiply(*this, x, /*transposed=*/false);
}
