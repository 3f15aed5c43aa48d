#include "core/metrics/auc.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"

namespace tutti::metrics {
namespace {

// Keras takes each word in these two spellings.
const std::vector<std::string> kCurves = {"ROC", "PR", "PRGAIN", "roc", "pr", "prgain"};
const std::vector<std::string> kSummations = {"interpolation", "minoring", "majoring",
                                              "Interpolation", "Minoring", "Majoring"};

double quotient(double a, double b) { return b == 0 ? 0.0 : a / b; }

struct Curve {
  std::vector<double> x, y;
};

Curve curve_of(const std::string& kind, const ThresholdCounts& c) {
  Curve curve;
  for (size_t i = 0; i < c.tp.size(); ++i) {
    const double recall = quotient(c.tp[i], c.tp[i] + c.fn[i]);
    if (kind == "roc") {
      curve.x.push_back(quotient(c.fp[i], c.fp[i] + c.tn[i]));
      curve.y.push_back(recall);
    } else if (kind == "pr") {
      curve.x.push_back(recall);
      curve.y.push_back(quotient(c.tp[i], c.tp[i] + c.fp[i]));
    } else {
      const double scale = quotient(c.tp[i] + c.fn[i], c.tn[i] + c.fp[i]);
      const double lost = 1.0 - scale * quotient(c.fn[i], c.tp[i]);
      curve.x.push_back(c.tp[i] == 0 ? 0.0 : std::max(lost, 0.0));
      curve.y.push_back(c.tp[i] == 0 ? 1.0 : 1.0 - scale * quotient(c.fp[i], c.tp[i]));
    }
  }
  return curve;
}

// Between two thresholds true positives are taken as linear in all positives, precision is not
// (Davis and Goadrich, 2006).
double interpolated_pr(const ThresholdCounts& c) {
  double area = 0;
  for (size_t i = 0; i + 1 < c.tp.size(); ++i) {
    const double p = c.tp[i] + c.fp[i], next = c.tp[i + 1] + c.fp[i + 1];
    const double true_step = c.tp[i] - c.tp[i + 1];
    const double slope = quotient(true_step, std::max(p - next, 0.0));
    const double intercept = c.tp[i + 1] - slope * next;
    const double ratio = p > 0 && next > 0 ? p / next : 1.0;
    area += quotient(slope * (true_step + intercept * std::log(ratio)), c.tp[i + 1] + c.fn[i + 1]);
  }
  return area;
}

std::string lower(std::string word) {
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

}  // namespace

AUC::AUC(Options options)
    : MetricWith(std::move(options)),
      thresholds_(options_.thresholds ? Thresholds::within(*options_.thresholds, "AUC")
                                      : Thresholds::even(options_.num_thresholds, true, "AUC")) {
  if (options_.num_labels && !options_.multi_label)
    fail("AUC", "num_labels is for multi_label; leave it out or set multi_label");
}

std::vector<Value> AUC::sums(const Value& y_true, const Value& y_pred,
                             const Value& sample_weight) const {
  const Shape& shape = y_pred.shape();
  if (options_.multi_label &&
      (shape.rank() != 2 || shape[1] != options_.num_labels.value_or(shape[1])))
    fail("AUC", "y_pred has shape {}; with multi_label give (rows, {})", to_string(shape),
         options_.num_labels ? std::to_string(*options_.num_labels) : "labels");
  const Value scores = options_.from_logits ? sigmoid(y_pred) : y_pred;
  if (options_.multi_label || !options_.label_weights)
    return thresholds_.sums(y_true, scores, sample_weight, options_.multi_label);
  const auto& weights = *options_.label_weights;
  const auto count = static_cast<int64_t>(weights.size());
  if (shape.rank() < 2 || shape[-1] != count)
    fail("AUC", "has {} label_weights, y_pred has shape {}; give one for each label", count,
         to_string(shape));
  // One weight for each label of each row.
  Value each =
      cast(y_pred * 0.0 + Value(Tensor::from(weights, {count}).to(y_pred.dtype())), DType::f32);
  if (sample_weight.defined())
    each = each * align_weight(cast(sample_weight, DType::f32), each, "AUC");
  return thresholds_.sums(y_true, scores, each);
}

double AUC::area(const ThresholdCounts& counts) const {
  const std::string kind = lower(options_.curve), summation = lower(options_.summation_method);
  if (kind == "pr" && summation == "interpolation") return interpolated_pr(counts);
  const Curve curve = curve_of(kind, counts);
  double area = 0;
  for (size_t i = 0; i + 1 < curve.x.size(); ++i) {
    const double a = curve.y[i], b = curve.y[i + 1];
    const double height = summation == "interpolation" ? (a + b) / 2
                          : summation == "minoring"    ? std::min(a, b)
                                                       : std::max(a, b);
    area += (curve.x[i] - curve.x[i + 1]) * height;
  }
  return area;
}

double AUC::result(std::span<const double> totals) const {
  const size_t labels = thresholds_.columns(totals);
  if (!options_.multi_label) return area(thresholds_.counts(totals));
  double sum = 0, weights = 0;
  for (size_t label = 0; label < labels; ++label) {
    const double weight = options_.label_weights ? options_.label_weights->at(label) : 1.0;
    sum += weight * area(thresholds_.counts(totals, label));
    weights += weight;
  }
  return quotient(sum, weights);
}

TUTTI_REGISTER(Metric, AUC, "AUC", "the area under a curve of two rates over thresholds")
    .argument("num_thresholds", &AUCOptions::num_thresholds, "how many, evenly spaced")
    .choice("curve", &AUCOptions::curve, kCurves, "which rates")
    .choice("summation_method", &AUCOptions::summation_method, kSummations,
            "heights between thresholds")
    .argument("thresholds", &AUCOptions::thresholds, "their own places; null: evenly spaced")
    .argument("multi_label", &AUCOptions::multi_label, "an area for each label, then their mean")
    .argument("num_labels", &AUCOptions::num_labels, "how many labels multi_label expects")
    .argument("label_weights", &AUCOptions::label_weights, "how much each label counts")
    .argument("from_logits", &AUCOptions::from_logits, "y_pred holds logits");

}  // namespace tutti::metrics
