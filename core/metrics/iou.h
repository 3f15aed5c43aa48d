// Intersection over union of predicted and true classes: IoU, BinaryIoU, MeanIoU, OneHotIoU,
// OneHotMeanIoU. The mean over classes that occur; elements whose class is none of num_classes, or
// ignore_class, do not count.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct IoUOptions {
  int64_t num_classes = 0;
  std::vector<int64_t> target_class_ids = {};
  std::optional<int64_t> ignore_class = {};
  bool sparse_y_true = true;  // class indices; otherwise one-hot, or scores, along axis
  bool sparse_y_pred = true;
  int axis = -1;
};

class ClassOverlap : public Metric {
 public:
  ClassOverlap(IoUOptions options, const char* where);
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }

 private:
  IoUOptions overlap_;
};

class IoU final : public ClassOverlap {
 public:
  using Options = IoUOptions;
  explicit IoU(Options options) : ClassOverlap(options, "IoU"), options_(std::move(options)) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct BinaryIoUOptions {
  std::vector<int64_t> target_class_ids = {0, 1};
  double threshold = 0.5;
};

// A prediction of threshold or more is class 1.
class BinaryIoU final : public ClassOverlap {
 public:
  using Options = BinaryIoUOptions;
  explicit BinaryIoU(Options options = {});
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct MeanIoUOptions {
  int64_t num_classes = 0;
  std::optional<int64_t> ignore_class = {};
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  int axis = -1;
};

class MeanIoU final : public ClassOverlap {
 public:
  using Options = MeanIoUOptions;
  explicit MeanIoU(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct OneHotIoUOptions {
  int64_t num_classes = 0;
  std::vector<int64_t> target_class_ids = {};
  std::optional<int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  int axis = -1;
};

class OneHotIoU final : public ClassOverlap {
 public:
  using Options = OneHotIoUOptions;
  explicit OneHotIoU(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct OneHotMeanIoUOptions {
  int64_t num_classes = 0;
  std::optional<int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  int axis = -1;
};

class OneHotMeanIoU final : public ClassOverlap {
 public:
  using Options = OneHotMeanIoUOptions;
  explicit OneHotMeanIoU(Options options);
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti::metrics
