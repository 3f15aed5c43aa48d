#include "launch/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/optimizers/optimizer.h"
#include "launch/job_schema.h"

namespace tutti {
namespace {

// What may change: a key, with all below it.
constexpr const char* kFree[] = {
    "name",          "folder",      "fit.epochs", "fit.verbose", "fit.on_nan", "fit.check_memory",
    "callbacks",     "checkpoint",  "commit",     "threads",     "report",     "data.in_memory",
    "data.prefetch", "data.ledger", "trace"};

using Free = std::span<const char* const>;

bool is_free(const std::string& path, Free keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const std::string free) {
    return path == free || path.starts_with(free + ".");
  });
}

// As its job says it: none for a schedule, which is no part of a state.
std::optional<double> rate_of(const Job& job) {
  if (!job.frame().has_optimizer()) return {};
  const Config optimizer = kind_config(*make<Optimizer>(to_config(job.frame().optimizer())));
  const Config* rate = optimizer.as_map().at(0).second.find("learning_rate");
  return rate && rate->is_number() ? std::optional(rate->as_double()) : std::nullopt;
}

std::string shown(const Config* value) {
  if (!value || value->is_null()) return "not there";
  const std::string text = to_string(*value);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

// The deepest keys at which two configs differ.
void compare(const Config* now, const Config* then, const std::string& path, Free free,
             std::vector<std::string>& changes) {
  if ((now && then && *now == *then) || is_free(path, free)) return;
  const auto is_map = [](const Config* config) { return config && config->is_map(); };
  const auto is_list = [](const Config* config) { return config && config->is_list(); };
  const std::string prefix = path.empty() ? "" : path + ".";
  if (is_map(now) && is_map(then)) {
    for (const auto& [key, value] : now->as_map())
      compare(&value, then->find(key), prefix + key, free, changes);
    for (const auto& [key, value] : then->as_map())
      if (!now->find(key)) compare(nullptr, &value, prefix + key, free, changes);
  } else if (is_list(now) && is_list(then) && now->as_list().size() == then->as_list().size()) {
    for (size_t i = 0; i < now->as_list().size(); ++i)
      compare(&now->as_list()[i], &then->as_list()[i], fmt::format("{}{}", prefix, i), free,
              changes);
  } else {
    changes.push_back(fmt::format("{} is {}, and was {}", path, shown(now), shown(then)));
  }
}

}  // namespace

void take_choices(Job& job, const Job& of_run) {
  schema::Job& mine = job.frame();
  const schema::Job& its = of_run.frame();
  if (!mine.has_seed() && its.has_seed()) mine.set_seed(its.seed());
  if (!mine.has_shards() && its.has_shards()) mine.set_shards(its.shards());
  if (!mine.fit().has_batch_size() && its.fit().has_batch_size())
    mine.mutable_fit()->set_batch_size(its.fit().batch_size());
  if (mine.data().has_split() && !mine.data().split().has_seed() && its.data().split().has_seed())
    mine.mutable_data()->mutable_split()->set_seed(its.data().split().seed());
}

std::vector<std::string> changes_between(const Config& now, const Config& then,
                                         std::span<const char* const> free) {
  std::vector<std::string> changes;
  compare(&now, &then, "", free, changes);
  return changes;
}

void refuse_changes(const Job& job, const Job& of_run, const std::filesystem::path& run) {
  const auto changes =
      changes_between(write_message(job.frame()), write_message(of_run.frame()), kFree);
  if (changes.empty()) return;
  // A state says where in an epoch it stands, and what its random numbers follow.
  const bool bound = std::ranges::any_of(changes, [](const std::string& change) {
    return change.starts_with("fit.batch_size ") || change.starts_with("seed ");
  });
  fail("--resume",
       "the job is not the one that {} began with: {}; take the change back, or begin {}",
       run.string(), fmt::join(changes, "; "),
       bound ? "another run"
             : fmt::format("another run from its state with --fork {} --run DIR", run.string()));
}

std::optional<double> rate_said_anew(const Job& job, const Job& of_run) {
  const auto rate = rate_of(job);
  return rate == rate_of(of_run) ? std::nullopt : rate;
}

}  // namespace tutti
