#include "launch/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {

namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<int64_t> yaml_integer(std::string_view text, std::string_view place) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) digits.remove_prefix(2);
  uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size())
    return std::nullopt;
  const uint64_t limit = uint64_t{INT64_MAX} + (negative ? 1 : 0);
  if (error == std::errc::result_out_of_range || magnitude > limit)
    fail(place, "the integer {} needs more than 64 bits; write a smaller one, or a float as 1e20",
         text);
  return static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
}

std::optional<double> yaml_float(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (is_one_of(digits, {".inf", ".Inf", ".INF"})) return negative ? -HUGE_VAL : HUGE_VAL;
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::nan("");
  if (digits.empty() || (digits[0] != '.' && !std::isdigit(static_cast<unsigned char>(digits[0]))))
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? -value : value;
}

// Builds the tree from yaml-cpp's events, so that a limit stops the parser where it is crossed.
class YamlTree : public YAML::EventHandler {
 public:
  YamlTree(std::string_view name, const YamlLimits& limits) : name_(name), limits_(limits) {}

  Config take_root() { return std::move(root_); }
  int documents() const { return documents_; }
  std::string place(const YAML::Mark& mark) const {
    if (mark.is_null()) return name_;
    return fmt::format("{}:{}:{}", name_, mark.line + 1, mark.column + 1);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      fail(place(mark), "a second document begins here; keep one, without '---' in between");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Config(), 0, mark, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (text.find('\0') != std::string::npos)
      fail(place(mark), "there is a NUL character in it; write text");
    if (tag == "?")
      add(plain_scalar(text, place(mark)), 0, mark, anchor);
    else if (tag == "!" || tag == "tag:yaml.org,2002:str")
      add(Config(text), 0, mark, anchor);
    else
      fail(place(mark), "the tag {} is not known; leave it out", tag);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      fail(place(mark), "the alias stands inside what it names; write it out");
    count(found->second.values, mark);
    add(found->second.value, found->second.depth, mark, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(true, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(false, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    bool is_list;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    int64_t values_before;
    int depth = 0;  // of what it holds
    Config::List items = {};
    Config::Map entries = {};
    std::optional<std::string> key = {};
    YAML::Mark key_mark = {};
    std::unordered_set<std::string> keys = {};
  };
  struct Anchored {
    Config value;
    int64_t values;
    int depth;
  };

  void count(int64_t values, const YAML::Mark& mark) {
    values_ += values;
    if (values_ > limits_.values)
      fail(place(mark), "the document grows beyond {} values; use fewer aliases, or a data file",
           limits_.values);
  }
  void check_depth(int inner, const YAML::Mark& mark) const {
    if (static_cast<int>(open_.size()) + inner > limits_.depth)
      fail(place(mark), "lists and maps are nested deeper than {}; flatten them", limits_.depth);
  }
  void open(bool is_list, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!is_one_of(tag, {"?", "!", ""}))
      fail(place(mark), "the tag {} is not known; leave it out", tag);
    check_depth(1, mark);
    open_.push_back({is_list, mark, anchor, values_});
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    Config value = done.is_list ? Config(std::move(done.items)) : Config(std::move(done.entries));
    add(std::move(value), done.depth + 1, done.mark, done.anchor, values_ - done.values_before);
  }
  // `values` and `depth` are those inside the value.
  void add(Config value, int depth, const YAML::Mark& mark, YAML::anchor_t anchor,
           int64_t values = 0) {
    count(1, mark);
    check_depth(depth, mark);
    value.at(place(mark));
    if (anchor) {
      count(values + 1, mark);  // the copy
      anchors_[anchor] = {value, values + 1, depth};
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    parent.depth = std::max(parent.depth, depth);
    if (parent.is_list) {
      parent.items.push_back(std::move(value));
    } else if (!parent.key) {
      begin_entry(parent, value, mark);
    } else {
      if (mark.is_null()) value.at(place(parent.key_mark));
      parent.entries.emplace_back(std::move(*parent.key), std::move(value));
      parent.key.reset();
    }
  }
  void begin_entry(Open& parent, const Config& key, const YAML::Mark& mark) {
    if (key.is_list() || key.is_map())
      fail(place(mark), "a key must be a name, not a list or a map; write the name");
    // `0: 2.0` and `true: 1` are written as they are meant: keys are text.
    parent.key = key.is_string() ? key.as_string() : to_string(key);
    parent.key_mark = mark;
    if (*parent.key == "<<") fail(place(mark), "'<<' merges are not supported; write the keys out");
    if (!parent.keys.insert(*parent.key).second)
      fail(place(mark), "the key '{}' stands twice; remove one", *parent.key);
  }

  std::string name_;
  YamlLimits limits_;
  Config root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  int64_t values_ = 0;
  int documents_ = 0;
};

}  // namespace

Config plain_scalar(const std::string& text, std::string_view place) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Config();
  if (is_one_of(text, {"true", "True", "TRUE"})) return Config(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Config(false);
  if (const auto integer = yaml_integer(text, place)) return Config(*integer);
  if (const auto number = yaml_float(text)) return Config(*number);
  return Config(text);
}

Config read_yaml(std::string_view text, std::string_view name, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    fail(name, "the file has {} bytes, more than the {} that are read; keep data in a data file",
         text.size(), limits.bytes);
  // Also what UTF-16 has everywhere, which yaml-cpp would take for another text.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    fail(fmt::format("{}:{}", name, 1 + std::count(text.begin(), text.begin() + nul, '\n')),
         "has a NUL byte; is this a text file? Save it as UTF-8");
  std::istringstream stream{std::string(text)};
  YamlTree tree(name, limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const YAML::Exception& error) {
    fail(tree.place(error.mark), "this is not YAML: {}; mend the line", error.msg);
  }
  if (tree.documents() == 0) fail(name, "is empty; write keys and values, as fit: {{epochs: 10}}");
  return tree.take_root();
}

Config read_yaml_file(const std::filesystem::path& path, const YamlLimits& limits) {
  return read_yaml(FileSystem::current().read(path, limits.bytes), path.filename().string(),
                   limits);
}

}  // namespace tutti
