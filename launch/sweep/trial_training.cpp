#include "launch/sweep/trial_training.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/seed.h"
#include "launch/at_place.h"
#include "launch/data_spec.h"
#include "launch/job_schema.h"
#include "launch/job_training.h"
#include "launch/session.h"
#include "launch/streamed_data.h"

namespace tutti {
namespace {

constexpr size_t kMostData = 16;  // kept at a time

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

}  // namespace

std::shared_ptr<const JobData> SharedData::of(const Job& job) {
  // A split without a seed takes the job's.
  const std::string key = fmt::format("{}\n{}\n{}", job.folder().string(), random_seed(),
                                      job.frame().data().SerializeAsString());
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMostData && !entries_.contains(key)) entries_.clear();
    auto& there = entries_[key];
    if (!there) there = std::make_shared<Entry>();
    entry = there;
  }
  const std::lock_guard lock(entry->mutex);
  if (!entry->data) entry->data = std::make_shared<const JobData>(load_job_data(job));
  return entry->data;
}

std::optional<std::string> train_in_thread(const Job& job, int threads, SharedData& shared,
                                           std::shared_ptr<Callback> reporter) {
  if (!is_only_numbers(job)) return {};
  clear_session();
  Session session = Session::alone();
  session.configure({.threads = threads,
                     .seed = static_cast<uint64_t>(job.frame().seed()),
                     .shards = job.frame().shards()});
  JobData data = *shared.of(job);
  FitOptions fit = make_fit_options(job, data.columns.class_names());
  const bool quiet = std::ranges::none_of(
      fit.callbacks, [](const auto& callback) { return callback->leaves_traces(); });
  if (!quiet) return {};
  fit.verbose = 0;
  const RowSourcePtr training = rows_to_train_on(job, fit, data);
  const JobModel made = make_fitted_model(job, fit, data, training, session.world(), true);
  if (data.validation.count() > 0) fit.validation_data = data.validation.source();
  const auto plan = at_place(job.place_of("model"),
                             [&] { return made.model->prepare(data.train.source(), fit); });
  check_callbacks(job, fit, plan);
  fit.callbacks.push_back(std::move(reporter));
  made.model->fit(data.train.source(), fit);
  return hex16(made.model->digest());
}

}  // namespace tutti
