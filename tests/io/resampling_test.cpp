// Folds, samples, windows and padding against scikit-learn, imbalanced-learn and Keras.
#include "io/resampling.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/layers/dense.h"
#include "core/model/row_source.h"
#include "core/model/sequential.h"
#include "io/folds.h"
#include "io/labels.h"
#include "io/sequences.h"
#include "tests/conformance/graph_runner.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Json golden_part(const char* part) {
  std::ifstream in(TUTTI_SOURCE_DIR "/tests/io/resampling_goldens.json");
  return Json::parse(in)[part];
}

std::vector<int64_t> labels_of(int64_t rows, int64_t classes) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(i * i % 7 % classes);
  return labels;
}

Dataset sample_data(int64_t rows, int64_t classes) {
  std::vector<double> values;
  for (int64_t i = 0; i < rows * 3; ++i)
    values.push_back(2 * std::sin(1.7 * static_cast<double>(i) + 0.4));
  return Dataset(Tensor::from(values, {rows, 3}).to(DType::f32),
                 Tensor::from(labels_of(rows, classes), {rows}));
}

std::optional<uint32_t> seed_of(const Json& seed) {
  return seed.is_null() ? std::nullopt : std::optional<uint32_t>(seed.get<uint32_t>());
}

TEST(Folds, AreScikitLearns) {
  for (const auto& item : golden_part("folds")) {
    SCOPED_TRACE(item["rows"].dump() + " " + item["splits"].dump() + " " + item["classes"].dump());
    const int64_t rows = item["rows"], splits = item["splits"], classes = item["classes"];
    const auto seed = seed_of(item["seed"]);
    const auto folds = classes > 0 ? StratifiedKFold{splits, seed}.split(labels_of(rows, classes))
                                   : KFold{splits, seed}.split(rows);
    ASSERT_EQ(folds.size(), item["tests"].size());
    for (size_t i = 0; i < folds.size(); ++i) {
      EXPECT_EQ(Json(folds[i].test), item["tests"][i]);
      EXPECT_EQ(static_cast<int64_t>(folds[i].train.size() + folds[i].test.size()), rows);
    }
  }
  EXPECT_THAT(test::error_of([] { KFold{5}.split(4); }), HasSubstr("5 folds of 4 rows"));
  EXPECT_THAT(test::error_of([] {
                StratifiedKFold{4}.split({0, 0, 1, 1});
              }),
              HasSubstr("no class has 4 rows"));
}

TEST(Folds, CrossValidateTrainsAModelForEach) {
  const Dataset data = sample_data(24, 2);
  const Dataset real = data.with_labels(data.features());
  const auto results = cross_validate(
      [] {
        auto model = std::make_shared<Sequential>();
        model->add(Dense(3));
        model->compile({.optimizer = "sgd", .loss = "mse"});
        return std::static_pointer_cast<Model>(model);
      },
      real, KFold{3, 1}.split(24), {.epochs = 2, .batch_size = 8, .verbose = 0});
  ASSERT_EQ(results.size(), 3u);
  for (const auto& fold : results) {
    EXPECT_EQ(fold.history.history().at("loss").size(), 2u);
    EXPECT_GT(fold.held_out.entries().size(), 0u);
  }
}

TEST(Resampling, TakesTheRowsOfImbalancedLearn) {
  for (const auto& item : golden_part("samples")) {
    SCOPED_TRACE(item["rows"].dump() + " " + item["classes"].dump());
    const auto labels = labels_of(item["rows"], item["classes"]);
    const uint32_t seed = item["seed"];
    std::map<int64_t, int64_t> strategy;
    if (!item["strategy"].is_null())
      for (const auto& entry : item["strategy"]) strategy[entry[0]] = entry[1];
    EXPECT_EQ(Json(RandomOverSampler({seed, strategy}).sample_indices(labels)), item["over"]);
    if (item.contains("under")) {
      EXPECT_EQ(Json(RandomUnderSampler({seed}).sample_indices(labels)), item["under"]);
      EXPECT_EQ(Json(RandomUnderSampler({.random_state = seed, .replacement = true})
                         .sample_indices(labels)),
                item["under_replacing"]);
    }
    const Dataset data = sample_data(item["rows"], item["classes"]);
    const Dataset grown =
        SMOTE({.random_state = seed, .k_neighbors = 3, .sampling_strategy = strategy})
            .fit_resample(data);
    const Tensor made = grown.features().slice_rows(data.rows(), grown.rows());
    test::expect_close(made.reshape({made.elements()}), item["smote"], 1e-6, 1e-6);
    EXPECT_EQ(Json(grown.labels().slice_rows(data.rows(), grown.rows()).to_vector<int64_t>()),
              item["smote_labels"]);
    EXPECT_EQ(grown.features().slice_rows(0, data.rows()).to_vector<float>(),
              data.features().to_vector<float>());
  }
}

TEST(Resampling, SaysWhatCannotBeSampled) {
  const Dataset few(Tensor{{1, 2}, {3, 4}, {5, 6}},
                    Tensor::from(std::vector<int32_t>{0, 0, 1}, {3}));
  EXPECT_THAT(test::error_of([&] { SMOTE().fit_resample(few); }), HasSubstr("lower k_neighbors"));
  EXPECT_THAT(test::error_of([&] {
                RandomOverSampler({0, {{5, 9}}}).fit_resample(few);
              }),
              HasSubstr("no class 5"));
  EXPECT_THAT(test::error_of([&] {
                RandomUnderSampler({0, {{0, 9}}}).fit_resample(few);
              }),
              HasSubstr("reduced to 9"));
}

TEST(Sequences, AreKeras) {
  std::vector<double> steps, aims;
  for (int i = 0; i < 20; ++i) steps.push_back(i), aims.push_back(10 * i);
  for (const auto& item : golden_part("windows")) {
    TimeseriesOptions options{item["length"], item["stride"], item["rate"], {}, {}};
    if (!item["start"].is_null()) options.start_index = item["start"].get<int64_t>();
    if (!item["end"].is_null()) options.end_index = item["end"].get<int64_t>();
    const bool aimed = !item["y"].is_null();
    const Dataset windows = timeseries_dataset_from_array(
        Tensor::from(steps, {20}), aimed ? Tensor::from(aims, {20}) : Tensor(), options);
    test::expect_close(windows.features(), item["x"]);
    if (aimed) test::expect_close(windows.labels(), item["y"]);
  }
  for (const auto& item : golden_part("padded")) {
    PadOptions options;
    if (item.contains("maxlen")) options.maxlen = item["maxlen"].get<int64_t>();
    options.padding = item.value("padding", "pre");
    options.truncating = item.value("truncating", "pre");
    options.value = item.value("value", 0.0);
    const auto sequences = item["sequences"].get<std::vector<std::vector<double>>>();
    test::expect_close(pad_sequences(sequences, options), item["padded"]);
  }
  std::vector<float> values = sample_data(4, 2).features().to_vector<float>();
  std::fill_n(values.begin() + 6, 3, 0.0f);
  for (const auto& item : golden_part("normalized"))
    test::expect_close(
        normalize(Tensor::from(values, {4, 3}), item["axis"], item["order"]).reshape({12}),
        item["y"], 1e-6, 1e-6);
  const auto [left, right] = split_dataset(sample_data(10, 2), 0.25);
  EXPECT_EQ(left.rows(), 2) << "Python rounds 2.5 to the even number";
  EXPECT_EQ(right.rows(), 8);
}

}  // namespace
}  // namespace tutti
