//===- LowRank.cpp - what a branch of low rank makes up for -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See LowRank.h. Large products are cut into blocks of rows, which do not
// depend on the number of threads; Eigen itself runs on one.

#include "quantc/Methods/LowRank.h"
#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <queue>

using namespace llvm;
using namespace quantc;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// From this size on only the eigenvectors that are asked for are computed.
static constexpr int64_t kWholeSize = 1024;
/// More vectors than asked for, and steps, of subspace iteration.
static constexpr int64_t kMoreVectors = 16, kIterations = 8;
/// Eigenvalues below this share of the largest one are rounding errors.
static constexpr double kNothing = 1e-13;

/// a * b.
template <typename A, typename B>
static Matrix product(const A &a, const B &b) {
  Matrix result(a.rows(), b.cols());
  parallelFor(a.rows(), 64, [&](int64_t begin, int64_t end) {
    result.middleRows(begin, end - begin).noalias() =
        a.middleRows(begin, end - begin) * b;
  });
  return result;
}

namespace {
/// The error of a weight and the Hessian that measures it.
struct Problem {
  Matrix error;   ///< E, [rows, cols]
  Matrix hessian; ///< G, [cols, cols]; empty for the identity

  /// x G for rows x.
  Matrix weigh(const Matrix &x) const {
    return hessian.size() ? product(x, hessian) : x;
  }
};

/// Columns of `vectors` with their eigenvalues, descending.
struct Spectrum {
  Matrix vectors;
  Vector values;
};
} // namespace

/// The `rank` largest eigenvalues of a symmetric matrix.
static Spectrum largest(const Matrix &symmetric, int64_t rank) {
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  return {solver.eigenvectors().rightCols(rank).rowwise().reverse(),
          solver.eigenvalues().tail(rank).reverse().cwiseMax(0)};
}

/// Of E G E^T, by the matrix itself.
static Spectrum fromRows(const Problem &p, int64_t rank) {
  Matrix weighed = p.weigh(p.error);
  return largest(product(weighed, p.error.transpose()), rank);
}

/// F with F F^T = G, for any G that is positive semidefinite but for rounding.
static Matrix factor(const Matrix &hessian) {
  Eigen::LDLT<Eigen::MatrixXd> ldlt(hessian);
  Eigen::MatrixXd lower = ldlt.matrixL();
  Vector roots = ldlt.vectorD().cwiseMax(0).cwiseSqrt();
  return ldlt.transpositionsP().transpose() * (lower * roots.asDiagonal());
}

/// The same by (E F)^T (E F), for weights with more rows than columns.
static Spectrum fromColumns(const Problem &p, int64_t rank) {
  Matrix seen =
      p.hessian.size() ? product(p.error, factor(p.hessian)) : p.error;
  Matrix turned = seen.transpose();
  Spectrum found = largest(product(turned, seen), rank);
  found.vectors = product(seen, found.vectors);
  for (int64_t r = 0; r < rank; ++r)
    if (found.values[r] > 0)
      found.vectors.col(r) /= std::sqrt(found.values[r]);
  return found;
}

/// The same by subspace iteration from random signs (Halko, Martinsson, Tropp,
/// 2011), for matrices too large to be decomposed.
static Spectrum fromSubspace(const Problem &p, int64_t rank) {
  int64_t rows = p.error.rows();
  int64_t size = std::min({rank + kMoreVectors, rows, int64_t(p.error.cols())});
  Matrix basis(rows, size);
  uint64_t state = 0;
  for (double &sign : basis.reshaped()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sign = state >> 63 ? 1 : -1;
  }
  Matrix turned = p.error.transpose();
  auto apply = [&](const Matrix &x) {
    Matrix inner = product(turned, x);
    return product(p.error,
                   p.hessian.size() ? product(p.hessian, inner) : inner);
  };
  for (int64_t i = 0; i < kIterations; ++i) {
    Eigen::HouseholderQR<Eigen::MatrixXd> qr(apply(basis));
    basis = qr.householderQ() * Eigen::MatrixXd::Identity(rows, size);
  }
  Matrix transposed = basis.transpose();
  Spectrum inner = largest(product(transposed, apply(basis)), rank);
  inner.vectors = product(basis, inner.vectors);
  return inner;
}

/// 2^i next to sqrt(a / b).
static double balance(double a, double b) {
  return std::exp2(std::rint(0.5 * std::log2(a / b)));
}

/// Rounds one rank to fp16; it stays zero where fp16 cannot hold it.
static void store(const Vector &up, const Vector &down, int64_t r,
                  LowRankBranch &branch) {
  static const Format &half = *lookupFormat("fp16");
  double mostUp = up.cwiseAbs().maxCoeff(),
         mostDown = down.cwiseAbs().maxCoeff();
  if (!(mostUp > 0) || !(mostDown > 0))
    return;
  double factor = balance(mostDown, mostUp);
  if (mostUp * factor > half.maxValue || mostDown / factor > half.maxValue) {
    branch.gains[r] = 0;
    return;
  }
  for (int64_t i = 0; i < branch.rows; ++i)
    branch.up[r * branch.rows + i] = half.encode(float(up[i] * factor));
  for (int64_t i = 0; i < branch.cols; ++i)
    branch.down[r * branch.cols + i] = half.encode(float(down[i] / factor));
}

static Matrix matrixOf(ArrayRef<float> numbers, int64_t rows, int64_t cols) {
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic,
                                        Eigen::RowMajor>>(numbers.data(), rows,
                                                          cols)
      .cast<double>();
}

Expected<LowRankBranch> quantc::fitLowRank(MatrixRef weights,
                                           ArrayRef<float> approximation,
                                           int64_t rank) {
  int64_t rows = weights.rows, cols = weights.cols;
  if (rank < 1)
    return makeError(ErrorKind::Usage,
                     "a low-rank branch of rank {0}; expected 1 or more", rank);
  LowRankBranch branch{rank, rows, cols, {}, {}, {}};
  branch.down.assign(rank * cols, 0);
  branch.up.assign(rank * rows, 0);
  branch.gains.assign(rank, 0);
  if (weights.data.empty())
    return branch;
  Problem p;
  p.error = matrixOf(weights.data, rows, cols);
  if (!weights.hessian.empty())
    p.hessian = matrixOf(weights.hessian, cols, cols);
  double outputs = p.weigh(p.error).cwiseProduct(p.error).sum();
  p.error -= matrixOf(approximation, rows, cols);
  if (!p.error.allFinite() || !std::isfinite(outputs))
    return makeError(ErrorKind::BadModel,
                     "the weights or the Hessian of the inputs are not finite");
  int64_t whole = std::min({rank, rows, cols});
  Spectrum found = std::min(rows, cols) > kWholeSize ? fromSubspace(p, whole)
                   : rows <= cols                    ? fromRows(p, whole)
                                                     : fromColumns(p, whole);
  Matrix turned = found.vectors.transpose();
  Matrix down = product(turned, p.error);
  for (int64_t r = 0; r < whole; ++r) {
    if (!(found.values[r] > kNothing * found.values[0]))
      break;
    branch.gains[r] = outputs > 0 ? found.values[r] / outputs : 0;
    store(found.vectors.col(r), down.row(r), r, branch);
  }
  return branch;
}

Expected<LowRankBranch> quantc::fitLowRank(MatrixRef weights, int64_t rank) {
  weights.hessian = {};
  std::vector<float> nothing(weights.data.size(), 0.0f);
  return fitLowRank(weights, nothing, rank);
}

void LowRankBranch::addTo(MutableArrayRef<float> weights) const {
  static const Format &half = *lookupFormat("fp16");
  auto numbers = [&](ArrayRef<uint16_t> codes, int64_t columns) {
    Matrix matrix(rank, columns);
    for (int64_t i = 0; i < rank * columns; ++i)
      matrix.data()[i] = double(half.decode(codes[i]));
    return matrix;
  };
  Matrix turned = numbers(up, rows).transpose();
  Matrix sum = product(turned, numbers(down, cols));
  for (int64_t i = 0; i < rows * cols; ++i)
    weights[i] = float(double(weights[i]) + sum.data()[i]);
}

int64_t quantc::lowRankBytes(int64_t rows, int64_t cols) {
  return 2 * (cols + (rows + 15) / 16 * 16);
}

std::vector<int64_t> quantc::chooseRanks(ArrayRef<RankCandidate> layers,
                                         int64_t bytes) {
  std::vector<int64_t> ranks(layers.size(), 0);
  // Gain per byte of the next step of a layer; the queue gives the largest
  // first, and of equal ones the first layer.
  using Step = std::pair<double, int64_t>;
  std::priority_queue<Step> steps;
  auto offer = [&](int64_t i) {
    ArrayRef<double> left = ArrayRef(layers[i].gains).drop_front(ranks[i]);
    double gain = 0;
    for (double one : left.take_front(kRankStep))
      gain += one;
    if (gain > 0)
      steps.push({gain / double(layers[i].bytesPerRank), -i});
  };
  for (size_t i = 0; i < layers.size(); ++i)
    offer(int64_t(i));
  while (!steps.empty()) {
    int64_t i = -steps.top().second;
    steps.pop();
    auto left = int64_t(layers[i].gains.size()) - ranks[i];
    int64_t count = std::min(kRankStep, left);
    int64_t cost = count * layers[i].bytesPerRank;
    if (cost > bytes)
      continue;
    bytes -= cost;
    ranks[i] += count;
    offer(i);
  }
  return ranks;
}
