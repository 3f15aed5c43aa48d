#include "scheduler/executors/coordinator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"

namespace tutti {
namespace {

using Cause = ExecutionEnd::Cause;
using std::chrono::milliseconds;

// User attributes of a trial, which people see in Optuna's dashboard too.
constexpr const char* kFailureCause = "cause";  // name_of(Cause)
constexpr const char* kRetries = "retries";     // how many there were

constexpr milliseconds kWait{200};     // between two looks at what else is to be done
constexpr milliseconds kAnnounce{50};  // between two syncs for ends of trials
constexpr milliseconds kAsk{1000};     // between two questions though nothing happened
constexpr milliseconds kAgain{250};    // before the first repetition; twice as long each time
constexpr int64_t kHopeless = 3;       // failures before anything went well

// How often what ended so is begun again.
int64_t retries_after(Cause cause) {
  switch (cause) {
    case Cause::stopped:
    case Cause::killed:
    case Cause::disk:
      return 3;
    case Cause::out_of_memory:
    case Cause::crashed:
      return 1;
    default:
      return 0;
  }
}

// Anybody may note something under these names, too: what is none of ours counts as nothing.
int64_t retries_of(const Trial& trial) {
  const auto found = trial.user_attributes.find(kRetries);
  const bool is_count = found != trial.user_attributes.end() && found->second.is_number_unsigned();
  return is_count ? found->second.get<int64_t>() : 0;
}

nlohmann::json executions_of(const Trial& trial, size_t objectives) {
  const auto found = trial.user_attributes.find(kExecutions);
  if (found == trial.user_attributes.end() || !found->second.is_array())
    return nlohmann::json::array();
  for (const auto& values : found->second)
    if (!values.is_array() || values.size() != objectives ||
        !std::all_of(values.begin(), values.end(), [](auto& one) { return one.is_number(); }))
      return nlohmann::json::array();
  return found->second;
}

std::string failure_of(const Trial& trial) {
  const auto found = trial.user_attributes.find(kFailure);
  const bool is_text = found != trial.user_attributes.end() && found->second.is_string();
  return is_text ? found->second.get<std::string>() : "";
}

Clock::Duration now() { return Clock::current().now(); }

}  // namespace

const char* name_of(Cause cause) {
  switch (cause) {
    case Cause::complete:
      return "complete";
    case Cause::stopped:
      return "stopped";
    case Cause::diverged:
      return "diverged";
    case Cause::refused:
      return "refused";
    case Cause::out_of_memory:
      return "out of memory";
    case Cause::killed:
      return "killed";
    case Cause::disk:
      return "disk";
    case Cause::lost:
      return "lost";
    default:
      return "crashed";
  }
}

Coordinator::Coordinator(Study& study, Executor& executor, CoordinatorOptions options,
                         SweepWatch& watch)
    : study_(study), executor_(executor), options_(std::move(options)), watch_(watch) {
  for (const int64_t number : study_.running()) taken_up_.push_back(number);
}

const Trial& Coordinator::trial(int64_t number) const {
  return study_.record().trials[static_cast<size_t>(number)];
}

bool Coordinator::run() {
  began_ = now();
  for (;;) {
    if (!stopping_ && (!disk_failure_.empty() || options_.stop_asked())) stop();
    change_slots();
    begin_again();
    fill();
    share_out();
    announce();
    if (active_.empty() && !waits_for_slots()) break;
    executor_.wait(*this, ended_.empty() ? kWait : kAnnounce);
    study_.poll();
    watch_.waited();
  }
  if (stopping_) {
    study_.sync();
    if (!disk_failure_.empty())
      fail(ExitCode::io, "sweep", "{}; nothing is lost, the same command goes on", disk_failure_);
    return false;
  }
  study_.end();
  if (hopeless()) {
    fail("sweep",
         "all of the first {} trials failed, the last: {}; mend it and begin "
         "the study anew",
         study_.record().finished.size(), failure_of(trial(study_.record().finished.back())));
  }
  return true;
}

std::string Coordinator::over() const {
  const std::string words = study_.over();
  return words.empty() ? spent() : words;
}

std::string Coordinator::spent() const {
  int64_t epochs = 0;
  if (options_.epochs)
    for (const Trial& each : study_.record().trials)
      epochs += static_cast<int64_t>(each.intermediate.size());
  if (options_.epochs && epochs >= *options_.epochs)
    return fmt::format("trials have trained for {} epochs (epochs {})", epochs, *options_.epochs);
  if (options_.time && now() - began_ >= *options_.time)
    return fmt::format("it has lasted {:.0f} s (time)", seconds_of(now() - began_));
  return "";
}

// Only failures, and none that a learning rate explains.
bool Coordinator::hopeless() const {
  const StudyRecord& record = study_.record();
  int64_t failed = 0;
  for (const int64_t number : record.finished) {
    const Trial& each = trial(number);
    if (each.state != TrialState::failed) return false;
    const auto cause = each.user_attributes.find(kFailureCause);
    if (cause != each.user_attributes.end() && cause->second != name_of(Cause::diverged)) ++failed;
  }
  return failed >= kHopeless;
}

// For who trains them to come: there is something to do.
bool Coordinator::waits_for_slots() const {
  if (stopping_ || executor_.slots() > 0) return false;
  return !taken_up_.empty() || (over().empty() && !hopeless());
}

// What follows is decided while the journal is at hand, and started when that has it.
void Coordinator::together(const std::function<void()>& calls) {
  study_.together([&] {
    calls();
    choose();
  });
}

int Coordinator::room() const { return executor_.slots() - static_cast<int>(active_.size()); }

void Coordinator::choose() {
  while (!stopping_ && static_cast<int>(taken_up_.size()) < room()) {
    const auto number = next();
    if (!number) return;
    taken_up_.push_back(*number);
  }
}

void Coordinator::fill() {
  choose();
  while (!stopping_ && !taken_up_.empty() && room() > 0) {
    const int64_t number = taken_up_.front();
    taken_up_.pop_front();
    start(number);
  }
}

std::optional<int64_t> Coordinator::next() {
  if (!hungry_ && !active_.empty() && now() - asked_ < kAsk) return {};
  asked_ = now();
  hungry_ = false;
  if (hopeless() || !spent().empty()) return {};
  while (const auto start = study_.ask()) {
    hungry_ = true;  // there may be more
    const auto ending = active_.find(start->trial);
    if (ending == active_.end()) return start->trial;
    ending->second.promoted = true;
  }
  return {};
}

int64_t Coordinator::executions_done(int64_t number) const {
  return static_cast<int64_t>(
      executions_of(trial(number), study_.record().directions.size()).size());
}

void Coordinator::start(int64_t number) {
  const int64_t done = executions_done(number);
  active_[number] = {done};
  executor_.start(trial(number), done);
  watch_.began(trial(number));
}

void Coordinator::begin_again() {
  for (auto& [number, active] : active_)
    if (active.again_at && now() >= *active.again_at) {
      active.again_at.reset();
      active.slots = 1;
      executor_.start(trial(number), active.execution);
    }
}

void Coordinator::change_slots() {
  if (stopping_) return;
  if (const auto slots = options_.slots()) executor_.set_slots(*slots);
  auto stay = std::count_if(active_.begin(), active_.end(),
                            [](const auto& one) { return !one.second.leaves; });
  for (auto one = active_.rbegin(); one != active_.rend() && stay > executor_.slots(); ++one) {
    if (one->second.leaves || one->second.again_at) continue;
    one->second.leaves = true;
    executor_.stop(one->first);
    --stay;
  }
}

// What nothing is begun in goes to what runs, evenly, the oldest first.
void Coordinator::share_out() {
  if (active_.empty()) return;
  const int idle = std::max(0, executor_.slots() - static_cast<int>(active_.size()));
  const auto [each, more] = std::div(idle, static_cast<int>(active_.size()));
  int place = 0;
  for (auto& [number, active] : active_) {
    const int slots = 1 + each + (place++ < more ? 1 : 0);
    if (active.slots == slots || active.again_at) continue;
    active.slots = slots;
    executor_.give(number, slots);
  }
}

void Coordinator::stop() {
  stopping_ = true;
  std::erase_if(active_, [](const auto& one) { return one.second.again_at.has_value(); });
  for (const auto& [number, active] : active_) executor_.stop(number);
}

Verdict Coordinator::report(int64_t number, int64_t epoch, double value) {
  const auto active = active_.find(number);
  if (active == active_.end() || active->second.execution > 0) return Verdict::go_on;
  const Verdict verdict = study_.report(number, epoch, value);
  watch_.reported(trial(number));
  return verdict;
}

void Coordinator::ended(int64_t number, const ExecutionEnd& end) {
  const auto active = active_.extract(number);
  if (!active) return;
  hungry_ = true;
  if (is_finished(trial(number).state) || trial(number).suspended()) {
    ended_.push_back(trial(number));
    return;
  }
  if (end.cause == Cause::complete) return executed(number, end);
  if (end.cause == Cause::lost) return take_up_again(number, end);
  if (active.mapped().leaves && retries_after(end.cause) > 0) return taken_up_.push_front(number);
  if (active.mapped().promoted && end.cause == Cause::stopped && !stopping_) return start(number);
  if (stopping_ && retries_after(end.cause) > 0) return;  // it goes on when the study does
  if (repeat(number, end)) return;
  if (end.cause != Cause::disk) return fail_trial(number, end);
  // No point of the space is the reason, and the next trial would meet it as well.
  disk_failure_ = fmt::format("trial {} cannot keep its state: {}", number, end.words);
}

// As soon as there is a slot, however often: each time a process or a host is lost.
void Coordinator::take_up_again(int64_t number, const ExecutionEnd& end) {
  if (stopping_) return;  // it goes on when the study does
  taken_up_.push_front(number);
  watch_.again(trial(number), end);
}

void Coordinator::executed(int64_t number, const ExecutionEnd& end) {
  const std::vector<double>& values = end.values;
  auto all = executions_of(trial(number), study_.record().directions.size());
  const bool finite =
      std::none_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  if (!finite) return fail_trial(number, {Cause::diverged, "its objective is not a number"});
  all.push_back(values);
  const auto done = static_cast<int64_t>(all.size());
  if (done < options_.executions) {
    study_.note(number, kExecutions, all);
    if (!stopping_) start(number);
    return;
  }
  std::vector<double> means(values.size());
  for (size_t i = 0; i < means.size(); ++i) {
    for (const auto& one : all) means[i] += one.at(i).get<double>();
    means[i] /= static_cast<double>(done);
  }
  study_.together([&] {
    if (done > 1) study_.note(number, kExecutions, all);
    if (done == 1 && !end.parameters.empty()) study_.note(number, kParameters, end.parameters);
    study_.tell(number, TrialState::complete, means);
  });
  ended_.push_back(trial(number));
}

bool Coordinator::repeat(int64_t number, const ExecutionEnd& end) {
  const int64_t retries = retries_of(trial(number));
  if (retries >= retries_after(end.cause)) return false;
  study_.note(number, kRetries, retries + 1);
  active_[number] = {executions_done(number), now() + kAgain * (1 << retries)};
  watch_.again(trial(number), end);
  return true;
}

void Coordinator::fail_trial(int64_t number, const ExecutionEnd& end) {
  study_.together([&] {
    study_.note(number, kFailure, end.words);
    study_.note(number, kFailureCause, name_of(end.cause));
    study_.tell(number, TrialState::failed);
  });
  ended_.push_back(trial(number));
}

// What people are told of is on the disk. Of trials that end one upon the other a few times a
// second.
void Coordinator::announce() {
  if (ended_.empty() || (!active_.empty() && now() - announced_ < kAnnounce)) return;
  study_.sync();
  announced_ = now();
  for (const Trial& each : std::exchange(ended_, {})) watch_.ended(each);
}

}  // namespace tutti
