#include "launch/report/training_record.h"

#include <gmock/gmock.h>

#include <cmath>

#include "launch/report/probe.h"
#include "launch/tutti.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

class RecordTest : public testing_support::InTemporaryFolder {
 protected:
  static std::unique_ptr<Sequential> model() {
    auto made = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{
        Dense(6, "relu", true, GlorotUniform({.seed = 1})), BatchNormalization(), Dropout(0.5),
        Dense({.units = 1, .kernel_initializer = GlorotUniform({.seed = 2})})});
    made->compile({.optimizer = SGD(0.05), .loss = "mse"});
    return made;
  }
  static RowSourcePtr rows() {
    std::vector<float> x, y;
    for (int i = 0; i < 40; ++i) {
      x.push_back(std::sin(static_cast<float>(i))),
          x.push_back(std::cos(2.0f * static_cast<float>(i)));
      y.push_back(x[x.size() - 2] * 2 - x.back());
    }
    return make_rows(Tensor::from(x, {40, 2}), Tensor::from(y, {40, 1}));
  }
  static FitOptions fit(std::vector<std::shared_ptr<Callback>> callbacks) {
    FitOptions options;
    options.epochs = 4, options.batch_size = 8, options.verbose = 0;
    options.callbacks = std::move(callbacks);
    return options;
  }
};

TEST_F(RecordTest, TrainingHasTheSameBitsWithAndWithoutIt) {
  const auto watched = model(), alone = model();
  watched->fit(rows(), fit({std::make_shared<TrainingRecorder>(TrainingRecorderOptions{"", 16})}));
  alone->fit(rows(), fit({}));
  EXPECT_EQ(watched->digest(), alone->digest());
  const auto a = watched->get_weights(), b = alone->get_weights();  // moving statistics too
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(a[i].to_vector<float>(), b[i].to_vector<float>()) << i;
}

TEST_F(RecordTest, WhatIsWrittenIsReadBack) {
  const auto recorder = std::make_shared<TrainingRecorder>(
      TrainingRecorderOptions{(folder_ / "record.jsonl").string(), 16});
  const auto watched = model();
  watched->fit(rows(), fit({recorder}));
  const TrainingRecord read = read_training_record((folder_ / "record.jsonl").string());
  const TrainingRecord& kept = recorder->record();
  EXPECT_EQ(read.rows, 16);
  ASSERT_EQ(read.followed.size(), 2u);  // of each kernel one
  EXPECT_EQ(read.followed[1].variable, kept.followed[1].variable);
  ASSERT_EQ(read.epochs.size(), 5u);
  for (size_t e = 0; e < 5; ++e) {
    EXPECT_EQ(read.epochs[e].epoch, static_cast<int64_t>(e));
    EXPECT_DOUBLE_EQ(read.epochs[e].learning_rate, 0.05);
    EXPECT_DOUBLE_EQ(read.epochs[e].loss, kept.epochs[e].loss);
    EXPECT_EQ(read.epochs[e].weights, kept.epochs[e].weights);
    ASSERT_EQ(read.epochs[e].layers.size(), 4u);
    const LayerRecord &layer = read.epochs[e].layers[0], &same = kept.epochs[e].layers[0];
    EXPECT_EQ(layer.activation, "relu");
    EXPECT_EQ(layer.parameters, 18);
    EXPECT_DOUBLE_EQ(layer.gradient_norm, same.gradient_norm);
    EXPECT_GT(layer.gradient_norm, 0);
    EXPECT_EQ(layer.units, 6);
    EXPECT_EQ(layer.change > 0, e > 0);
    EXPECT_TRUE(read.epochs[e].layers[3].last);
  }
  EXPECT_LT(read.epochs.back().loss, read.epochs.front().loss);
}

TEST_F(RecordTest, ADamagedRecordNamesItsLine) {
  const std::string good = "{\"epoch\":0,\"rows\":4}\n";
  for (const char* bad : {"{\"epoch\":\n", "{}\n", "7\n", "\n", "{\"epoch\":1,\"rows\":0}\n",
                          "{\"epoch\":1,\"rows\":4,\"layers\":[{\"layer\":1}]}\n",
                          "{\"epoch\":1,\"rows\":4,\"weights\":[{\"variable\":\"w\",\"element\":0,"
                          "\"value\":1}]}\n"}) {
    write("record.jsonl", good + bad);
    try {
      read_training_record((folder_ / "record.jsonl").string());
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("record.jsonl:2]"));
      EXPECT_EQ(error.code(), ExitCode::data);
    }
  }
}

// The gradient of mean((w x - y)^2) by hand.
TEST_F(RecordTest, AProbeGivesLossGradientsAndOutputs) {
  Dense line({.units = 1, .use_bias = false, .kernel_initializer = Constant(3.0)});
  Sequential model({line});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const auto rows = make_rows(Tensor{{1}, {2}}, Tensor{{2}, {4}});
  model.build_graph(rows->inputs());
  Probe probe(model, rows, 10);
  probe.run();
  EXPECT_EQ(probe.rows(), 2);
  EXPECT_NEAR(probe.loss(), (1 + 4) / 2.0, 1e-6);
  EXPECT_NEAR(probe.gradient(0).item(), 2 * (1 * 1 + 2 * 2) / 2.0, 1e-6);
  ASSERT_EQ(probe.layers().size(), 1u);
  EXPECT_TRUE(probe.layers()[0].last);
  EXPECT_EQ(probe.output(0).to_vector<float>(), (std::vector<float>{3, 6}));
}

TEST_F(RecordTest, RowsAreSpreadEvenly) {
  EXPECT_THAT(spread_rows(10, 4), testing::ElementsAre(0, 2, 5, 7));
  EXPECT_THAT(spread_rows(3, 9), testing::ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace tutti
