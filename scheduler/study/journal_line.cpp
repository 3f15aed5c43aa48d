#include "scheduler/study/journal_line.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace tutti {
namespace {

using nlohmann::json;

// What stands for a number that JSON has not, until it is parsed: a string that nobody writes.
constexpr char kMark = '\1';

struct Nesting {
  int depth = 0;
  bool non_finite = false;  // NaN or Infinity, outside strings
};

// `visit(character, in_string)` sees every character.
template <typename Visit>
void walk(std::string_view line, const Visit& visit) {
  bool in_string = false, escaped = false;
  for (const char character : line) {
    visit(character, in_string);
    if (escaped)
      escaped = false;
    else if (in_string && character == '\\')
      escaped = true;
    else if (character == '"')
      in_string = !in_string;
  }
}

Nesting nesting_of(std::string_view line) {
  Nesting nesting;
  int depth = 0;
  walk(line, [&](char character, bool in_string) {
    if (in_string) return;
    if (character == '{' || character == '[') nesting.depth = std::max(nesting.depth, ++depth);
    if (character == '}' || character == ']') --depth;
    if (character == 'N' || character == 'I') nesting.non_finite = true;
  });
  return nesting;
}

// NaN -> "\1N", Infinity -> "\1I", -Infinity -> "\1-", as JSON strings.
std::string marked(std::string_view line) {
  std::string text;
  size_t skip = 0;
  size_t at = 0;
  walk(line, [&](char character, bool in_string) {
    const std::string_view rest = line.substr(at++);
    if (skip > 0) {
      --skip;
      return;
    }
    const bool nan = !in_string && rest.starts_with("NaN");
    const bool infinity = !in_string && rest.starts_with("Infinity");
    if (!nan && !infinity) {
      text += character;
      return;
    }
    char sign = nan ? 'N' : 'I';
    if (infinity && !text.empty() && text.back() == '-') {
      text.pop_back();
      sign = '-';
    }
    text += fmt::format("\"\\u0001{}\"", sign);
    skip = (nan ? 3 : 8) - 1;
  });
  return text;
}

bool unmark(int, json::parse_event_t event, json& value) {
  if (event != json::parse_event_t::value || !value.is_string()) return true;
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() == 2 && text[0] == kMark)
    value = text[1] == 'N' ? std::nan("") : text[1] == 'I' ? INFINITY : -INFINITY;
  return true;
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return json(number).dump();
}

std::string json_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_or_null(const std::string& text) {
  return text.empty() ? "null" : json_text(text);
}

std::string list_of(const std::vector<double>& values) {
  std::string list;
  for (const double value : values) list += (list.empty() ? "[" : ",") + number_text(value);
  return list.empty() ? "null" : list + "]";
}

// {"key":text,...} of any map.
template <typename Map, typename Text>
std::string object_of(const Map& map, const Text& text_of) {
  std::string object = "{";
  for (const auto& [key, value] : map) {
    if (object.size() > 1) object += ',';
    object += json_text(fmt::format("{}", key)) + ':' + text_of(value);
  }
  return object + '}';
}

std::string line_of(JournalOp op, std::string_view id_name, int64_t id, std::string_view rest) {
  return fmt::format("{{\"op_code\":{},\"worker_id\":\"{}\",\"{}\":{}{}}}\n", static_cast<int>(op),
                     kJournalWorker, id_name, id, rest);
}

std::string attribute_line(JournalOp op, std::string_view id_name, int64_t id,
                           std::string_view kind, const std::string& key, const json& value) {
  return line_of(op, id_name, id,
                 fmt::format(",\"{}\":{{{}:{}}}", kind, json_text(key), json_text(value)));
}

// Optuna keeps a distribution as a string of JSON.
std::string distribution_text(const Distribution& distribution) {
  return json_text(json_text(to_json(distribution)));
}

}  // namespace

nlohmann::json parse_journal_line(std::string_view line, const std::string& where) {
  if (line.size() > kLongestJournalLine)
    fail(ExitCode::data, where, "is a line of {} bytes; a journal's has at most {}, give a journal",
         line.size(), kLongestJournalLine);
  const Nesting nesting = nesting_of(line);
  if (nesting.depth > kDeepestJournalLine)
    fail(ExitCode::data, where, "nests {} deep; a journal's line at most {}, give a journal",
         nesting.depth, kDeepestJournalLine);
  const json parsed = nesting.non_finite ? json::parse(marked(line), unmark, false)
                                         : json::parse(line, nullptr, false);
  if (!parsed.is_object())
    fail(ExitCode::data, where, "is no line of a journal of Optuna; give the path of a journal");
  return parsed;
}

std::string journal_time(std::chrono::milliseconds unix_time) {
  std::string text = utc_text(unix_time);
  text.back() = '0';  // was 'Z', after milliseconds
  return text + "00+00:00";
}

std::optional<std::chrono::milliseconds> unix_time_of(const std::string& journal_time) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, length = 0, zone = 0, zone_minute = 0;
  double second = 0;
  if (std::sscanf(journal_time.c_str(), "%4d-%2d-%2dT%2d:%2d:%9lf%n", &year, &month, &day, &hour,
                  &minute, &second, &length) != 6)
    return {};
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0) ||
      second >= 61)
    return {};
  char sign = '+';
  const char* rest = journal_time.c_str() + length;
  if (*rest != '\0' && std::sscanf(rest, "%c%2d:%2d", &sign, &zone, &zone_minute) != 3) return {};
  const int east = (zone * 60 + zone_minute) * (sign == '-' ? -1 : 1);
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
         std::chrono::minutes(minute - east) +
         std::chrono::milliseconds(std::llround(second * 1000));
}

namespace journal {

std::string create_study(const std::string& name, const std::vector<Direction>& directions) {
  std::vector<int> numbers;
  for (const Direction direction : directions) numbers.push_back(static_cast<int>(direction));
  return fmt::format(
      "{{\"op_code\":{},\"worker_id\":\"{}\",\"study_name\":{},\"directions\":{}}}\n",
      static_cast<int>(JournalOp::create_study), kJournalWorker, json_text(name),
      json_text(numbers));
}

std::string study_system_attribute(int64_t study_id, const std::string& key, const json& value) {
  return attribute_line(JournalOp::study_system_attribute, "study_id", study_id, "system_attr", key,
                        value);
}

std::string create_trial(int64_t study_id, const Trial& trial) {
  std::string rest = fmt::format(",\"state\":{},\"value\":null,\"values\":{},\"datetime_start\":{}",
                                 static_cast<int>(trial.state), list_of(trial.values),
                                 text_or_null(trial.started));
  if (!trial.ended.empty()) rest += ",\"datetime_complete\":" + json_text(trial.ended);
  rest += ",\"distributions\":" + object_of(trial.distributions, distribution_text);
  rest += ",\"params\":" + object_of(trial.point, number_text);
  rest += ",\"user_attrs\":" + object_of(trial.user_attributes, json_text);
  rest += ",\"system_attrs\":" + object_of(trial.system_attributes, json_text);
  rest += ",\"intermediate_values\":" + object_of(trial.intermediate, number_text);
  return line_of(JournalOp::create_trial, "study_id", study_id, rest);
}

std::string parameter(int64_t trial_id, const std::string& name, double number,
                      const Distribution& distribution) {
  return line_of(
      JournalOp::parameter, "trial_id", trial_id,
      fmt::format(",\"param_name\":{},\"param_value_internal\":{},\"distribution\":{}",
                  json_text(name), number_text(number), distribution_text(distribution)));
}

std::string state(int64_t trial_id, TrialState state, const std::vector<double>& values,
                  const std::string& time) {
  const char* when = is_finished(state) ? "datetime_complete" : "datetime_start";
  return line_of(JournalOp::state, "trial_id", trial_id,
                 fmt::format(",\"state\":{},\"values\":{},\"{}\":{}", static_cast<int>(state),
                             list_of(values), when, json_text(time)));
}

std::string intermediate(int64_t trial_id, int64_t step, double value) {
  return line_of(JournalOp::intermediate, "trial_id", trial_id,
                 fmt::format(",\"step\":{},\"intermediate_value\":{}", step, number_text(value)));
}

std::string user_attribute(int64_t trial_id, const std::string& key, const json& value) {
  return attribute_line(JournalOp::user_attribute, "trial_id", trial_id, "user_attr", key, value);
}

std::string system_attribute(int64_t trial_id, const std::string& key, const json& value) {
  return attribute_line(JournalOp::system_attribute, "trial_id", trial_id, "system_attr", key,
                        value);
}

}  // namespace journal
}  // namespace tutti
