#include "launch/row_feed.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/callbacks/callback.h"
#include "core/model/batch.h"
#include "core/model/said_by_all.h"
#include "io/sharded/prefetched_rows.h"
#include "io/sharded/row_ledger.h"
#include "io/stored.h"
#include "launch/run_directory.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrderFile = "order.yaml";

// Writes a step into the ledger before anything else comes of it: a commit or checkpoint of the
// step may be what another world begins from, and this process may end in the next moment.
class LedgerCallback final : public Callback {
 public:
  using Options = NoOptions;
  explicit LedgerCallback(std::shared_ptr<const LedgerRows> ledger) : ledger_(std::move(ledger)) {}
  const Options& options() const { return options_; }

  bool on_every_rank() const override { return true; }
  std::optional<int64_t> next_boundary() const override { return next_; }
  void on_boundary(Boundary boundary, int64_t steps) override {
    if (boundary == Boundary::step) ledger_->end_step(steps - 1);
    next_ = steps + 1;
  }

 private:
  Options options_;
  std::shared_ptr<const LedgerRows> ledger_;
  std::optional<int64_t> next_;
};

// Tells the rows, and the ledger, where a training begins: when what it goes on from is restored.
class FeedCallback final : public Callback {
 public:
  using Options = NoOptions;
  FeedCallback(std::shared_ptr<const PrefetchedRows> ahead,
               std::shared_ptr<const LedgerRows> ledger, StepRows order, fs::path folder,
               bool first)
      : ahead_(std::move(ahead)),
        ledger_(std::move(ledger)),
        order_(order),
        folder_(std::move(folder)),
        first_(first) {}
  const Options& options() const { return options_; }

  bool on_every_rank() const override { return true; }
  void on_boundary(Boundary boundary, int64_t steps) override {
    if (boundary == Boundary::begin && ahead_) ahead_->begin_at(steps);
    if (!ledger_ || boundary == Boundary::step) return;
    ledger_->forget();  // what callbacks looked at
    if (boundary == Boundary::begin && first_) begin_ledger(steps);
  }

 private:
  // Before any rank has written: none ends its first step without this one.
  void begin_ledger(int64_t steps) const {
    FileSystem& files = FileSystem::current();
    files.make_directories(folder_);
    cut_ledgers(folder_, steps);
    files.write_atomically(
        folder_ / kOrderFile,
        write_yaml(Config(Config::Map{{"seed", static_cast<int64_t>(order_.seed)},
                                      {"rows", order_.rows},
                                      {"batch", order_.layout.batch},
                                      {"shuffle", order_.shuffle}})));
  }

  Options options_;
  std::shared_ptr<const PrefetchedRows> ahead_;
  std::shared_ptr<const LedgerRows> ledger_;
  StepRows order_;
  fs::path folder_;
  bool first_;
};

StepRows order_of(const RowSource& rows, int64_t batch, bool shuffle, const Session& session) {
  return {random_seed(), rows.rows(), shuffle, session.world().layout(batch, batch)};
}

}  // namespace

RowFeed::RowFeed(const Job& job, const JobData& data, const Session& session, FitOptions& fit)
    : training_(data.train.source()), session_(session) {
  const schema::Data& said = job.frame().data();
  if (data.streamed) threads_ = said.has_prefetch() ? static_cast<int>(said.prefetch()) : 1;
  if (threads_ == 0 && !said.ledger()) return;
  if (said.ledger() && job.frame().fit().on_nan() == "rollback")
    fail(job.place_of("data.ledger"),
         "a ledger is of steps that are taken once, and fit.on_nan: rollback takes some back; use "
         "skip or stop");
  if (fit.validation_split > 0)
    std::tie(training_, fit.validation_data) = split_last(training_, fit.validation_split);
  fit.validation_split = 0;
  const StepRows order = order_of(*training_, fit.batch_size, fit.shuffle, session);
  std::shared_ptr<const PrefetchedRows> ahead;
  if (threads_ > 0)
    training_ = ahead =
        std::make_shared<PrefetchedRows>(training_, order, PrefetchOptions{.threads = threads_});
  // Fewer than all rows are asked for from the first on each time: not in this order.
  if (fit.validation_data && !fit.validation_steps)
    fit.validation_data =
        in_order(fit.validation_data, fit.validation_batch_size.value_or(fit.batch_size));
  std::shared_ptr<const LedgerRows> ledger;
  const fs::path folder = fs::path(fit.run_directory) / RunDirectory::ledger_folder;
  if (said.ledger()) {
    training_ = ledger =
        std::make_shared<LedgerRows>(training_, folder / ledger_name(session.rank()));
    fit.callbacks.insert(fit.callbacks.begin(), std::make_shared<LedgerCallback>(ledger));
  }
  fit.callbacks.push_back(
      std::make_shared<FeedCallback>(ahead, ledger, order, folder, session.speaks()));
}

RowSourcePtr RowFeed::in_order(const RowSourcePtr& rows, int64_t batch) const {
  if (threads_ == 0) return rows;
  const StepRows order = order_of(*rows, std::min(batch, rows->rows()), false, session_);
  return std::make_shared<PrefetchedRows>(rows, order, PrefetchOptions{.threads = threads_});
}

int64_t check_run_ledger(const fs::path& run) {
  const fs::path folder = run / RunDirectory::ledger_folder;
  const std::string file = (folder / kOrderFile).string();
  const Config order = read_yaml_file(folder / kOrderFile);
  const auto number = [&](const char* key) { return stored(order, key, file).as_int(); };
  StepRows undisturbed{static_cast<uint64_t>(number("seed")),
                       number("rows"),
                       stored(order, "shuffle", file).as_bool(),
                       {}};
  undisturbed.layout.batch = number("batch");
  if (undisturbed.rows < 1 || undisturbed.layout.batch < 1)
    fail(ExitCode::data, file, "is damaged; the ledger cannot be checked");
  const int64_t steps = ledger_steps(folder);
  check_ledgers(folder, undisturbed, steps);
  return steps;
}

int64_t bad_rows_of(const DataPart& part, Session& session) {
  if (!part.streamed) return 0;
  std::vector<int64_t> mine = part.streamed->passed().rows();
  if (session.size() == 1) return static_cast<int64_t>(mine.size());
  const auto counts = said_by_all(session.world(), static_cast<int64_t>(mine.size()));
  std::vector<int64_t> offsets{0};
  for (const int64_t count : counts)
    offsets.push_back(offsets.back() + count * static_cast<int64_t>(sizeof(int64_t)));
  std::vector<int64_t> all(static_cast<size_t>(offsets.back()) / sizeof(int64_t));
  session.communicator().all_gather(std::as_bytes(std::span(mine)),
                                    std::as_writable_bytes(std::span(all)), offsets);
  return static_cast<int64_t>(std::set<int64_t>(all.begin(), all.end()).size());
}

}  // namespace tutti
