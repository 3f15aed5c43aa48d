#include "io/resampling.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/numpy_random.h"
#include "core/tensor/class_labels.h"

namespace tutti {
namespace {

using Members = std::map<int64_t, std::vector<int64_t>>;  // the rows of each class

Members members_of(const std::vector<int64_t>& classes) {
  Members members;
  for (size_t row = 0; row < classes.size(); ++row)
    members[classes[row]].push_back(static_cast<int64_t>(row));
  if (members.size() < 2)
    fail(ExitCode::data, "resample", "the labels are {} classes; it takes two or more",
         members.size());
  return members;
}

// The class of most rows (or fewest), the first of several.
int64_t extreme_class(const Members& members, bool most) {
  return std::max_element(members.begin(), members.end(),
                          [&](const auto& a, const auto& b) {
                            return most ? a.second.size() < b.second.size()
                                        : a.second.size() > b.second.size();
                          })
      ->first;
}

// How many rows each class to be sampled shall have.
std::map<int64_t, int64_t> wanted_rows(const Members& members,
                                       const std::map<int64_t, int64_t>& strategy, bool over) {
  for (const auto& [label, rows] : strategy) {
    const auto found = members.find(label);
    if (found == members.end())
      fail(ExitCode::data, "resample", "the labels have no class {}; name one they have", label);
    const auto has = static_cast<int64_t>(found->second.size());
    if (over ? rows < has : rows < 1 || rows > has)
      fail(ExitCode::data, "resample", "class {} has {} rows and cannot be {} {}; ask for {}",
           label, has, over ? "enlarged to" : "reduced to", rows,
           over ? "as many or more" : "as many or fewer");
  }
  if (!strategy.empty()) return strategy;
  const int64_t extreme = extreme_class(members, over);
  const auto rows = static_cast<int64_t>(members.at(extreme).size());
  std::map<int64_t, int64_t> wanted;
  for (const auto& [label, of_class] : members)
    if (label != extreme) wanted[label] = rows;
  return wanted;
}

uint32_t seed_of(int64_t random_state) {
  if (random_state < 0 || random_state > std::numeric_limits<uint32_t>::max())
    fail("resample", "random_state is {}; use 0 to 4294967295", random_state);
  return static_cast<uint32_t>(random_state);
}

int64_t below(NumpyRandomState& random, size_t count) {
  return static_cast<int64_t>(random.interval(count - 1));
}

// For each row of (rows, width), the `k` rows nearest to it.
std::vector<std::vector<size_t>> neighbours_of(const std::vector<double>& rows, size_t width,
                                               size_t k) {
  const size_t count = rows.size() / width;
  std::vector<std::vector<size_t>> nearest(count);
  for (size_t row = 0; row < count; ++row) {
    std::vector<std::pair<double, size_t>> distances;
    for (size_t other = 0; other < count; ++other) {
      if (other == row) continue;
      double distance = 0;
      for (size_t i = 0; i < width; ++i) {
        const double d = rows[row * width + i] - rows[other * width + i];
        distance += d * d;
      }
      distances.emplace_back(distance, other);
    }
    std::partial_sort(distances.begin(), distances.begin() + static_cast<ptrdiff_t>(k),
                      distances.end());
    for (size_t i = 0; i < k; ++i) nearest[row].push_back(distances[i].second);
  }
  return nearest;
}

// `count` new rows of f32 elements.
std::vector<float> made_rows(const Tensor& of_class, size_t count, const SmoteOptions& options) {
  const auto values = of_class.to_vector<double>();
  const auto width = static_cast<size_t>(of_class.shape().elements_per_row());
  const auto k = static_cast<size_t>(options.k_neighbors);
  const auto nearest = neighbours_of(values, width, k);
  NumpyRandomState random(seed_of(options.random_state));
  std::vector<int64_t> chosen(count);
  for (auto& each : chosen) each = below(random, nearest.size() * k);
  std::vector<float> made;
  for (const int64_t each : chosen) {
    const double step = random.uniform();
    const size_t row = static_cast<size_t>(each) / k;
    const size_t other = nearest[row][static_cast<size_t>(each) % k];
    for (size_t i = 0; i < width; ++i) {
      const double from = values[row * width + i], to = values[other * width + i];
      // The difference in the data's own precision, as NumPy takes it.
      made.push_back(static_cast<float>(from + step * static_cast<float>(to - from)));
    }
  }
  return made;
}

}  // namespace

std::vector<int64_t> RandomOverSampler::sample_indices(const std::vector<int64_t>& classes) const {
  const Members members = members_of(classes);
  std::vector<int64_t> rows(classes.size());
  std::iota(rows.begin(), rows.end(), 0);
  NumpyRandomState random(seed_of(options_.random_state));
  for (const auto& [label, wanted] : wanted_rows(members, options_.sampling_strategy, true)) {
    const auto& of_class = members.at(label);
    for (auto count = static_cast<int64_t>(of_class.size()); count < wanted; ++count)
      rows.push_back(of_class[static_cast<size_t>(below(random, of_class.size()))]);
  }
  return rows;
}

Dataset RandomOverSampler::fit_resample(const Dataset& data) const {
  return data.take_rows(sample_indices(class_indices(data.labels())));
}

std::vector<int64_t> RandomUnderSampler::sample_indices(const std::vector<int64_t>& classes) const {
  const Members members = members_of(classes);
  const auto wanted = wanted_rows(members, options_.sampling_strategy, false);
  NumpyRandomState random(seed_of(options_.random_state));
  std::vector<int64_t> rows;
  for (const auto& [label, of_class] : members) {
    const auto found = wanted.find(label);
    if (found == wanted.end()) {
      rows.insert(rows.end(), of_class.begin(), of_class.end());
      continue;
    }
    const auto order = options_.replacement
                           ? std::vector<int64_t>()
                           : random.permutation(static_cast<int64_t>(of_class.size()));
    for (size_t i = 0; i < static_cast<size_t>(found->second); ++i) {
      const int64_t at = order.empty() ? below(random, of_class.size()) : order[i];
      rows.push_back(of_class[static_cast<size_t>(at)]);
    }
  }
  return rows;
}

Dataset RandomUnderSampler::fit_resample(const Dataset& data) const {
  return data.take_rows(sample_indices(class_indices(data.labels())));
}

Dataset SMOTE::fit_resample(const Dataset& data) const {
  const Tensor features = data.features().to(DType::f32);
  const Members members = members_of(class_indices(data.labels()));
  if (options_.k_neighbors < 1)
    fail("SMOTE", "k_neighbors is {}; use 1 or more", options_.k_neighbors);
  std::vector<float> made;
  std::vector<int64_t> rows(static_cast<size_t>(data.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  for (const auto& [label, wanted] : wanted_rows(members, options_.sampling_strategy, true)) {
    const auto& of_class = members.at(label);
    const size_t count = static_cast<size_t>(wanted) - of_class.size();
    if (count == 0) continue;
    if (static_cast<int64_t>(of_class.size()) <= options_.k_neighbors)
      fail(ExitCode::data, "SMOTE",
           "class {} has {} rows, {} neighbours take more; lower k_neighbors, or use "
           "RandomOverSampler",
           label, of_class.size(), options_.k_neighbors);
    const auto added = made_rows(features.take_rows(of_class), count, options_);
    made.insert(made.end(), added.begin(), added.end());
    rows.insert(rows.end(), count, of_class[0]);  // whose label they have
  }
  const Dataset sized = data.take_rows(rows);
  const Tensor grown = sized.features().to(DType::f32).clone();
  std::copy(made.begin(), made.end(), grown.data<float>() + features.elements());
  return sized.with_features(grown);
}

namespace {

constexpr const char* kRandomState = "what the draws begin with";
constexpr const char* kStrategy = "rows that a class shall have, by its number; else all alike";

TUTTI_REGISTER(Sampler, RandomOverSampler, "RandomOverSampler", "repeats rows of rarer classes")
    .argument("sampling_strategy", &SamplingOptions::sampling_strategy, kStrategy)
    .argument("random_state", &SamplingOptions::random_state, kRandomState);
TUTTI_REGISTER(Sampler, RandomUnderSampler, "RandomUnderSampler",
               "leaves out rows of more frequent classes")
    .argument("sampling_strategy", &UnderSamplingOptions::sampling_strategy, kStrategy)
    .argument("random_state", &UnderSamplingOptions::random_state, kRandomState)
    .argument("replacement", &UnderSamplingOptions::replacement, "a row may be drawn twice");
TUTTI_REGISTER(Sampler, SMOTE, "SMOTE", "makes rows of rarer classes between neighbours")
    .argument("sampling_strategy", &SmoteOptions::sampling_strategy, kStrategy)
    .argument("random_state", &SmoteOptions::random_state, kRandomState)
    .argument("k_neighbors", &SmoteOptions::k_neighbors, "neighbours that a row has");

}  // namespace

}  // namespace tutti
