//===- BinaryHessian.cpp - signs and levels that the outputs ask for ------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With S = X^T X of the inputs and e the errors of a row, the outputs are off
// by e S e^T. Signs are first chosen column by column, or pattern by pattern,
// each making up for the errors of those before it, as GPTQ does. ARB-X (arXiv
// 2410.03129) fits mu and alpha to the error; here its two equations are solved
// at once. Then signs are flipped by coordinate descent, one or one pattern at
// a time. S e^T is kept up to date, so that a flip costs one row of S.

#include "BinaryFit.h"
#include "ColumnOrder.h"
#include "quantc/Support/ParallelFor.h"
#include <atomic>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Rounds of flips and fits.
static constexpr int kSweeps = 3;
/// Patterns whose exact change is computed.
static constexpr int kShortlist = 4;

namespace {
/// What all rows share.
struct Shared {
  MatrixRef weights;
  const BinaryScheme &scheme;
  BinaryMatrix &matrix;
  const ColumnOrder &order;
  std::vector<double> groupSums; ///< [groups, cols]: S 1 of a group's columns

  const float *hessian(int64_t column) const {
    return weights.hessian.data() + column * weights.cols;
  }
};

/// target += factor * row of S.
void addRow(const Shared &s, std::vector<double> &target, int64_t column,
            double factor) {
  const float *row = s.hessian(column);
  for (size_t i = 0; i < target.size(); ++i)
    target[i] += factor * double(row[i]);
}

/// One row on its way to fewer errors of its output.
class Row {
public:
  Row(const Shared &shared, int64_t row)
      : s(shared), row(row), n(shared.weights.cols),
        signs(shared.matrix.signs.begin() + row * n,
              shared.matrix.signs.begin() + (row + 1) * n) {
    const BinaryMatrix &m = s.matrix;
    for (int64_t g = 0; g < m.groups; ++g) {
      size_t place = size_t(row * m.groups + g);
      fits.push_back(
          {m.scales[place], m.zeroPoints.empty() ? 0 : m.zeroPoints[place]});
    }
    indices.assign(m.indices.begin() + row * m.patterns(),
                   m.indices.begin() + (row + 1) * m.patterns());
  }

  /// Of every group, what is the best without a Hessian and iterations.
  void takeMeanFits() {
    for (int64_t g = 0; g < s.matrix.groups; ++g) {
      auto [first, last] = s.matrix.columnsOf(g);
      auto group =
          s.weights.row(row).slice(size_t(first), size_t(last - first));
      fits[size_t(g)] =
          roundFit(meanFit(group, s.scheme.hasZeroPoints), s.scheme);
      chooseSigns(group, fits[size_t(g)],
                  MutableArrayRef(signs).slice(size_t(first), group.size()));
    }
  }

  /// e S e^T; fills `gradient` with S e^T.
  double start() {
    gradient.assign(size_t(n), 0.0);
    std::vector<double> errors(static_cast<size_t>(n));
    for (int64_t c = 0; c < n; ++c) {
      errors[size_t(c)] =
          double(s.weights.row(row)[size_t(c)]) - level(c, signs[size_t(c)]);
      if (errors[size_t(c)] != 0)
        addRow(s, gradient, c, errors[size_t(c)]);
    }
    double sum = 0;
    for (int64_t c = 0; c < n; ++c)
      sum += errors[size_t(c)] * gradient[size_t(c)];
    return sum;
  }

  /// Signs for the levels as they are, with what errors before them ask for.
  void roundInOrder() {
    std::vector<float> errors(static_cast<size_t>(n));
    int64_t step = s.scheme.hasCodebook() ? s.matrix.codebookDim : 1;
    for (int64_t first = 0; first < n; first += step) {
      int64_t count = std::min(step, n - first);
      float targets[kMaxCodebookDim], changes[kMaxCodebookDim];
      for (int64_t j = 0; j < count; ++j)
        targets[j] = targetOf(first + j, first, errors);
      if (s.scheme.hasCodebook()) {
        for (int64_t j = 0; j < count; ++j)
          changes[j] = costOf(first + j, targets[j], true) -
                       costOf(first + j, targets[j], false);
        Shortlist found = cheapest({changes, size_t(count)}, /*current=*/0);
        take(first / step, found.index[0]);
      } else {
        int64_t column = s.order.columns[size_t(first)];
        signs[size_t(column)] =
            costOf(first, targets[0], true) <= costOf(first, targets[0], false);
      }
      for (int64_t k = first; k < first + count; ++k) {
        int64_t column = s.order.columns[size_t(k)];
        errors[size_t(k)] = s.weights.row(row)[size_t(column)] -
                            float(level(column, signs[size_t(column)]));
      }
    }
  }

  void refine() {
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (int64_t g = 0; g < s.matrix.groups; ++g)
        fitGroup(g);
      bool isMoved = s.scheme.hasCodebook() ? changePatterns() : flipSigns();
      if (!isMoved)
        return;
    }
    for (int64_t g = 0; g < s.matrix.groups; ++g)
      fitGroup(g);
  }

  void store() {
    BinaryMatrix &m = s.matrix;
    copy(signs, m.signs.begin() + row * n);
    copy(indices, m.indices.begin() + row * m.patterns());
    for (int64_t g = 0; g < m.groups; ++g) {
      m.scales[size_t(row * m.groups + g)] = fits[size_t(g)].scale;
      if (!m.zeroPoints.empty())
        m.zeroPoints[size_t(row * m.groups + g)] = fits[size_t(g)].zeroPoint;
    }
  }

private:
  /// Patterns with the smallest sums of changes, one for each sign that is not
  /// as in `current`; ascending.
  struct Shortlist {
    float change[kShortlist];
    unsigned index[kShortlist] = {};
  };
  Shortlist cheapest(ArrayRef<float> changes, unsigned current) const;

  void take(int64_t pattern, unsigned index) {
    int64_t first = pattern * s.matrix.codebookDim,
            count = std::min(s.matrix.codebookDim, n - first);
    for (int64_t j = 0; j < count; ++j)
      signs[size_t(first + j)] = s.matrix.codebook[index] >> j & 1;
    indices[size_t(pattern)] = uint16_t(index);
  }

  /// The weight rounded k-th, plus what the errors before `first` ask for.
  float targetOf(int64_t k, int64_t first, ArrayRef<float> errors) const {
    const float *feedback = &s.order.feedback[size_t(k * n)];
    constexpr int64_t kSums = 8;
    float sums[kSums] = {};
    int64_t whole = first / kSums * kSums;
    for (int64_t i = 0; i < whole; i += kSums)
      for (int64_t sum = 0; sum < kSums; ++sum)
        sums[sum] += feedback[i + sum] * errors[size_t(i + sum)];
    float target = s.weights.row(row)[size_t(s.order.columns[size_t(k)])];
    for (int64_t i = whole; i < first; ++i)
      target += feedback[i] * errors[size_t(i)];
    for (float sum : sums)
      target += sum;
    return target;
  }

  float costOf(int64_t k, float target, bool isPositive) const {
    float error = target - float(level(s.order.columns[size_t(k)], isPositive));
    return error * error * s.order.pivots[size_t(k)];
  }

  double level(int64_t column, bool isPositive) const {
    const StoredFit &fit = fits[size_t(column / s.matrix.groupSize)];
    return ((isPositive ? 1.0f : -1.0f) - fit.zeroPoint) * fit.scale;
  }
  /// What is added to the level of a column when its sign flips.
  double stepOf(int64_t column) const {
    bool sign = signs[size_t(column)];
    return level(column, !sign) - level(column, sign);
  }
  /// The change of e S e^T when that sign alone flips.
  double changeOf(int64_t column) const {
    double step = stepOf(column);
    return step * (step * double(s.hessian(column)[column]) -
                   2 * gradient[size_t(column)]);
  }

  bool flipSigns() {
    bool isMoved = false;
    for (int64_t c = 0; c < n; ++c) {
      if (!(changeOf(c) < 0))
        continue;
      addRow(s, gradient, c, -stepOf(c));
      signs[size_t(c)] ^= 1;
      isMoved = true;
    }
    return isMoved;
  }

  bool changePatterns() {
    bool isMoved = false;
    for (int64_t p = 0; p < s.matrix.patterns(); ++p)
      isMoved |= changePattern(p);
    return isMoved;
  }

  bool changePattern(int64_t pattern);
  double exactChange(int64_t first, unsigned flips) const;
  void fitGroup(int64_t group);

  const Shared &s;
  int64_t row, n;
  std::vector<uint8_t> signs;
  std::vector<uint16_t> indices;
  std::vector<StoredFit> fits;
  std::vector<double> gradient;
};
} // namespace

/// The change when the signs of the columns first + (bits of `flips`) flip.
double Row::exactChange(int64_t first, unsigned flips) const {
  double change = 0;
  for (unsigned left = flips; left; left &= left - 1) {
    int64_t a = first + int64_t(countr_zero(left));
    double step = stepOf(a);
    change -= 2 * step * gradient[size_t(a)];
    for (unsigned other = flips; other; other &= other - 1) {
      int64_t c = first + int64_t(countr_zero(other));
      change += step * stepOf(c) * double(s.hessian(a)[c]);
    }
  }
  return change;
}

Row::Shortlist Row::cheapest(ArrayRef<float> changes, unsigned current) const {
  const unsigned present = (1u << changes.size()) - 1;
  // Changes taken one by one, for all sets of the lower and the upper eight.
  float lower[256] = {}, upper[256] = {};
  for (size_t j = 0; j < changes.size(); ++j) {
    float *table = j < 8 ? lower : upper;
    unsigned bit = 1u << (j % 8);
    for (unsigned set = 0; set < bit; ++set)
      table[set | bit] = table[set] + changes[j];
  }
  Shortlist list;
  std::fill_n(list.change, kShortlist, INFINITY);
  for (unsigned k = 0; k < s.matrix.codebook.size(); ++k) {
    unsigned flips = (s.matrix.codebook[k] ^ current) & present;
    float change = lower[flips & 255] + upper[flips >> 8];
    if (!(change < list.change[kShortlist - 1]))
      continue;
    int place = kShortlist - 1;
    for (; place > 0 && change < list.change[place - 1]; --place) {
      list.change[place] = list.change[place - 1];
      list.index[place] = list.index[place - 1];
    }
    list.change[place] = change;
    list.index[place] = k;
  }
  return list;
}

bool Row::changePattern(int64_t pattern) {
  const BinaryMatrix &m = s.matrix;
  int64_t first = pattern * m.codebookDim,
          count = std::min(m.codebookDim, n - first);
  const unsigned present = (1u << count) - 1;
  const unsigned current = m.codebook[indices[size_t(pattern)]];
  float changes[kMaxCodebookDim];
  for (int64_t j = 0; j < count; ++j)
    changes[j] = float(changeOf(first + j));
  Shortlist list = cheapest({changes, size_t(count)}, current);
  double lowest = 0;
  unsigned best = indices[size_t(pattern)];
  for (int i = 0; i < kShortlist && list.change[i] < INFINITY; ++i) {
    double change =
        exactChange(first, (m.codebook[list.index[i]] ^ current) & present);
    if (change < lowest) {
      lowest = change;
      best = list.index[i];
    }
  }
  if (best == indices[size_t(pattern)])
    return false;
  for (unsigned left = (m.codebook[best] ^ current) & present; left;
       left &= left - 1) {
    int64_t c = first + int64_t(countr_zero(left));
    addRow(s, gradient, c, -stepOf(c));
  }
  take(pattern, best);
  return true;
}

void Row::fitGroup(int64_t group) {
  auto [first, last] = s.matrix.columnsOf(group);
  StoredFit &fit = fits[size_t(group)];
  std::vector<double> signSums(size_t(n), 0.0);
  const double *sums = &s.groupSums[size_t(group * n)];
  for (int64_t c = first; c < last; ++c)
    addRow(s, signSums, c, signs[size_t(c)] ? 1 : -1);
  double signSlope = 0, slope = 0, signs2 = 0, mixed = 0, ones2 = 0;
  for (int64_t c = first; c < last; ++c) {
    double sign = signs[size_t(c)] ? 1 : -1;
    signSlope += sign * gradient[size_t(c)];
    slope += gradient[size_t(c)];
    signs2 += sign * signSums[size_t(c)];
    mixed += signSums[size_t(c)];
    ones2 += sums[c];
  }
  // alpha and mu of the smallest e S e^T, all else as it is.
  double alpha = 0, mu = 0,
         determinant =
             s.scheme.hasZeroPoints ? signs2 * ones2 - mixed * mixed : 0;
  if (determinant > 1e-9 * signs2 * ones2) {
    alpha = (signSlope * ones2 - slope * mixed) / determinant;
    mu = (slope * signs2 - signSlope * mixed) / determinant;
  } else if (signs2 > 0) {
    alpha = signSlope / signs2;
  }
  BinaryFit wanted{mu - double(fit.zeroPoint) * double(fit.scale),
                   alpha + double(fit.scale)};
  if (!(wanted.alpha > 0))
    return;
  StoredFit found = roundFit(wanted, s.scheme);
  auto move = [&](float sign) {
    return double((sign - found.zeroPoint) * found.scale) -
           double((sign - fit.zeroPoint) * fit.scale);
  };
  double up = move(1), down = move(-1), a = (up - down) / 2,
         m = (up + down) / 2;
  double change = a * a * signs2 + 2 * a * m * mixed + m * m * ones2 -
                  2 * (a * signSlope + m * slope);
  if (!(change < 0) || !std::isfinite(found.scale) ||
      !std::isfinite(found.zeroPoint))
    return;
  fit = found;
  for (int64_t c = 0; c < n; ++c)
    gradient[size_t(c)] -= a * signSums[size_t(c)] + m * sums[c];
}

/// False when the mean fits were kept.
static bool refineRow(const Shared &shared, int64_t row) {
  Row plain(shared, row), refined(shared, row), ordered(shared, row);
  ordered.roundInOrder();
  Row &best = ordered.start() < refined.start() ? ordered : refined;
  best.refine();
  bool isBetter = true;
  if (!shared.scheme.hasCodebook()) {
    plain.takeMeanFits();
    isBetter = best.start() < plain.start();
  }
  (isBetter ? best : plain).store();
  return isBetter;
}

Error methods::refineWithHessian(MatrixRef weights, const BinaryScheme &scheme,
                                 BinaryMatrix &matrix) {
  auto order = orderColumns(weights, scheme.hasCodebook()
                                         ? columnsInPlace(weights)
                                         : columnsByImportance(weights));
  if (!order)
    return order.takeError();
  Shared shared{weights, scheme, matrix, *order,
                std::vector<double>(size_t(matrix.groups * matrix.cols), 0.0)};
  parallelFor(matrix.groups, 1, [&](int64_t group, int64_t) {
    std::vector<double> sums(size_t(matrix.cols), 0.0);
    auto [first, last] = matrix.columnsOf(group);
    for (int64_t c = first; c < last; ++c)
      addRow(shared, sums, c, 1);
    copy(sums, shared.groupSums.begin() + group * matrix.cols);
  });
  std::atomic<int64_t> kept{0};
  parallelFor(matrix.rows, 4, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      kept += refineRow(shared, r) ? 0 : matrix.groups;
  });
  matrix.groupsKeptAtRtn = kept;
  return Error::success();
}
