#include "core/explain/lime_image.h"
#include "core/explain/lime_tabular.h"
#include "core/explain/lime_text.h"
#include "tests/core/explain/credit.h"

namespace tutti {
namespace {

using test::Json;

LimeTabularOptions tabular_options(const Json& given) {
  return {.feature_names = test::credit_features(),
          .categorical_features = {9},
          .discretize_continuous = given["discretize"].get<bool>(),
          .feature_selection = given["feature_selection"].get<std::string>()};
}

TEST(LimeTabular, OnTheSameSamplesItIsThePackage) {
  const auto& golden = test::explained()["tabular"];
  for (const auto& given : golden["cases"]) {
    SCOPED_TRACE(given["feature_selection"]);
    const LimeTabularExplainer explainer(test::exact(golden["training"]), tabular_options(given));
    const LimeRequest request{.outputs = {1}, .num_features = given["num_features"].get<int64_t>()};
    const auto found =
        explainer.explain_samples({test::matrix_of(given["seen"]), test::matrix_of(given["rows"])},
                                  test::both_risks, request)[0];
    test::expect_contributions(found.contributions, given["weights"], 1e-6);
    for (size_t i = 0; i < found.contributions.size(); ++i)
      EXPECT_EQ(found.contributions[i].name, given["names"][i].get<std::string>());
    EXPECT_NEAR(found.base_value, given["intercept"].get<double>(), 1e-6);
    EXPECT_NEAR(found.score, given["score"].get<double>(), 1e-6);
    EXPECT_NEAR(found.local_prediction, given["local"].get<double>(), 1e-6);
  }
}

std::vector<LimeExplanation> own_explanations(bool discretize) {
  const auto& golden = test::explained()["tabular"];
  const Tensor training = test::exact(golden["training"]);
  const LimeTabularExplainer explainer(
      training, {.categorical_features = {9}, .discretize_continuous = discretize});
  std::vector<LimeExplanation> found;
  for (const auto& row : golden["rows"])
    found.push_back(explainer.explain_instance(training.row(row.get<int64_t>()), test::both_risks,
                                               {.outputs = {1}, .num_samples = 20000})[0]);
  return found;
}

TEST(LimeTabular, WithItsOwnSamplesItOrdersTheSameTopFive) {
  const auto& golden = test::explained()["tabular"];
  const auto found = own_explanations(false);
  int same = 0;
  for (size_t row = 0; row < 10; ++row) {
    bool equal = true;
    for (size_t i = 0; i < 5; ++i)
      equal = equal &&
              found[row].contributions[i].feature == golden["slopes"][row][i][0].get<int64_t>();
    same += equal;
  }
  EXPECT_GE(same, 9);
}

TEST(LimeTabular, WithItsOwnSamplesWeightsComeClose) {
  const auto& golden = test::explained()["tabular"];
  const auto found = own_explanations(true);
  for (size_t row = 0; row < 10; ++row)
    for (const auto& item : found[row].contributions)
      for (const auto& given : golden["bins"][row])
        if (given[0].get<int64_t>() == item.feature) {
          EXPECT_NEAR(item.weight, given[1].get<double>(), 0.03) << "row " << row;
        }
}

TEST(LimeTabular, SamplesFollowTheTrainingData) {
  const Tensor training = test::exact(test::explained()["tabular"]["training"]);
  const LimeTabularExplainer explainer(training, {.categorical_features = {9}});
  const auto row = training.row(0).to_vector<double>();
  const auto samples = explainer.sample(row, 4000);
  const Matrix data(40, 10, training.to_vector<double>());
  for (int64_t j = 0; j < 10; ++j) {
    EXPECT_EQ(samples.rows(0, j), row[static_cast<size_t>(j)]);
    EXPECT_EQ(samples.seen(0, j), 1);
    const auto all = data.column(j), drawn = samples.rows.column(j);
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    double mean = 0, drawn_mean = 0;
    for (const double value : all) mean += value / 40;
    for (const double value : drawn) {
      drawn_mean += value / 4000;
      EXPECT_GE(value, *least);
      EXPECT_LE(value, *most);
    }
    EXPECT_NEAR(drawn_mean, mean, 0.05 * (*most - *least)) << "column " << j;
  }
  EXPECT_EQ(explainer.sample(row, 50).rows.values, explainer.sample(row, 50).rows.values);
}

TEST(LimeTabular, BadRequestsAreNamed) {
  const Tensor training = test::exact(test::explained()["tabular"]["training"]);
  const LimeTabularExplainer explainer(training, {.feature_selection = "best"});
  const auto explain = [&](const LimeRequest& request) {
    (void)explainer.explain_instance(training.row(0), test::both_risks, request);
  };
  test::expect_error([&] { explain({}); }, {"[lime]", "best", "forward_selection"});
  test::expect_error([&] { explain({.outputs = {2}}); }, {"[lime]", "output 2 of 2"});
  test::expect_error([&] { explain({.num_samples = 1}); }, {"[lime]", "num_samples is 1"});
  test::expect_error(
      [&] {
        LimeTabularExplainer({{1, 2}}, {.feature_names = {"one"}});
      },
      {"[lime]", "1 feature names for 2 columns"});
}

Tensor mood(const std::vector<std::string>& texts) {
  const std::map<std::string, double> words = {
      {"good", 1.5}, {"bad", -2.0}, {"film", 0.2}, {"plot", -0.4}, {"never", -0.7}};
  std::vector<double> result;
  for (std::string text : texts) {
    for (char& c : text)
      if (c == ',' || c == '.') c = ' ';
    std::istringstream in(text);
    double score = 0;
    for (std::string word; in >> word;)
      if (words.contains(word)) score += words.at(word);
    result.insert(result.end(), {1 / (1 + std::exp(score)), 1 / (1 + std::exp(-score))});
  }
  return Tensor::from(result, {static_cast<int64_t>(texts.size()), 2});
}

TEST(LimeText, OnTheSameMasksItIsThePackage) {
  const auto& golden = test::explained()["text"];
  for (const auto& given : golden["cases"]) {
    const bool bow = given["bow"].get<bool>();
    const IndexedText text(golden["text"].get<std::string>(), bow, "UNKWORDZ");
    const Matrix masks = test::matrix_of(given["masks"]);
    ASSERT_EQ(static_cast<int64_t>(text.words().size()), masks.columns);
    for (size_t i = 0; i < given["texts"].size(); ++i)
      EXPECT_EQ(text.without(masks.row(static_cast<int64_t>(i))), given["texts"][i]);
    const LimeTextExplainer explainer({.bow = bow});
    const auto found =
        explainer.explain_masks(text, masks, mood, {.outputs = {1}, .num_features = 5})[0];
    test::expect_contributions(found.contributions, given["weights"], 1e-6);
    EXPECT_NEAR(found.base_value, given["intercept"].get<double>(), 1e-6);
  }
}

TEST(LimeText, ItFindsTheWordThatDecides) {
  const auto found = LimeTextExplainer().explain_instance("a good, good film and a bad plot", mood,
                                                          {.outputs = {1}, .num_features = 2});
  EXPECT_EQ(found[0].contributions[0].name, "good");
  EXPECT_EQ(found[0].contributions[1].name, "bad");
  EXPECT_LT(found[0].contributions[1].weight, 0);
  test::expect_error([&] { (void)LimeTextExplainer().explain_instance("...", mood); },
                     {"[lime]", "without words"});
}

TEST(LimeImage, OnTheSameMasksItIsThePackage) {
  const auto& golden = test::explained()["image"];
  const auto image_values = test::doubles_of(golden["image"]);
  const auto weights = test::doubles_of(golden["weights"]).to_vector<double>();
  const auto predict = [&](const Tensor& images) {
    const auto values = images.to_vector<double>();
    std::vector<double> result;
    for (size_t i = 0; i < values.size(); i += weights.size()) {
      double score = 0;
      for (size_t k = 0; k < weights.size(); ++k) score += values[i + k] * weights[k];
      result.insert(result.end(), {1 / (1 + std::exp(score)), 1 / (1 + std::exp(-score))});
    }
    return Tensor::from(result, {images.rows(), 2});
  };
  const auto found = LimeImageExplainer().explain_masks(
      image_values, predict, grid_segments(6, 6, 2), test::matrix_of(golden["masks"]),
      {.top_outputs = 2, .num_features = 9});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_GE(found[0].prediction, found[1].prediction);
  for (const auto& explanation : found)
    test::expect_contributions(explanation.contributions,
                               golden["explanations"][std::to_string(explanation.output)], 1e-6);
}

TEST(LimeImage, QuickShiftFindsTheSameSuperpixels) {
  const auto& golden = test::explained()["image"];
  const auto found = quick_shift(test::doubles_of(golden["picture"]),
                                 {.kernel_size = 2, .max_dist = 6, .ratio = 0.2});
  // The same partition, under other numbers.
  std::map<int64_t, int64_t> ours, theirs;
  for (size_t i = 0; i < found.labels.size(); ++i) {
    const auto other = golden["shift"][i / 12][i % 12].get<int64_t>();
    EXPECT_EQ(ours.try_emplace(found.labels[i], other).first->second, other) << i;
    EXPECT_EQ(theirs.try_emplace(other, found.labels[i]).first->second, found.labels[i]) << i;
  }
  EXPECT_GE(found.count, 3);
}

}  // namespace
}  // namespace tutti
