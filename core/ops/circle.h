// circle(embeddings [n, d], labels [n]) -> [n]: the circle loss of each row among all others (Sun
// et al., 2020). Both inputs are same on all ranks: gather_rows makes them so, and every rank
// compares all pairs. With d = max(1 - <x_i, x_j>, 0), p over rows j of i's label (i itself apart,
// if `remove_diagonal`), q over the others:
//   loss_i = softplus(log sum_p exp(gamma (margin + d)(d - margin)) +
//                     log sum_q exp(gamma max(1 + margin - d, 0) (1 - margin - d)))
// and 0 where there is no such p or no such q.
#pragma once

#include "core/graph/op.h"

namespace tutti {

struct CirclePairs {
  double gamma = 80.0;
  double margin = 0.4;
  bool remove_diagonal = true;
  std::string parameters() const;
};

class CircleOp final : public Op {
 public:
  explicit CircleOp(CirclePairs pairs) : pairs_(pairs) {}
  std::string_view name() const override { return "circle"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return pairs_.parameters(); }
  const CirclePairs& pairs() const { return pairs_; }

 private:
  CirclePairs pairs_;
};

// (embeddings, labels, dy [n]) -> d embeddings. It has no gradient itself.
class CircleGradientOp final : public Op {
 public:
  explicit CircleGradientOp(CirclePairs pairs) : pairs_(pairs) {}
  std::string_view name() const override { return "circle_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return pairs_.parameters(); }
  const CirclePairs& pairs() const { return pairs_; }

 private:
  CirclePairs pairs_;
};

Value circle(const Value& embeddings, const Value& labels, const CirclePairs& pairs);

}  // namespace tutti
