#include "launch/slurm/node_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/base/error.h"

namespace tutti::slurm {
namespace {

constexpr size_t kLongestName = 253;  // as DNS has it
constexpr size_t kMostDigits = 9;

// Reads from the front of what is left.
class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {
    if (text.size() > kMostListText)
      fail(ExitCode::world, where_, "is longer than {} bytes; give the hosts with --hosts",
           kMostListText);
  }

  bool done() const { return at_ == text_.size(); }
  char next() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(fmt::format("'{}' is missing", c));
  }
  std::string_view digits() {
    const size_t begin = at_;
    while (next() >= '0' && next() <= '9') ++at_;
    if (at_ == begin || at_ - begin > kMostDigits)
      refuse(fmt::format("a number of 1 to {} digits is missing", kMostDigits));
    return text_.substr(begin, at_ - begin);
  }
  int64_t number() {
    const std::string_view text = digits();
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  std::string_view name_part() {
    const size_t begin = at_;
    const auto of_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    };
    while (of_name(next())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ExitCode::world, where_,
         "'{}' cannot be read at its byte {}: {}; give the hosts with --hosts",
         text_.substr(0, 200), at_, why);
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
  const std::string& where_;
};

// "[0-3,7]", without its first bracket: the texts that stand there.
std::vector<std::string> read_ranges(Reader& reader, size_t most) {
  std::vector<std::string> texts;
  do {
    const std::string_view first = reader.digits();
    const std::string_view last = reader.take('-') ? reader.digits() : first;
    int64_t from = 0, to = 0;
    std::from_chars(first.data(), first.data() + first.size(), from);
    std::from_chars(last.data(), last.data() + last.size(), to);
    if (to < from) reader.refuse(fmt::format("the range {}-{} goes down", first, last));
    if (static_cast<uint64_t>(to - from) >= most - texts.size())
      reader.refuse(fmt::format("more than {} nodes", kMostNodes));
    for (; from <= to; ++from) texts.push_back(fmt::format("{:0{}}", from, first.size()));
  } while (reader.take(','));
  reader.expect(']');
  return texts;
}

// Every name so far with every text behind it.
std::vector<std::string> with_each(const std::vector<std::string>& names,
                                   const std::vector<std::string>& texts) {
  std::vector<std::string> longer;
  longer.reserve(names.size() * texts.size());
  for (const std::string& name : names)
    for (const std::string& text : texts) longer.push_back(name + text);
  return longer;
}

// One entry of the list: names and brackets in turn.
std::vector<std::string> read_entry(Reader& reader, size_t most) {
  std::vector<std::string> names = {""};
  for (;;) {
    if (const std::string_view part = reader.name_part(); !part.empty()) {
      for (std::string& name : names) name += part;
    } else if (reader.take('[')) {
      names = with_each(names, read_ranges(reader, most / names.size()));
    } else {
      break;
    }
    if (names.front().size() > kLongestName)
      reader.refuse(fmt::format("a name longer than {} bytes", kLongestName));
  }
  if (names.size() > most) reader.refuse(fmt::format("more than {} nodes", kMostNodes));
  if (names.front().empty()) reader.refuse("a name is missing");
  if (names.front().front() == '-') reader.refuse("a name begins with '-'");
  return names;
}

}  // namespace

std::vector<std::string> expand_node_list(std::string_view text, const std::string& where) {
  Reader reader(text, where);
  std::vector<std::string> nodes;
  do {
    const auto more = read_entry(reader, kMostNodes - nodes.size());
    nodes.insert(nodes.end(), more.begin(), more.end());
  } while (reader.take(','));
  if (!reader.done()) reader.refuse("a comma is missing");
  return nodes;
}

std::vector<int> expand_counts(std::string_view text, const std::string& where) {
  constexpr int64_t most_on_a_node = 1'000'000;
  Reader reader(text, where);
  std::vector<int> counts;
  do {
    const int64_t count = reader.number();
    int64_t times = 1;
    if (reader.take('(')) {
      reader.expect('x');
      times = reader.number();
      reader.expect(')');
    }
    if (count > most_on_a_node) reader.refuse(fmt::format("more than {}", most_on_a_node));
    if (static_cast<uint64_t>(times) > kMostNodes - counts.size())
      reader.refuse(fmt::format("more than {} nodes", kMostNodes));
    counts.insert(counts.end(), static_cast<size_t>(times), static_cast<int>(count));
  } while (reader.take(','));
  if (!reader.done()) reader.refuse("a comma is missing");
  return counts;
}

}  // namespace tutti::slurm
