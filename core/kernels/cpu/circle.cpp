// circle and its gradient on CPU: every pair of rows, in f64.
#include "core/ops/circle.h"

#include <algorithm>
#include <limits>

#include "core/kernels/cpu/floating.h"
#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace tutti::cpu {
namespace {

// log(sum of exp(x)), one x after another.
struct LogSum {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  void add(double x) {
    if (x <= largest) {
      sum += scalar::exp_of(x - largest);
    } else {
      sum = 1.0 + (sum > 0 ? sum * scalar::exp_of(largest - x) : 0.0);
      largest = x;
    }
  }
  bool empty() const { return sum == 0; }
  double value() const { return largest + scalar::log_of(sum); }
};

// The rows of a batch and what a pair of them weighs.
template <typename T>
struct CirclePlace {
  CirclePairs pairs;
  int64_t rows, width;
  const T* embeddings;
  const int64_t* labels;

  double distance(int64_t i, int64_t j) const {
    double product = 0;
    for (int64_t k = 0; k < width; ++k)
      product += static_cast<double>(embeddings[i * width + k]) *
                 static_cast<double>(embeddings[j * width + k]);
    return 1.0 - product;  // below 0 it counts as 0, and has no slope
  }
  bool together(int64_t i, int64_t j) const { return labels[i] == labels[j]; }
  bool counts(int64_t i, int64_t j) const {
    return i != j || !pairs.remove_diagonal || !together(i, j);
  }
  double exponent(bool positive, double d) const {
    const double m = pairs.margin;
    if (positive) return -pairs.gamma * std::max(m + d, 0.0) * (m - d);
    return pairs.gamma * std::max(1.0 + m - d, 0.0) * (1.0 - m - d);
  }
  double slope(bool positive, double d) const {
    const double m = pairs.margin;
    if (positive) return m + d > 0 ? 2.0 * pairs.gamma * d : 0.0;
    return 1.0 + m - d > 0 ? -2.0 * pairs.gamma * (1.0 - d) : 0.0;
  }
  // The two log sums of row i; false if one is empty: then nothing is lost.
  bool sums(int64_t i, double& positive, double& negative) const {
    LogSum p, q;
    for (int64_t j = 0; j < rows; ++j)
      if (counts(i, j))
        (together(i, j) ? p : q).add(exponent(together(i, j), std::max(distance(i, j), 0.0)));
    if (p.empty() || q.empty()) return false;
    positive = p.value(), negative = q.value();
    return true;
  }
};

template <typename T>
CirclePlace<T> place_of(const CirclePairs& pairs, const KernelRequest& request) {
  return {pairs, request.inputs[0].shape[0], request.inputs[0].shape[1], nullptr, nullptr};
}

template <typename T>
class CircleKernel final : public Kernel {
 public:
  explicit CircleKernel(const KernelRequest& request)
      : place_(place_of<T>(static_cast<const CircleOp*>(request.op)->pairs(), request)) {}
  int64_t tiles() const override { return place_.rows; }
  void run(const KernelCall& call, int64_t row) const override {
    CirclePlace<T> place = place_;
    place.embeddings = static_cast<const T*>(call.inputs[0]);
    place.labels = static_cast<const int64_t*>(call.inputs[1]);
    double p = 0, q = 0, loss = 0;
    if (place.sums(row, p, q)) {
      const double x = p + q;
      loss = std::max(x, 0.0) + scalar::log1p_of(scalar::exp_of(x < 0 ? x : -x));
    }
    static_cast<T*>(call.outputs[0])[row] = static_cast<T>(loss);
  }

 private:
  CirclePlace<T> place_;
};

// Phase 0 leaves each row's log sums and its share of the gradient, phase 1 adds over pairs.
template <typename T>
class CircleGradientKernel final : public Kernel {
 public:
  explicit CircleGradientKernel(const KernelRequest& request)
      : place_(place_of<T>(static_cast<const CircleGradientOp*>(request.op)->pairs(), request)) {}
  int64_t tiles() const override { return place_.rows; }
  int64_t phases() const override { return 2; }
  size_t workspace_bytes() const override { return static_cast<size_t>(place_.rows) * sizeof(Row); }
  void run(const KernelCall& call, int64_t row) const override {
    CirclePlace<T> place = place_;
    place.embeddings = static_cast<const T*>(call.inputs[0]);
    place.labels = static_cast<const int64_t*>(call.inputs[1]);
    Row* all = static_cast<Row*>(call.workspace);
    if (call.phase == 0) {
      Row& own = all[row];
      own = {};
      if (place.sums(row, own.positive, own.negative)) {
        const double x = own.positive + own.negative;
        own.share = static_cast<double>(static_cast<const T*>(call.inputs[2])[row]) /
                    (1.0 + scalar::exp_of(-x));
      }
      return;
    }
    T* out = static_cast<T*>(call.outputs[0]) + row * place.width;
    std::fill(out, out + place.width, T(0));
    for (int64_t j = 0; j < place.rows; ++j) {
      const double weight = pair_weight(place, all[row], all[j], row, j);
      const T* other = place.embeddings + j * place.width;
      for (int64_t k = 0; k < place.width; ++k)
        out[k] =
            static_cast<T>(static_cast<double>(out[k]) + weight * static_cast<double>(other[k]));
    }
  }

 private:
  struct Row {
    double positive = 0, negative = 0, share = 0;
  };
  // d loss / d <x_i, x_j>, of both rows' losses.
  static double pair_weight(const CirclePlace<T>& place, const Row& i_row, const Row& j_row,
                            int64_t i, int64_t j) {
    const double d = place.distance(i, j);
    if (!place.counts(i, j) || !(d > 0)) return 0;
    const bool together = place.together(i, j);
    const double exponent = place.exponent(together, d);
    const auto part = [&](const Row& row) {
      if (row.share == 0) return 0.0;
      return row.share * scalar::exp_of(exponent - (together ? row.positive : row.negative));
    };
    return -place.slope(together, d) * (part(i_row) + part(j_row));
  }

  CirclePlace<T> place_;
};

TUTTI_KERNEL("circle", DeviceKind::cpu,
             [](const KernelRequest& r) { return make_floating<CircleKernel>("circle", r); });
TUTTI_KERNEL("circle_gradient", DeviceKind::cpu, [](const KernelRequest& r) {
  return make_floating<CircleGradientKernel>("circle_gradient", r);
});

}  // namespace
}  // namespace tutti::cpu
