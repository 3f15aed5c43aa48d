// Bits that flip in a rank's memory between two steps: found before they are trained on, with the
// rank and the tensor, and nothing is found where nothing flipped.
#include "core/model/memory_guard.h"

#include <gmock/gmock.h>

#include <iostream>
#include <random>

#include "core/callbacks/early_stopping.h"
#include "core/callbacks/swap_ema_weights.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "core/optimizers/adam.h"
#include "tests/core/model/waves.h"
#include "tests/core/model/world_runner.h"
#include "tests/number_in_environment.h"

namespace tutti {
namespace {

using test::difference, test::Record, test::wave;
using ::testing::HasSubstr;

// A bit of one rank's memory, after a step.
struct Flip {
  enum class Where { parameters, optimizer, copy } where;
  int rank;
  int64_t step;
  uint64_t bit;
};

class Flipper final : public Callback {
 public:
  Flipper(const Model& model, const Flip& flip) : model_(model), flip_(flip) {}
  bool on_every_rank() const override { return true; }
  bool needs_batch_logs() const override { return true; }
  void on_train_batch_end(int64_t batch, const Logs&) override {
    if (batch + 1 != flip_.step || current_world().rank() != flip_.rank) return;
    flip();
    flipped_ = true;
  }
  // What was found is put right, for another training of the model.
  void undo() {
    if (flipped_) flip();
  }

 private:
  Tensor place() const {
    const ParameterGroup& group = *model_.optimizer().group();
    const Range share = group.share();
    if (flip_.where == Flip::Where::parameters)
      return group.flat().slice_rows(share.begin, share.end);
    if (flip_.where == Flip::Where::copy) {
      const int64_t before = share.begin, behind = group.elements() - share.end;
      return before > behind ? group.flat().slice_rows(0, before)
                             : group.flat().slice_rows(share.end, group.elements());
    }
    std::vector<Tensor> slots;
    for (const auto& variable : model_.optimizer().variables())
      if (variable->kind() == ValueKind::share) slots.push_back(variable->value());
    return slots[flip_.bit % slots.size()];
  }
  void flip() const {
    const Tensor at = place();
    const uint64_t bit = flip_.bit % (8 * at.bytes());
    at.raw()[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
  }

  const Model& model_;
  Flip flip_;
  bool flipped_ = false;
};

constexpr int64_t kSteps = 20;

// What a training with a flip ended with; nothing if it was not found.
struct Found {
  std::string message;
  int rank = -1;
};

// Of 18 blocks of parameters.
std::unique_ptr<Sequential> net() {
  auto model = std::make_unique<Sequential>(
      std::initializer_list<LayerHandle>{Dense(kBlockElements / 4, "tanh"), Dense(4)});
  model->compile({.optimizer = Adam({.learning_rate = 0.001}), .loss = "mse"});
  return model;
}

Found train_with(Sequential& model, const Flip& flip, int64_t every, int64_t steps) {
  const auto flipper = std::make_shared<Flipper>(model, flip);
  FitOptions fit{.epochs = 1, .batch_size = 4, .verbose = 0};
  fit.on_nan = "skip";  // a flipped exponent is not taken for a wrong learning rate
  fit.check_memory = every;
  fit.callbacks = {flipper};
  try {
    model.fit(wave({4 * steps, 64}, 0.37, 0.1), wave({4 * steps, 4}, 0.23, 0.5), fit);
    return {};
  } catch (const MemoryCorruption& error) {
    flipper->undo();
    return {error.what(), error.rank()};
  }
}

// Each flip in a training of its own; all ranks must end alike.
std::vector<Found> all_found(int world, int64_t every, const std::vector<Flip>& flips,
                             int64_t steps = kSteps) {
  std::vector<std::vector<Found>> by_rank(static_cast<size_t>(world));
  test::run_on(world, 1, 4, [&] {
    const auto model = net();
    for (const Flip& flip : flips)
      by_rank[static_cast<size_t>(current_world().rank())].push_back(
          train_with(*model, flip, every, steps));
    return Record{{"done", {1}}};
  });
  for (const auto& found : by_rank)
    for (size_t i = 0; i < flips.size(); ++i) EXPECT_EQ(found[i].message, by_rank[0][i].message);
  return by_rank[0];
}

// `count` of them, one like the other but for what is drawn.
std::vector<Flip> flips_in(std::initializer_list<Flip::Where> places, int world, int count,
                           int64_t last_step, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Flip> flips;
  for (int i = 0; i < count; ++i)
    flips.push_back({*(places.begin() + i % static_cast<int>(places.size())),
                     static_cast<int>(random() % static_cast<uint64_t>(world)),
                     1 + static_cast<int64_t>(random() % static_cast<uint64_t>(last_step)),
                     random()});
  return flips;
}

TEST(MemoryGuard, FindsEveryFlipInAShareAndNamesRankAndTensor) {
  const auto seed = testing_support::fault_seed(42);
  const auto wanted = static_cast<int>(testing_support::fault_count(200)), third = 3 * wanted / 10;
  int caught = 0;
  for (const auto& [world, count] : {std::pair(1, wanted - 2 * third), {2, third}, {3, third}}) {
    const auto flips = flips_in({Flip::Where::parameters, Flip::Where::optimizer}, world, count,
                                /*last_step=*/3, seed);
    const auto found = all_found(world, 1, flips, /*steps=*/4);
    for (size_t i = 0; i < flips.size(); ++i) {
      caught += !found[i].message.empty();
      EXPECT_EQ(found[i].rank, flips[i].rank);
      EXPECT_THAT(
          found[i].message,
          HasSubstr(fmt::format(
              "the memory of rank {} changed by itself: 1 block of 4096 "
              "elements, the first in '{}",
              flips[i].rank, flips[i].where == Flip::Where::optimizer ? "optimizer/" : "dense")));
    }
  }
  EXPECT_EQ(caught, wanted);
  RecordProperty("faults", std::to_string(wanted));
}

TEST(MemoryGuard, FindsSomeFlipsInWhatWasReceived) {
  int caught = 0, trials = 0;
  for (const int world : {2, 3}) {
    const auto flips = flips_in({Flip::Where::copy}, world, 40, kSteps - 1, 43);
    const auto found = all_found(world, 1, flips);
    for (size_t i = 0; i < flips.size(); ++i, ++trials) {
      if (found[i].message.empty()) continue;
      ++caught;
      EXPECT_EQ(found[i].rank, flips[i].rank);
      EXPECT_THAT(found[i].message, HasSubstr("as received from its owner"));
    }
  }
  std::cout << "flips in received parameters that were found: " << caught << " of " << trials
            << "; one block in " << MemoryGuard::kCopies << " is looked at in a step\n";
  EXPECT_GT(caught, 0);
  EXPECT_LT(caught, trials / 3);
}

// Every 4th block in turn: a flip where nobody looks at that step is one that is not found.
TEST(MemoryGuard, LooksAtBlocksInTurn) {
  std::vector<Flip> flips;
  for (int64_t step = 1; step <= 16; ++step)
    flips.push_back({Flip::Where::parameters, 0, step, 123456});
  int caught = 0;
  for (const auto& found : all_found(1, 4, flips)) caught += !found.message.empty();
  EXPECT_EQ(caught, 4);
}

// What callbacks, averages, validation and odd batches change is no flip.
TEST(MemoryGuard, FindsNothingWhereNothingFlipped) {
  const auto training = [](int64_t check) {
    return [check] {
      Sequential model({Dense(50, "tanh"), BatchNormalization(), Dense(3)});
      model.compile({.optimizer = Adam({.learning_rate = 0.05, .use_ema = true}), .loss = "mse"});
      FitOptions fit{.epochs = 4, .batch_size = 16, .verbose = 0, .validation_split = 0.2};
      fit.check_memory = check;
      fit.callbacks = {
          std::make_shared<SwapEMAWeights>(SwapEMAWeightsOptions{.swap_on_epoch = true}),
          std::make_shared<EarlyStopping>(EarlyStoppingOptions{
              .monitor = "val_loss", .patience = 1, .restore_best_weights = true})};
      const Tensor x = wave({77, 120}, 0.37, 0.1), y = wave({77, 3}, 0.23, 0.5);
      const History first = model.fit(x, y, fit);
      return test::record_of(model, model.fit(x, y, fit));
    };
  };
  const Record without = test::run_on(1, 1, 4, training(0));
  for (const int world : {1, 2, 3}) {
    EXPECT_EQ(difference(test::run_on(world, 2, 4, training(1)), without), "");
    EXPECT_EQ(difference(test::run_on(world, 1, 4, training(3)), without), "");
  }
}

}  // namespace
}  // namespace tutti
