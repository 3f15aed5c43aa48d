// LIME's core: a sparse linear model of what a model does around one row. Ribeiro, Singh and
// Guestrin, "Why should I trust you?", KDD 2016; numbers of the package `lime`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/explain/explanation.h"

namespace tutti {

// Rows around the one explained, which is row 0, as the linear model sees them: scaled values, or 1
// where a feature is as in row 0.
struct LimeNeighborhood {
  Matrix features;                // (samples, features)
  Matrix predictions;             // (samples, outputs)
  std::vector<double> distances;  // (samples), to row 0
};

// How features are chosen: "auto" (forward_selection up to 6, else highest_weights),
// "forward_selection", "highest_weights", "lasso_path", "none" (all).
struct LimeFit {
  int64_t num_features = 10;
  double kernel_width = 1;  // weight of a sample: sqrt(exp(-distance^2 / kernel_width^2))
  std::string feature_selection = "auto";
};

struct LimeExplanation : Explanation {
  double score = 0;             // R^2 of the linear model, weighted
  double local_prediction = 0;  // of the linear model, for the row
};
LimeExplanation explain_neighborhood(const LimeNeighborhood& neighborhood, int64_t output,
                                     const LimeFit& fit);

// What an explainer is asked for: the `top_outputs` with the highest predictions, else `outputs`.
struct LimeRequest {
  std::vector<int64_t> outputs = {0};
  int64_t top_outputs = 0;
  int64_t num_features = 10;
  int64_t num_samples = 5000;
};
std::vector<LimeExplanation> explain_outputs(const LimeNeighborhood& neighborhood,
                                             const LimeRequest& request, LimeFit fit);

enum class LimeDistance : uint8_t { euclidean, cosine };
std::vector<double> distances_to_first(const Matrix& features, LimeDistance distance);

}  // namespace tutti
