#include "scheduler/search/model_search.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "core/base/random.h"
#include "core/base/seed.h"
#include "core/callbacks/callback.h"
#include "core/model/sequential.h"
#include "scheduler/study/study.h"
#include "tests/io/error_check.h"
#include "tutti/kinds.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// 48 points of a plane, and a line over them.
RowSourcePtr line() {
  Random random(3);
  std::vector<float> x, y;
  for (int i = 0; i < 48; ++i) {
    const auto a = static_cast<float>(random.uniform()), b = static_cast<float>(random.uniform());
    x.insert(x.end(), {a, b});
    y.push_back(2 * a - b + 1);
  }
  return make_rows(Tensor::from(x, {48, 2}), Tensor::from(y, {48, 1}));
}

std::shared_ptr<Model> build_line(HyperParameters& hp) {
  auto model = std::make_shared<Sequential>();
  for (int64_t i = 1; i < hp.Int("layers", 1, 3); ++i)
    model->add(
        Dense(hp.Int("units", 2, 8, {.step = 2}), hp.Choice("activation", {"relu", "tanh"})));
  model->add(Dense(1));
  model->compile(
      {.optimizer = SGD({.learning_rate = hp.Float("rate", 1e-3, 0.3, {.sampling = "log"})}),
       .loss = "mse"});
  return model;
}

const FitOptions kFit{.epochs = 4, .batch_size = 8, .verbose = 0, .validation_split = 0.25};

class ModelSearchTest : public ::testing::Test {
 protected:
  ModelSearchOptions options(int64_t trials = 6) const {
    return {.max_trials = trials,
            .seed = 5,
            .directory = folder_.path().string(),
            .project_name = "line"};
  }
  // Points and scores of all trials.
  std::string decisions() const {
    JournalReader reader(folder_ / "line" / "journal.log");
    reader.read();
    const auto& record = reader.record().study(*reader.record().find("line")).record;
    std::string text;
    for (const Trial& trial : record.trials) {
      text += fmt::format("{} {}", trial.number, static_cast<int>(trial.state));
      for (const auto& [name, number] : trial.point) text += fmt::format(" {}={}", name, number);
      for (const double value : trial.values) text += fmt::format(" -> {}", value);
      text += "\n";
    }
    return text;
  }
  DataFolder folder_;
};

TEST_F(ModelSearchTest, FindsTheBestModelAndKeepsIt) {
  ModelSearch search(build_line, options());
  search.search(line(), kFit);
  const auto best = search.get_best_hyperparameters(3);
  ASSERT_THAT(best, SizeIs(3));
  testing::internal::CaptureStdout();
  search.search_space_summary();
  search.results_summary(2);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, HasSubstr("Search space size: 4"));
  EXPECT_THAT(said, HasSubstr("Showing 2 best trials of 6"));
  EXPECT_THAT(said, HasSubstr(fmt::format("rate: {}", to_string(best[0].get("rate")))));
  // What was kept scores on the held-out rows as the trial did.
  const auto score = std::stod(said.substr(said.find("Score: ") + 7));
  const auto model = search.get_best_models()[0];
  EXPECT_NEAR(*model->evaluate(std::make_shared<RowRange>(line(), 36, 48)).find("loss"), score,
              1e-6);
  // And is built again by its hyperparameters.
  HyperParameters again = best[0];
  EXPECT_NE(build_line(again), nullptr);
}

TEST_F(ModelSearchTest, IsGoneOnWithAndBegunAnew) {
  ModelSearch(build_line, options(3)).search(line(), kFit);
  const std::string three = decisions();
  ModelSearch(build_line, options(6)).search(line(), kFit);
  const std::string six = decisions();
  EXPECT_TRUE(six.starts_with(three)) << three << six;
  ModelSearch(build_line, options(6)).search(line(), kFit);
  EXPECT_EQ(decisions(), six);
  auto anew = options(6);
  anew.overwrite = true;
  ModelSearch(build_line, anew).search(line(), kFit);
  EXPECT_EQ(decisions(), six);
  anew.overwrite = false, anew.seed = 6;
  EXPECT_TRUE(throws_with([&] { ModelSearch(build_line, anew).search(line(), kFit); }, {"seed 5"}));
}

TEST_F(ModelSearchTest, ResultsAreReadBeforeASearch) {
  auto wider = [](HyperParameters& hp) {
    hp.Choice("more", {"a", "b"});
    return build_line(hp);
  };
  ModelSearch before(wider, options(3));
  EXPECT_THAT(before.get_best_models(), SizeIs(0));
  before.search(line(), kFit);
  // What this one has no room for is there still.
  const ModelSearch after(build_line, options(3));
  const auto best = after.get_best_hyperparameters(9);
  ASSERT_THAT(best, SizeIs(3));
  EXPECT_EQ(best[0].values(), before.get_best_hyperparameters()[0].values());
  EXPECT_TRUE(best[0].values().contains("more"));
  EXPECT_THAT(after.get_best_models(2), SizeIs(2));
}

// A program that is killed while it searches goes on as if it had not been.
TEST_F(ModelSearchTest, AKilledProgramDecidesTheSame) {
  ModelSearch(build_line, options()).search(line(), kFit);
  const std::string alone = decisions();
  std::filesystem::remove_all(folder_ / "line");
  Random random(7);
  for (int kill = 0; kill < 8; ++kill) {
    const pid_t program = ::fork();
    if (program == 0) {
      ::alarm(60);
      try {
        ModelSearch(build_line, options()).search(line(), kFit);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(5000 + random.below(60000)));
    ::kill(program, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(program, &status, 0), program);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
  }
  ModelSearch(build_line, options()).search(line(), kFit);
  EXPECT_EQ(decisions(), alone);
}

TEST_F(ModelSearchTest, ScoresAreMeansOverExecutionsOfOtherSeeds) {
  auto twice = options(2);
  twice.executions_per_trial = 2;
  ModelSearch(build_line, twice).search(line(), kFit);
  JournalReader reader(folder_ / "line" / "journal.log");
  reader.read();
  for (const Trial& trial : reader.record().study(0).record.trials) {
    const auto scores = trial.user_attributes.at("executions").get<std::vector<double>>();
    ASSERT_THAT(scores, SizeIs(2));
    EXPECT_NE(scores[0], scores[1]);
    EXPECT_EQ(trial.values[0], (scores[0] + scores[1]) / 2);
  }
}

TEST_F(ModelSearchTest, ATrialThatMakesNoModelFails) {
  const auto some = [](HyperParameters& hp) {
    if (hp.Int("kind", 1, 4) == 3) fail("build", "there is no third kind");
    return build_line(hp);
  };
  ModelSearch search(some, options(12));
  search.search(line(), kFit);
  const std::string all = decisions();
  EXPECT_THAT(all, HasSubstr(" 3 activation="));  // one has failed,
  EXPECT_THAT(all, HasSubstr("kind=3"));
  for (const auto& hp : search.get_best_hyperparameters(12)) EXPECT_NE(hp.get("kind").as_int(), 3);
  EXPECT_GT(search.get_best_hyperparameters(12).size(), 4u);

  const auto never = [](HyperParameters& hp) {
    hp.Int("kind", 1, 4);
    if (!hp.values().empty()) fail("build", "no kind makes a model");
    return build_line(hp);
  };
  auto other = options(9);
  other.project_name = "never";
  EXPECT_TRUE(throws_with([&] { ModelSearch(never, other).search(line(), kFit); }, {"no kind"}));
}

TEST_F(ModelSearchTest, ADefaultIsNotTakenForAValue) {
  const auto twice = [](HyperParameters& hp) {
    const std::string kind = hp.Choice("kind", {"a", "b"});
    for (const char* one : {"a", "b"}) {
      const auto scope = hp.conditional_scope("kind", {one});
      if (kind == one) hp.Int("units", 2, 9);
    }
    return build_line(hp);
  };
  EXPECT_TRUE(throws_with([&] { ModelSearch(twice, options(12)).search(line(), kFit); },
                          {"'units'", "give it another name"}));
}

TEST_F(ModelSearchTest, AnObjectiveThatIsNoNumberFailsItsTrial) {
  const auto some = [](HyperParameters& hp) {
    auto model = build_line(hp);
    if (hp.Int("kind", 1, 4) == 3)
      model->compile({.optimizer = SGD({.learning_rate = 1e38}), .loss = "mse"});
    return model;
  };
  auto once = kFit;
  once.epochs = 1, once.batch_size = 36;  // its step is finite, and what it leads to is not
  ModelSearch search(some, options(12));
  search.search(line(), once);
  for (const auto& hp : search.get_best_hyperparameters(12)) EXPECT_NE(hp.get("kind").as_int(), 3);
  EXPECT_GT(search.get_best_hyperparameters(12).size(), 4u);
}

// Ends the second trial after its first epoch.
class SecondEnds final : public Pruner {
 public:
  explicit SecondEnds(Verdict verdict) : verdict_(verdict) {}
  Verdict judge(const StudyRecord&, const Trial& trial) override {
    return trial.number == 1 ? verdict_ : Verdict::go_on;
  }

 private:
  Verdict verdict_;
};

TEST_F(ModelSearchTest, APrunerEndsTrials) {
  auto some = options(3);
  some.pruner = std::make_shared<SecondEnds>(Verdict::stop);
  ModelSearch search(build_line, some);
  search.search(line(), kFit);
  EXPECT_THAT(search.get_best_hyperparameters(9), SizeIs(2));
  EXPECT_THAT(decisions(), HasSubstr("\n1 2 "));
  some.pruner = std::make_shared<SecondEnds>(Verdict::pause);
  some.overwrite = true;
  EXPECT_TRUE(throws_with([&] { ModelSearch(build_line, some).search(line(), kFit); },
                          {"`tutti sweep` alone"}));
}

TEST_F(ModelSearchTest, SaysWhatIsWrong) {
  auto wrong = options();
  wrong.objective = "val_accuracy";
  EXPECT_TRUE(throws_with([&] { ModelSearch(build_line, wrong).search(line(), kFit); },
                          {"val_accuracy", "loss", "val_loss"}));
  wrong.objective = "speed";
  EXPECT_TRUE(throws_with([&] { ModelSearch(build_line, wrong); }, {"'speed'"}));
  wrong = options();
  wrong.tuner = "PBT";
  EXPECT_TRUE(throws_with([&] { ModelSearch(build_line, wrong); }, {"use another tuner"}));
  const auto none = [](HyperParameters& hp) {
    hp.Int("layers", 1, 3);
    return std::shared_ptr<Model>();
  };
  wrong = options();
  wrong.project_name = "none";
  EXPECT_TRUE(throws_with([&] { ModelSearch(none, wrong).search(line(), kFit); },
                          {"gave none; return it"}));
  const auto fixed = [](HyperParameters&) { return std::make_shared<Sequential>(); };
  EXPECT_TRUE(throws_with([&] { ModelSearch(fixed, options()); }, {"asks for no hyperparameter"}));
}

}  // namespace
}  // namespace tutti
