#include "io/sharded/row_ledger.h"

#include <set>

#include "core/base/filesystem.h"
#include "core/base/random.h"
#include "core/model/row_order.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

StepRows steps_of(int64_t rows, int64_t batch, int rank = 0, int world = 1) {
  return {11, rows, true, {batch, 4, rank, world}};
}

TEST(step_rows, are_those_that_ranks_read) {
  for (const int64_t rows : {40, 43}) {
    std::vector<int64_t> round;
    for (int64_t step = 0; step < steps_of(rows, 10).steps_a_round(); ++step) {
      const auto all = steps_of(rows, 10).of_all(step);
      std::vector<int64_t> of_ranks;
      for (int rank = 0; rank < 3; ++rank)
        for (const int64_t row : steps_of(rows, 10, rank, 3).of_rank(step)) of_ranks.push_back(row);
      EXPECT_EQ(of_ranks, all) << step;
      round.insert(round.end(), all.begin(), all.end());
    }
    std::vector<int64_t> order(static_cast<size_t>(rows));
    RowOrder(11, 0, rows, true).fill(0, order);
    EXPECT_EQ(round, order);
    // The next round has another order of the same rows.
    const auto next = steps_of(rows, 10).of_all(steps_of(rows, 10).steps_a_round());
    RowOrder(11, 1, rows, true).fill(0, order);
    EXPECT_TRUE(std::equal(next.begin(), next.end(), order.begin()));
  }
}

Tensor counted(int64_t rows) { return Tensor::zeros({rows, 2}); }

// Ranks that train until `to`, as long as nobody dies.
class Ranks {
 public:
  Ranks(const DataFolder& folder, int64_t rows, int64_t batch)
      : folder_(folder), source_(make_rows(counted(rows))), rows_(rows), batch_(batch) {}

  // `reading`: how many ranks read step `to` before the world ends, whose line has `written` bytes.
  void run(int world, int64_t from, int64_t to, int reading = 0, size_t written = 0) const {
    cut_ledgers(folder_.path(), from);
    for (int rank = 0; rank < world; ++rank) {
      const LedgerRows ledger(source_, folder_ / ledger_name(rank));
      for (int64_t step = from; step < to + (rank < reading); ++step) {
        const auto owned = steps_of(rows_, batch_, rank, world).of_rank(step);
        std::vector<float> into(owned.size() * 2);
        const size_t half = owned.size() / 2;  // two threads' parts, the later one first
        ledger.read_input(0, std::span(owned).subspan(half), into.data());
        ledger.read_input(0, std::span(owned).first(half), into.data());
        ledger.end_step(step);
      }
      if (rank + 1 == reading) {
        const auto path = folder_ / ledger_name(rank);
        const std::string text = FileSystem::current().read(path);
        const size_t line = text.rfind('\n', text.size() - 2) + 1;
        std::filesystem::resize_file(path, std::min(text.size() - 1, line + written));
      }
    }
  }

 private:
  const DataFolder& folder_;
  RowSourcePtr source_;
  int64_t rows_, batch_;
};

TEST(row_ledger, kills_and_other_worlds_leave_each_row_once_a_round) {
  constexpr int64_t kRows = 83, kBatch = 10, kSteps = 30;
  Random random(5);
  for (int run = 0; run < 20; ++run) {
    const DataFolder folder;
    const Ranks ranks(folder, kRows, kBatch);
    int64_t committed = 0;
    for (int life = 0; life < 6; ++life) {
      const int world = 1 + static_cast<int>(random.below(4));
      const int64_t died =
          std::min<int64_t>(kSteps - 1, committed + 1 + static_cast<int64_t>(random.below(7)));
      ranks.run(world, committed, died, static_cast<int>(random.below(5)), random.below(30));
      // The newest commit is behind by up to three steps.
      committed = std::max(committed, died - static_cast<int64_t>(random.below(4)));
    }
    ranks.run(3, committed, kSteps);
    EXPECT_NO_THROW(check_ledgers(folder.path(), steps_of(kRows, kBatch), kSteps));
  }
}

TEST(row_ledger, what_is_not_the_undisturbed_run_is_named) {
  const DataFolder folder;
  const Ranks ranks(folder, 40, 10);
  const StepRows undisturbed = steps_of(40, 10);
  ranks.run(2, 0, 6);
  const auto path = folder / ledger_name(1);
  const std::string good = FileSystem::current().read(path);
  EXPECT_NO_THROW(check_ledgers(folder.path(), undisturbed, 6));
  const auto refused = [&](const std::string& text, int64_t steps,
                           const std::vector<std::string>& pieces) {
    folder.write(ledger_name(1), text);
    return throws_with([&] { check_ledgers(folder.path(), undisturbed, steps); }, pieces);
  };
  const size_t second = good.find('\n') + 1, third = good.find('\n', second) + 1;
  EXPECT_TRUE(refused(good.substr(0, second) + good.substr(third), 6,
                      {folder.path().string(), "step 1 did not take its row "}));
  EXPECT_TRUE(refused(good + good.substr(second, third - second), 6,
                      {"rows-00001.ledger] step 1 comes behind step 5"}));
  const size_t space = good.find(' ', second);
  const std::string row = good.substr(space, good.find(' ', space + 1) - space);
  EXPECT_TRUE(refused(good.substr(0, space) + row + good.substr(space), 6,
                      {"step 1 took row" + row + " twice"}));
  EXPECT_TRUE(refused(good, 5, {"step 5 is behind the last"}));
  EXPECT_TRUE(refused(good, 7, {"step 6 took no rows"}));
  EXPECT_TRUE(refused("0 1 x\n", 6, {"rows-00001.ledger:1] is no line of a ledger"}));
  EXPECT_TRUE(refused("\n", 6, {"rows-00001.ledger:1] is no line of a ledger"}));
  folder.write(ledger_name(1), good);
  StepRows other = undisturbed;
  other.seed = 12;
  EXPECT_TRUE(throws_with([&] { check_ledgers(folder.path(), other, 6); }, {"step 0 "}));
}

TEST(row_ledger, is_cut_back_to_a_step) {
  const DataFolder folder;
  folder.write(ledger_name(0), "0 1 2\n1 3\n2\n3 4 5");
  folder.write(ledger_name(7), "1 9\n5 10\n");
  const auto entries = read_ledger(folder / ledger_name(0));
  ASSERT_EQ(entries.size(), 3);
  EXPECT_THAT(entries[0].rows, ElementsAre(1, 2));
  EXPECT_EQ(entries[2].step, 2);
  cut_ledgers(folder.path(), 2);
  EXPECT_EQ(FileSystem::current().read(folder / ledger_name(0)), "0 1 2\n1 3\n");
  EXPECT_EQ(FileSystem::current().read(folder / ledger_name(7)), "1 9\n");
  cut_ledgers(folder.path(), 0);
  EXPECT_EQ(FileSystem::current().read(folder / ledger_name(0)), "");
}

}  // namespace
}  // namespace tutti
