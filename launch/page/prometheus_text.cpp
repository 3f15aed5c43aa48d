// RunStatus as Prometheus text.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "launch/page/run_status.h"

namespace tutti {
namespace {

struct Label {
  const char* name;
  std::string value;
};

// What is no UTF-8 becomes the mark for that, and what ends a label is escaped.
std::string label_text(const std::string& value) {
  const std::string quoted =
      nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto valid = nlohmann::json::parse(quoted).get<std::string>();
  std::string text;
  for (const char c : valid) {
    if (c == '\\')
      text += "\\\\";
    else if (c == '"')
      text += "\\\"";
    else if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

class PrometheusText {
 public:
  // Samples follow their family's head; each family stands once.
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void sample(double value, const std::vector<Label>& labels = {}) {
    text_ += name_;
    for (size_t i = 0; i < labels.size(); ++i)
      text_ += fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", labels[i].name,
                           label_text(labels[i].value));
    text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", number_text(value));
  }
  void gauge(const char* name, const char* help, double value) {
    family(name, "gauge", help);
    sample(value);
  }
  void counter(const char* name, const char* help, double value) {
    family(name, "counter", help);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

template <typename Value>
void per_rank(PrometheusText& text, const RunStatus& status, const char* name, const char* help,
              const Value& value) {
  text.family(name, "gauge", help);
  for (const RankStatus& rank : status.ranks)
    text.sample(value(rank), {{"rank", std::to_string(rank.rank)}, {"host", rank.host}});
}

void add_ranks(PrometheusText& text, const RunStatus& status) {
  per_rank(text, status, "tutti_rank_step", "Steps that the rank has done.",
           [](const RankStatus& rank) { return static_cast<double>(rank.step); });
  per_rank(text, status, "tutti_rank_steps_per_second", "Steps of the rank in a second.",
           [](const RankStatus& rank) { return rank.steps_per_second; });
  per_rank(text, status, "tutti_rank_bytes_per_second",
           "Bytes to and from other ranks in a second.",
           [](const RankStatus& rank) { return rank.bytes_per_second; });
  per_rank(text, status, "tutti_rank_waiting", "Whether the rank waits for other ranks.",
           [](const RankStatus& rank) { return rank.waiting ? 1.0 : 0.0; });
  per_rank(text, status, "tutti_rank_silent_seconds", "Seconds since the rank's last word.",
           [](const RankStatus& rank) { return rank.silent; });
  text.family("tutti_rank_seconds_total", "counter", "Seconds of the rank in each kind of work.");
  for (const RankStatus& rank : status.ranks)
    for (size_t kind = 0; kind < kActivityKinds; ++kind)
      text.sample(rank.seconds[kind], {{"rank", std::to_string(rank.rank)},
                                       {"host", rank.host},
                                       {"kind", name_of(static_cast<ActivityKind>(kind))}});
  text.family("tutti_straggler", "gauge", "How often the others' time a rank takes, by cause.");
  for (const Straggler& straggler : status.stragglers)
    text.sample(straggler.factor,
                {{"rank", std::to_string(straggler.rank)}, {"cause", name_of(straggler.cause)}});
}

}  // namespace

std::string to_prometheus(const RunStatus& status) {
  PrometheusText text;
  text.family("tutti_run_info", "gauge", "The run and its phase; always 1.");
  text.sample(1, {{"job", status.job}, {"phase", status.phase}});
  text.gauge("tutti_start_time_seconds", "When the run began, in unix time.", status.started);
  text.gauge("tutti_ranks", "Ranks in the world.", static_cast<double>(status.ranks.size()));
  text.gauge("tutti_world_generation", "Number of the world.",
             static_cast<double>(status.generation));
  text.gauge("tutti_step", "Steps done.", static_cast<double>(status.step));
  text.gauge("tutti_epoch", "Epochs done.", static_cast<double>(status.epochs_done));
  text.gauge("tutti_epochs", "Epochs in all; 0 if not known.", static_cast<double>(status.epochs));
  text.gauge("tutti_steps_per_second", "Steps in a second.", status.steps_per_second);
  text.gauge("tutti_rows_per_second", "Rows in a second.", status.rows_per_second);
  text.counter("tutti_restarts_total", "Times that the world began anew after a failure.",
               status.restarts);
  text.counter("tutti_lost_steps_total", "Steps done again after failures.",
               static_cast<double>(status.lost_steps));
  if (status.commit_step)
    text.gauge("tutti_commit_step", "Step of the newest commit.",
               static_cast<double>(*status.commit_step));
  if (status.checkpoint_step)
    text.gauge("tutti_checkpoint_step", "Step of the newest checkpoint.",
               static_cast<double>(*status.checkpoint_step));
  text.family("tutti_log", "gauge", "The newest value of each quantity of the logs.");
  for (const Curve& curve : status.curves)
    if (!curve.points.empty()) text.sample(curve.points.back().value, {{"quantity", curve.name}});
  add_ranks(text, status);
  return text.take();
}

}  // namespace tutti
