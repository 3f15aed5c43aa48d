#include "launch/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "distributed/communicator.h"
#include "launch/at_place.h"
#include "launch/job_schema.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const char* const kJob = R"(name: digits
data:      {csv: train.csv, label: label, scale: 0.5, validation_split: 0.2}
model:
  - Dense: {units: 600, activation: relu}
  - Dense: {units: 10, name: last}
loss:      {SparseCategoricalCrossentropy: {from_logits: true}}
optimizer: {Adam: {learning_rate: 0.001}}
metrics:   [accuracy]
fit:       {epochs: 10, batch_size: 128}
callbacks: [{EarlyStopping: {patience: 3}}]
seed: 42
)";

struct Outcome {
  std::string message;
  ExitCode code;
};

Outcome outcome(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    Job::parse(text, "job.yaml", overrides);
    return {"accepted", ExitCode::ok};
  } catch (const Error& error) {
    return {error.what(), error.code()};
  }
}

Job with(const std::string& assignment) { return Job::parse(kJob, "job.yaml", {assignment}); }

TEST(Job, FillsTheFrame) {
  const Job job = Job::parse(kJob, "job.yaml");
  const schema::Job& frame = job.frame();
  EXPECT_EQ(frame.name(), "digits");
  EXPECT_EQ(frame.data().scale(), 0.5);
  EXPECT_EQ(to_string(to_config(frame.data().rest())), "{csv: \"train.csv\"}");
  EXPECT_EQ(frame.fit().validation_split(), 0.2) << "moved from data to its one place";
  ASSERT_EQ(frame.model().layers().items_size(), 2);
  EXPECT_EQ(frame.model().layers().items(0).name(), "Dense");
  EXPECT_EQ(frame.model().layers().items(0).place(), "job.yaml:4:5");
  EXPECT_EQ(to_string(to_config(frame.loss().all())),
            "{SparseCategoricalCrossentropy: {from_logits: true}}");
  EXPECT_EQ(frame.metrics().list().items(0).name(), "accuracy");
  EXPECT_EQ(frame.callbacks(0).name(), "EarlyStopping");
  EXPECT_EQ(job.place_of("fit.batch_size"), "job.yaml:9:37");
  EXPECT_EQ(job.place_of("fit.initial_epoch"), "job.yaml:9:12") << "the nearest key above";
}

TEST(Job, TakesEveryFormOfLossesAndMetrics) {
  const auto loss = [](const std::string& text) {
    return Job::parse("loss: " + text, "j").frame().loss();
  };
  EXPECT_EQ(loss("mse").all().name(), "mse");
  EXPECT_EQ(loss("{class_name: Huber, config: {delta: 2}}").all().name(), "Huber");
  EXPECT_EQ(loss("{MeanSquaredError: }").all().name(), "MeanSquaredError");
  EXPECT_EQ(loss("[mse, mae]").list().items_size(), 2);
  EXPECT_EQ(loss("{a: mse, b: {Huber: {delta: 2}}}").by_output().entries(1).value().name(),
            "Huber");
  EXPECT_EQ(loss("{a: mse}").by_output().entries(0).key(), "a");
  EXPECT_EQ(loss("{a: {MeanSquaredError: {reduction: sum}}}").by_output().entries(0).key(), "a");
  const auto metrics = Job::parse("metrics: {a: [accuracy, mse], b: mae}", "j").frame().metrics();
  EXPECT_EQ(metrics.by_output().entries(0).value().items_size(), 2);
  EXPECT_EQ(metrics.by_output().entries(1).value().items(0).name(), "mae");
}

TEST(Job, PlacesEveryError) {
  struct Case {
    std::string text, message;
  };
  const Case cases[] = {
      {"nmae: x", "[job.yaml:1:7] unknown key 'nmae', did you mean 'name'?"},
      {"epochs: 3", "[job.yaml:1:9] unknown key 'epochs'; it belongs to 'fit'"},
      {"fit: {epcohs: 3}", "[job.yaml:1:15] unknown key 'epcohs', did you mean 'epochs'?"},
      {"fit: {epochs: many}", "[job.yaml:1:15] expected an integer, got many"},
      {"fit: {epochs: 1.5}", "[job.yaml:1:15] expected an integer, got 1.5"},
      {"fit: {epochs: 0}", "[job.yaml:1:15] fit.epochs must be at least 1, got 0"},
      {"fit: {shuffle: yes}", "[job.yaml:1:16] expected true or false"},
      {"fit: 3", "[job.yaml:1:6] expected a map of epochs"},
      {"seed: -1", "[job.yaml:1:7] seed must be at least 0"},
      {"device: gpu", "[job.yaml:1:9] 'gpu' is not one of cpu, cuda"},
      {"model: 3", "[job.yaml:1:8] expected"},
      {"optimizer: [adam]", "[job.yaml:1:12] expected a kind as a name or as"},
      {"model: [{Dense: 3}]",
       "[job.yaml:1:17] expected the arguments of Dense as {argument: value}, got 3"},
      {"model: [{Dense: {units: 3}, inputs: a}]",
       "[job.yaml:1:9] expected one kind as {Name: {argument: value}}"},
      {"split: {test: 1.5}", "[job.yaml:1:15] data.split.test must be a share"},
      {"split: {test: 0.5, validation: 0.5}",
       "[job.yaml:1:8] test and validation together leave no rows"},
      {"split: {by: date}", "[job.yaml:1:8] 'by' and 'after' go together"},
      {"data: {split: {test: 0.1}}\nsplit: {test: 0.1}",
       "[job.yaml:2:8] 'split' is also given in 'data'"},
      {"fit: {class_weight: {0: heavy}}", "[job.yaml:1:25] expected a number, got heavy"},
      {"- a\n- b", "[job.yaml:1:1] expected a job"},
  };
  for (const auto& [text, message] : cases) {
    const Outcome got = outcome(text);
    EXPECT_THAT(got.message, StartsWith(message)) << text;
    EXPECT_EQ(got.code, ExitCode::job) << text;
    EXPECT_EQ(got.message.find('\n'), std::string::npos) << text;
  }
}

TEST(Override, ReachesEveryPartOfAJob) {
  const auto layers = [](const Job& job) { return to_string(write_message(job.frame().model())); };
  EXPECT_EQ(with("fit.epochs=20").frame().fit().epochs(), 20);
  EXPECT_EQ(with("fit.initial_epoch=2").frame().fit().initial_epoch(), 2)
      << "a key that the file leaves out";
  EXPECT_EQ(with("shards=8").frame().shards(), 8);
  EXPECT_EQ(with("split.test=.3").frame().data().split().test(), 0.3);
  EXPECT_EQ(with("data.validation_split=.5").frame().fit().validation_split(), 0.5);
  EXPECT_EQ(with("fit.class_weight.1=3").frame().fit().class_weight().entries(0).value(), 3);
  const std::string rate = "{Adam: {learning_rate: 0.01}}";
  EXPECT_EQ(to_string(to_config(with("optimizer.learning_rate=0.01").frame().optimizer())), rate);
  EXPECT_EQ(to_string(to_config(with("optimizer.Adam.learning_rate=0.01").frame().optimizer())),
            rate);
  EXPECT_EQ(to_string(to_config(with("optimizer.adam.learning_rate=0.01").frame().optimizer())),
            rate);
  EXPECT_EQ(to_string(to_config(with("optimizer=sgd").frame().optimizer())), "sgd");
  EXPECT_THAT(layers(with("model.0.units=32")), HasSubstr("units: 32, activation"));
  EXPECT_THAT(layers(with("model.last.units=3")), HasSubstr("units: 3, name: last"));
  EXPECT_THAT(layers(with("model.dense.activation=tanh")),
              HasSubstr("units: 600, activation: tanh"));
  EXPECT_THAT(layers(with("model.1.activation={LeakyReLU: {negative_slope: .1}}")),
              HasSubstr("negative_slope: 0.1"));
  EXPECT_THAT(to_string(to_config(with("callbacks.EarlyStopping.patience=9").frame().callbacks(0))),
              HasSubstr("patience: 9"));
  EXPECT_EQ(to_string(to_config(with("metrics.0.name=acc").frame().metrics().list().items(0))),
            "{accuracy: {name: acc}}");
  EXPECT_FALSE(with("seed=").frame().has_seed()) << "an empty value takes the key away";
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Override, NamesItselfInErrors) {
  struct Case {
    std::string assignment, message;
    ExitCode code;
  };
  const Case cases[] = {
      {"fit.epochs", "[--set fit.epochs] expected PATH=VALUE", ExitCode::usage},
      {"=3", "[--set =3] expected PATH=VALUE", ExitCode::usage},
      {"fit..epochs=3", "[--set fit..epochs] the path has an empty part", ExitCode::usage},
      {"fit.epochs=x", "[--set fit.epochs] expected an integer, got x", ExitCode::job},
      {"fit.epcohs=3", "[--set fit.epcohs] unknown key 'epcohs', did you mean 'epochs'?",
       ExitCode::job},
      {"epochs=3", "[--set epochs] unknown key 'epochs'; it belongs to 'fit'", ExitCode::job},
      {"seed.x=3", "[--set seed.x] 'seed' is 42 and has no 'x'", ExitCode::usage},
      {"model.7.units=3", "[--set model.7.units] there is no item 7 in a list of 2",
       ExitCode::usage},
      {"model.lats.units=3",
       "[--set model.lats.units] no item is called 'lats', did you mean 'last'?", ExitCode::usage},
      {"model.0.units=[1", "[--set model.0.units", ExitCode::job},
      {"model.99999999999999999999.units=3", "[--set model.99999999999999999999.units] there is no",
       ExitCode::usage},
      {"optimizer" + repeated(".a", 30000) + "=1", "[--set optimizer.a.a", ExitCode::usage},
      {"fits.epochs=3", "[--set fits.epochs] unknown key 'fits', did you mean 'fit'?",
       ExitCode::job},
      {"fit.shuffle.x.y=3", "[--set fit.shuffle.x.y] expected true or false", ExitCode::job},
      {"csv=x.csv", "[--set csv] unknown key 'csv'; it belongs to 'data'", ExitCode::job},
  };
  for (const auto& [assignment, message, code] : cases) {
    const Outcome got = outcome(kJob, {assignment});
    EXPECT_THAT(got.message, StartsWith(message));
    EXPECT_EQ(got.code, code) << assignment;
  }
}

TEST(Job, HoldsNumbersToTheirRanges) {
  const std::pair<const char*, const char*> cases[] = {
      {"shards=99999999999999", "shards must be at most 65536"},
      {"threads=4294967297", "threads must be at most 65536"},
      {"fit.initial_epoch=10", "fit.initial_epoch must be at most 9"},
      {"fit.steps_per_epoch=0", "fit.steps_per_epoch must be at least 1"},
      {"fit.validation_steps=0", "fit.validation_steps must be at least 1"},
      {"fit.validation_batch_size=0", "fit.validation_batch_size must be at least 1"},
      {"dtype_policy=mixed_bfloat", "unknown policy 'mixed_bfloat', did you mean"},
      {"fit.verbose=3", "fit.verbose must be at most 2"},
      {"fit.on_nan=pause", "'pause' is not one of stop, skip, rollback, ignore"},
      {"fit.check_memory=-1", "fit.check_memory must be at least 0"},
      {"fit.class_weight={0: -1}", "the weight of class 0 is -1"},
      {"fit.class_weight={0: .nan}", "the weight of class 0 is nan"},
      {"data.scale=0", "scale is 0"},
      {"data.scale=.nan", "scale is nan"},
      {"data.split={test: 0.2, seed: -1}", "data.split.seed must be at least 0"},
      {"data.split={test: 0.2, seed: 4294967296}", "data.split.seed must be at most 4294967295"},
      {"data.split={seed: 3}", "the split sets no rows apart"},
      {"data.split={by: a, after: 3, test: 0.2}", "'by' chooses the test rows already"},
      {"data=iris", "expected {csv: train.csv, label: column} or {dataset: iris}, got iris"},
      {"optimizer={learning_rate: 0.1}", "write Name or {Name: {argument: value}}"},
      {"optimizer={class_name: Adam, learning_rate: 0.1}",
       "unknown key 'learning_rate' beside class_name"},
  };
  for (const auto& [assignment, message] : cases) {
    const Outcome got = outcome(kJob, {assignment});
    EXPECT_THAT(got.message, HasSubstr(message)) << assignment;
    EXPECT_THAT(got.message, StartsWith("[--set ")) << assignment;
    EXPECT_EQ(got.code, ExitCode::job) << assignment;
  }
}

// A rank that ends because of a peer is told apart by its error, and stays silent.
TEST(AtPlace, LeavesErrorsBetweenRanksAsTheyAre) {
  const auto placed = [](const auto& error) { at_place("job.yaml:3:1", [&] { throw error; }); };
  EXPECT_THROW(placed(PeerFailure("[thread] the world was stopped")), PeerFailure);
  try {
    placed(Error("[dense] units is 0", ExitCode::job));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[job.yaml:3:1] [dense] units is 0");
  }
}

TEST(Job, WritesAFrameThatReadsBack) {
  const Job job = Job::parse(kJob, "job.yaml");
  schema::Job again;
  read_message(write_message(job.frame()), again);
  EXPECT_EQ(again.DebugString(), job.frame().DebugString());
}

}  // namespace
}  // namespace tutti
