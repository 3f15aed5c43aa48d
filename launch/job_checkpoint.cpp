#include "launch/job_checkpoint.h"

#include <charconv>
#include <map>

#include "core/base/error.h"
#include "launch/at_place.h"

namespace tutti {
namespace {

constexpr double kEverySeconds = 600;

}  // namespace

void read_every(const std::string& text, const std::string& place, CheckpointingOptions& options) {
  options.every_steps = options.every_epochs = 0;
  options.every_seconds = 0;
  if (text == "never") return;
  double number = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) number = 1;
  std::string unit(error == std::errc() ? end : text.data());
  unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
  static const std::map<std::string, double> seconds = {
      {"s", 1}, {"min", 60}, {"h", 3600}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
  const bool whole = number == static_cast<double>(static_cast<int64_t>(number));
  const auto singular = [&] {
    return unit.ends_with('s') && unit != "s" ? unit.substr(0, unit.size() - 1) : unit;
  };
  if (const auto found = seconds.find(singular()); found != seconds.end() && number > 0) {
    options.every_seconds = number * found->second;
  } else if (singular() == "step" && whole && number >= 1) {
    options.every_steps = static_cast<int64_t>(number);
  } else if (singular() == "epoch" && whole && number >= 1) {
    options.every_epochs = static_cast<int64_t>(number);
  } else {
    fail(place, "'{}' is no time to save at; write 10 min, 500 steps, epoch or never", text);
  }
}

CheckpointingOptions checkpointing_of(const Job& job) {
  const schema::Checkpoint& said = job.frame().checkpoint();
  CheckpointingOptions options;
  options.every_seconds = kEverySeconds;
  if (said.has_every()) read_every(said.every(), job.place_of("checkpoint.every"), options);
  const auto count = [&](const char* key, int64_t value, int64_t least) {
    const std::string path = std::string("checkpoint.") + key;
    if (value < least || value > 1'000'000)
      fail(job.place_of(path), "{} is {}; use {} or more", key, value, least);
    return static_cast<int>(value);
  };
  if (said.has_keep_last()) options.policy.keep_last = count("keep_last", said.keep_last(), 1);
  if (said.has_keep_best()) options.policy.keep_best = count("keep_best", said.keep_best(), 0);
  options.score = said.has_monitor() ? said.monitor() : "val_loss";
  at_place(job.place_of("checkpoint.monitor"), [&] {
    options.policy.best_is_highest =
        monitor_mode("checkpoint", said.has_mode() ? said.mode() : "auto", options.score) ==
        MonitorMode::max;
  });
  return options;
}

CommittingOptions committing_of(const Job& job) {
  const schema::Commit& said = job.frame().commit();
  const std::string place = job.place_of("commit");
  if (said.form_case() == schema::Commit::FORM_NOT_SET) return {};
  if (said.text() == "off") return {.off = true};
  double seconds = said.seconds();
  if (said.form_case() == schema::Commit::kText) {
    CheckpointingOptions every;
    read_every(said.text(), place, every);
    seconds = every.every_seconds;
  }
  if (!(seconds > 0 && seconds <= 86400))
    fail(place, "is no time between two commits; write a number of seconds, 30 s, or off");
  return {.every_seconds = seconds};
}

}  // namespace tutti
