#include "launch/sweep/trial_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_writer.h"
#include "launch/at_place.h"
#include "launch/data_spec.h"
#include "launch/job_schema.h"
#include "launch/job_training.h"
#include "launch/session.h"
#include "launch/streamed_data.h"

namespace tutti {
namespace {

constexpr size_t kMostRows = 16, kMostKits = 16;  // kept at a time

// A copy of a training's state, in memory.
class HeldState final : public SavedState {
 public:
  explicit HeldState(TrainingState state) : values_(std::move(state.values)) {
    for (const auto& tensor : state.tensors)
      tensors_.emplace(tensor.name, tensor.value.to_host().clone());
  }
  const Config& values() const override { return values_; }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }
  std::optional<Entry> find(const std::string& name) const override {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return {};
    return Entry{found->second.shape(), found->second.dtype()};
  }
  void read(const std::string& name, int64_t begin, const Tensor& into) const override {
    const Tensor& from = tensors_.at(name);
    const size_t element = size_of(from.dtype());
    std::memcpy(into.raw(), from.raw() + static_cast<size_t>(begin) * element, into.bytes());
  }

 private:
  Config values_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace

struct TrialKit {
  std::shared_ptr<ThreadPool> pool;  // compiled steps run on it
  JobData data;
  JobModel made;
  std::optional<HeldState> begin = {};
};

namespace {

// What a trial begins from, and where its state goes when it is suspended.
class StateOfTrial final : public Callback {
 public:
  StateOfTrial(TrialKit& kit, std::optional<double> rate, Suspension suspension)
      : kit_(kit), rate_(rate), suspension_(std::move(suspension)) {}
  bool on_every_rank() const override { return true; }
  void on_boundary(Boundary boundary, int64_t steps) override {
    if (boundary == Boundary::begin) begin();
    if (boundary == Boundary::epoch && suspension_.asked()) suspend(steps);
  }

 private:
  // Keeps the state of a kit, or gives it back, with another rate.
  void begin() {
    if (rate_ && kit_.begin) {
      training().restore(*kit_.begin);
      training().set_learning_rate(*rate_);
    } else if (rate_) {
      kit_.begin.emplace(training().state());
    }
    if (!FileSystem::current().exists(suspension_.folder)) return;
    if (const auto saved = newest_checkpoint(suspension_.folder)) training().restore(*saved);
    FileSystem::current().remove(suspension_.folder);
  }

  [[noreturn]] void suspend(int64_t steps) {
    CheckpointWriter writer(suspension_.folder, {.keep_last = 1});
    writer.save(training().state(), steps, Config(Config::Map()));
    writer.wait();
    if (const std::string failure = writer.failure(); !failure.empty())
      log_warn("{}; this trial trains its epochs again when it goes on", failure);
    fail(ExitCode::stopped, "trial", "suspended; its state is in {}", suspension_.folder.string());
  }

  TrialKit& kit_;
  std::optional<double> rate_;
  Suspension suspension_;
};

// Whether all that a job asks for is in its numbers: no files besides, nothing of a machine.
bool is_only_numbers(const Job& job) {
  const schema::Job& frame = job.frame();
  const bool keeps = frame.has_checkpoint() || frame.has_commit() || frame.trace() ||
                     frame.report() || frame.data().ledger() ||
                     (frame.fit().has_on_nan() && frame.fit().on_nan() != "stop");
  const bool chooses = frame.has_isa() || (frame.has_device() && frame.device() != "cpu");
  if (keeps || chooses) return false;
  const auto source = job_source(to_config(frame.data().rest()), job.place_of("data"));
  return !is_streamed(job, *source, {});
}

// The learning rate, and all else of a job: trainings that have the same are one but for the rate.
// No rate where it is no plain number, or callbacks remember things.
struct RateAndRest {
  std::optional<double> rate = {};
  std::string rest = {};
};
RateAndRest apart(const Job& job) {
  schema::Job frame = job.frame();
  RateAndRest kind;
  if (frame.callbacks_size() > 0) return kind;
  auto& arguments = *frame.mutable_optimizer()->mutable_arguments();
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (argument->key() != "learning_rate") continue;
    const Config value = to_config(argument->value());
    if (!value.is_number()) return kind;
    kind.rate = value.as_double();
    arguments.erase(argument);
    break;
  }
  kind.rest = job.folder().string() + "\n" + frame.SerializeAsString();
  return kind;
}

std::unique_ptr<TrialKit> make_kit(const Job& job, FitOptions& fit, const Session& session,
                                   SharedTraining& shared) {
  auto kit = std::make_unique<TrialKit>(TrialKit{session.world().pool, *shared.data_of(job), {}});
  const RowSourcePtr training = rows_to_train_on(job, fit, kit->data);
  kit->made = make_fitted_model(job, fit, kit->data, training, session.world(), true);
  if (kit->data.validation.count() > 0) fit.validation_data = kit->data.validation.source();
  const auto plan = at_place(job.place_of("model"), [&] {
    return kit->made.model->prepare(kit->data.train.source(), fit);
  });
  check_callbacks(job, fit, plan);
  return kit;
}

}  // namespace

SharedTraining::SharedTraining() = default;
SharedTraining::~SharedTraining() = default;

std::shared_ptr<const JobData> SharedTraining::data_of(const Job& job) {
  // A split without a seed takes the job's.
  const std::string key = fmt::format("{}\n{}\n{}", job.folder().string(), random_seed(),
                                      job.frame().data().SerializeAsString());
  std::shared_ptr<Rows> rows;
  {
    const std::lock_guard lock(mutex_);
    if (rows_.size() >= kMostRows && !rows_.contains(key)) rows_.clear();
    auto& there = rows_[key];
    if (!there) there = std::make_shared<Rows>();
    rows = there;
  }
  const std::lock_guard lock(rows->mutex);
  if (!rows->data) rows->data = std::make_shared<const JobData>(load_job_data(job));
  return rows->data;
}

std::unique_ptr<TrialKit> SharedTraining::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(kits_, [&](const auto& entry) { return entry.first == key; });
  if (found == kits_.end()) return nullptr;
  std::unique_ptr<TrialKit> kit = std::move(found->second);
  kits_.erase(found);
  return kit;
}

void SharedTraining::give(const std::string& key, std::unique_ptr<TrialKit> kit) {
  std::unique_ptr<TrialKit> oldest;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  kits_.emplace_back(key, std::move(kit));
  if (kits_.size() <= kMostKits) return;
  oldest = std::move(kits_.front().second);
  kits_.pop_front();
}

std::optional<std::string> train_in_thread(const Job& job, int threads, SharedTraining& shared,
                                           const Suspension& suspension,
                                           std::shared_ptr<Callback> reporter) {
  if (!is_only_numbers(job)) return {};
  clear_session();
  Session session = Session::alone();
  session.configure({.threads = threads,
                     .seed = static_cast<uint64_t>(job.frame().seed()),
                     .shards = job.frame().shards()});
  FitOptions fit = make_fit_options(job, shared.data_of(job)->columns.class_names());
  fit.verbose = 0;
  if (std::ranges::any_of(fit.callbacks,
                          [](const auto& callback) { return callback->leaves_traces(); }))
    return {};
  const RateAndRest kind = apart(job);
  std::unique_ptr<TrialKit> kit = kind.rate ? shared.take(kind.rest) : nullptr;
  if (!kit) {
    kit = make_kit(job, fit, session, shared);
  } else {
    rows_to_train_on(job, fit, kit->data);
    if (kit->data.validation.count() > 0) fit.validation_data = kit->data.validation.source();
  }
  fit.callbacks.push_back(std::make_shared<StateOfTrial>(*kit, kind.rate, suspension));
  fit.callbacks.push_back(std::move(reporter));
  World world = session.world();
  world.pool = kit->pool;
  const WorldScope scope(world);
  kit->made.model->fit(kit->data.train.source(), fit);
  const std::string parameters = hex16(kit->made.model->digest());
  if (kind.rate) shared.give(kind.rest, std::move(kit));
  return parameters;
}

}  // namespace tutti
